using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Fields;

namespace Switchyard.Dialects.Gemini;

/// <summary>The members of a candidate beside its content.</summary>
internal static class CandidateMembers
{
    /// <summary>The key of the provider's own finish reason.</summary>
    public const string NativeFinishReason = CanonicalKeys.ChoicePrefix + "native_finish_reason";

    /// <summary>The member of an answer that explains why its prompt was blocked.</summary>
    public const string PromptFeedback = "promptFeedback";

    /// <summary>Keeps the members, the log probabilities under the canonical key.</summary>
    public static void Keep(JsonElement candidate, ref AdditionalPropertiesDictionary? kept)
    {
        foreach (var member in candidate.EnumerateObject())
        {
            var name = ProtoJson.Camel(member.Name);
            if (member.Value.ValueKind == JsonValueKind.Null || name is "content" or "finishReason" or "index")
                continue;
            if (name == "logprobsResult")
            {
                if (LogProbCodec.Read(member.Value) is { } logProbs)
                    WireJson.Keep(ref kept, CanonicalKeys.LogProbs, logProbs);
                continue;
            }

            KeptFields.Keep(ref kept, DialectId.Gemini, name, member.Value);
        }
    }

    /// <summary>The reason a prompt was blocked; null if it was not.</summary>
    public static string? BlockReason(JsonElement root) =>
        root.Field(PromptFeedback)?.Field("blockReason") switch
        {
            { ValueKind: JsonValueKind.String } word =>
                word.GetString() is { Length: > 0 } and not "BLOCK_REASON_UNSPECIFIED" and not "BLOCKED_REASON_UNSPECIFIED"
                    ? word.GetString()
                    : null,
            { ValueKind: JsonValueKind.Number } number when WireJson.WholeNumber(number) is > 0 => "SAFETY",
            _ => null,
        };

    /// <summary>The time of the answer; null if it has none.</summary>
    public static DateTimeOffset? Time(JsonElement root) =>
        root.Field("createTime") is { ValueKind: JsonValueKind.String } time && time.TryGetDateTimeOffset(out var value) ? value : null;
}
