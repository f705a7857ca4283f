using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared;

namespace Switchyard.Dialects.AnthropicMessages;

/// <summary>The keys and names this format keeps things under, made once.</summary>
internal static class AnthropicKeys
{
    /// <summary>The header with the client's beta flags.</summary>
    public const string BetaHeader = "anthropic-beta";

    /// <summary>
    /// The tool by which a model without schemas of its own is made to answer in one. The name is the whole memory of it: whatever reads
    /// the answer knows by it that the call is the answer. Nobody outside this folder ever sees it.
    /// </summary>
    public const string AnswerTool = "switchyard_structured_answer";

    /// <summary>The answer's usage object as the provider wrote it, for what the counts have no place for.</summary>
    public const string Usage = "usage";

    /// <summary>One citation of a streamed text, which comes between its pieces.</summary>
    public const string Citation = "citation";

    public static readonly DialectId Dialect = DialectId.AnthropicMessages;

    public static readonly string Raw = CanonicalKeys.Raw(Dialect);

    /// <summary>What the keys of this format's own members begin with.</summary>
    public static readonly string OwnPrefix = CanonicalKeys.Own(Dialect, "");

    public static readonly string OwnCitation = CanonicalKeys.Own(Dialect, Citation);

    public static readonly string OwnUsage = CanonicalKeys.Own(Dialect, Usage);

    /// <summary>What every id of a tool call is fitted to.</summary>
    public static readonly ToolCallIds CallIds = new(ToolCallIds.WordCharacters, 64);

    /// <summary>The block as it came in, for content kept whole; null for any other.</summary>
    public static JsonElement? RawOf(AIContent content) => KeptFields.RawOf(content.AdditionalProperties, Dialect);

    /// <summary>Whether the reasoning's signature or hidden text is one this format's providers can read.</summary>
    public static bool IsOurs(TextReasoningContent reasoning) =>
        reasoning.ProtectedData is { Length: > 0 } && SignedContent.IsFrom(reasoning, Dialect);

    /// <summary>Whether only the hidden form of the reasoning is left.</summary>
    public static bool IsRedacted(AIContent reasoning) =>
        reasoning.AdditionalProperties?.TryGetValue(CanonicalKeys.RedactedReasoning, out var redacted) == true && redacted is true;
}
