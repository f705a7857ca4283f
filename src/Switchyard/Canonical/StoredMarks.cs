using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Switchyard.Canonical;

/// <summary>
/// Restores the marks in a history that its owner kept as JSON. After loading, <c>AdditionalProperties</c> that dialects wrote as text,
/// numbers and booleans (<see cref="CanonicalKeys"/>) are JSON, which no encoder would recognise as a signature or an origin, and so are
/// the contents of a tool's result (<see cref="StoredResults"/>). Facts about earlier calls are removed: otherwise the conversation would
/// never be the same to the cache. The caller's own objects are never changed.
/// </summary>
internal static class StoredMarks
{
    /// <summary>The messages, with values in place of JSON marks.</summary>
    /// <exception cref="ArgumentException">A message or a content is null.</exception>
    public static ChatMessage[] Revive(IEnumerable<ChatMessage> messages)
    {
        ChatMessage[] all = [.. messages];
        for (var i = 0; i < all.Length; i++)
        {
            var message = all[i] ?? throw new ArgumentException($"messages[{i}] is null.", nameof(messages));
            var kept = Revive(message.AdditionalProperties, isMessage: true);
            List<AIContent>? contents = null;
            for (var j = 0; j < message.Contents.Count; j++)
            {
                var content = message.Contents[j] ?? throw new ArgumentException($"messages[{i}].Contents[{j}] is null.", nameof(messages));
                var marks = Revive(content.AdditionalProperties, isMessage: false);
                var result = content is FunctionResultContent { Result: JsonElement json } ? StoredResults.Revive(json) : null;
                if ((marks is null && result is null) || PlainValues.Copy(content) is not { } copy)
                    continue;
                copy.AdditionalProperties = marks ?? content.AdditionalProperties;
                if (result is not null)
                    ((FunctionResultContent)copy).Result = result;
                (contents ??= [.. message.Contents])[j] = copy;
            }

            if (kept is null && contents is null)
                continue;
            var revived = message.Clone();
            revived.AdditionalProperties = kept ?? message.AdditionalProperties;
            revived.Contents = contents ?? message.Contents;
            all[i] = revived;
        }

        return all;
    }

    /// <summary>
    /// The properties with values in place of JSON marks and, for a message, without facts; null if nothing changes. An answer may have got
    /// another role since: libraries of agents give it to another model as a user's message.
    /// </summary>
    private static AdditionalPropertiesDictionary? Revive(AdditionalPropertiesDictionary? kept, bool isMessage)
    {
        if (kept is null)
            return null;
        AdditionalPropertiesDictionary? revived = null;
        foreach (var (key, value) in kept)
        {
            if (isMessage && AnswerMembers.IsFact(key))
                (revived ??= new(kept)).Remove(key);
            else if (value is JsonElement json && PlainValues.IsMark(key) && ValueOf(json) is { } mark)
                (revived ??= new(kept))[key] = mark;
        }

        return revived;
    }

    private static object? ValueOf(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.String => json.GetString(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Number when json.TryGetInt32(out var number) => number,
        _ => null,
    };
}
