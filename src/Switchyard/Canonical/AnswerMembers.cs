using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Switchyard.Canonical;

/// <summary>
/// Members on a message of an earlier answer that are not part of the conversation: the model that answered, the choice index, and, if the
/// updates of a stream were joined to a message, the members of its chunks. Callers in this process send messages back unchanged;
/// a provider refuses such members, or they would be reported as lost.
/// </summary>
internal static class AnswerMembers
{
    /// <summary>
    /// On an update with further members, for callers in this process: true. When Microsoft.Extensions.AI has joined updates to a message,
    /// it distinguishes these members from those of the message.
    /// </summary>
    public const string OfUpdates = "of_updates";

    // The name rule of AnswerFacts, which is in a layer above this folder.
    private const string FactPrefix = "x-switchyard-";
    private const string RequestId = "x-request-id";

    private static readonly string s_ofGemini = CanonicalKeys.Own(DialectId.Gemini, "");
    private static readonly string s_ofGeminiMessage = CanonicalKeys.Own(DialectId.Gemini, "content.");
    private static readonly string s_ofAnthropic = CanonicalKeys.Own(DialectId.AnthropicMessages, "");

    /// <summary>Whether the key belongs to a fact about the call that an answer came from.</summary>
    public static bool IsFact(string key) => key == RequestId || key.StartsWith(FactPrefix, StringComparison.Ordinal);

    /// <summary>
    /// The members of a message without those of an answer, which the message may be with another role: libraries of agents give an answer
    /// to another model as a user's message. Null if nothing is removed.
    /// </summary>
    public static AdditionalPropertiesDictionary? Without(ChatMessage message)
    {
        if (message.AdditionalProperties is not { } kept)
            return null;
        var isAssistant = message.Role == ChatRole.Assistant;
        var isJoined = kept.ContainsKey(OfUpdates);
        AdditionalPropertiesDictionary? others = null;
        foreach (var (key, value) in kept)
        {
            if (value is JsonElement && (IsOfChoice(key) || (isAssistant && IsOfCandidate(key)) || (isJoined && IsOfChunk(key))))
                (others ??= new(kept)).Remove(key);
        }

        return others;
    }

    /// <summary>Whether it was beside a message, in OpenAI's choice or in a chunk's delta.</summary>
    private static bool IsOfChoice(string key) =>
        key == CanonicalKeys.LogProbs
        || key.StartsWith(CanonicalKeys.ChoicePrefix, StringComparison.Ordinal)
        || key.StartsWith(CanonicalKeys.DeltaPrefix, StringComparison.Ordinal);

    /// <summary>Whether it was beside a message, in Gemini's candidate.</summary>
    private static bool IsOfCandidate(string key) =>
        key.StartsWith(s_ofGemini, StringComparison.OrdinalIgnoreCase)
        && !key.StartsWith(s_ofGeminiMessage, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether it belongs to a chunk: a known field of a message was set there by the caller instead.</summary>
    private static bool IsOfChunk(string key) =>
        FieldNames.OfMessage(key) is null || key.StartsWith(s_ofAnthropic, StringComparison.OrdinalIgnoreCase);
}
