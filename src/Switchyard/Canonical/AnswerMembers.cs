using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Switchyard.Canonical;

/// <summary>
/// What stands on a message of an earlier answer and is no part of the conversation: who answered, the choice it was, and, where the
/// updates of a stream were joined to a message, the members of its chunks. Callers in this process send messages back as they were given
/// to them; a provider refuses such members, or would have them named as lost.
/// </summary>
internal static class AnswerMembers
{
    /// <summary>
    /// On an update with further members, for callers in this process: true. Joined to a message, as Microsoft.Extensions.AI does it, they
    /// are told by it from members of a message.
    /// </summary>
    public const string OfUpdates = "of_updates";

    // The rule of the names in AnswerFacts, which are above this folder.
    private const string FactPrefix = "x-switchyard-";
    private const string RequestId = "x-request-id";

    private static readonly string s_ofGemini = CanonicalKeys.Own(DialectId.Gemini, "");
    private static readonly string s_ofGeminiMessage = CanonicalKeys.Own(DialectId.Gemini, "content.");
    private static readonly string s_ofAnthropic = CanonicalKeys.Own(DialectId.AnthropicMessages, "");

    /// <summary>Whether the key is that of a fact about the call that an answer came from.</summary>
    public static bool IsFact(string key) => key == RequestId || key.StartsWith(FactPrefix, StringComparison.Ordinal);

    /// <summary>The members of an assistant's message without those of its answer; null where there are none of these.</summary>
    public static AdditionalPropertiesDictionary? Without(AdditionalPropertiesDictionary? kept)
    {
        if (kept is null)
            return null;
        var isJoined = kept.ContainsKey(OfUpdates);
        AdditionalPropertiesDictionary? others = null;
        foreach (var (key, value) in kept)
        {
            if (value is JsonElement && (IsOfChoice(key) || (isJoined && IsOfChunk(key))))
                (others ??= new(kept)).Remove(key);
        }

        return others;
    }

    /// <summary>Whether it stood beside a message: in OpenAI's choice, in a chunk's delta, or in Gemini's candidate.</summary>
    private static bool IsOfChoice(string key) =>
        key == CanonicalKeys.LogProbs
        || key.StartsWith(CanonicalKeys.ChoicePrefix, StringComparison.Ordinal)
        || key.StartsWith(CanonicalKeys.DeltaPrefix, StringComparison.Ordinal)
        || (key.StartsWith(s_ofGemini, StringComparison.OrdinalIgnoreCase)
            && !key.StartsWith(s_ofGeminiMessage, StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether a chunk has it: what is known as a field of a message was set there by the caller.</summary>
    private static bool IsOfChunk(string key) =>
        FieldNames.OfMessage(key) is null || key.StartsWith(s_ofAnthropic, StringComparison.OrdinalIgnoreCase);
}
