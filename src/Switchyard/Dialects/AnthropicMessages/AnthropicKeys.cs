using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Dialects.Shared.Tools;

namespace Switchyard.Dialects.AnthropicMessages;

/// <summary>Keys and names of this format, built once.</summary>
internal static class AnthropicKeys
{
    /// <summary>The header with the client's beta flags.</summary>
    public const string BetaHeader = "anthropic-beta";

    /// <summary>The request header that names the profile of the user for whom a request is made.</summary>
    public const string UserProfileHeader = "anthropic-user-profile-id";

    /// <summary>
    /// The tool with which a model without a schema mode is made to answer in a schema. No state is kept about it: the decoders know its
    /// calls by this name and read them as the answer. No client ever sees it.
    /// </summary>
    public const string AnswerTool = "switchyard_structured_answer";

    /// <summary>The answer's usage object as the provider wrote it, for members <see cref="TokenUsage"/> has no place for.</summary>
    public const string Usage = "usage";

    /// <summary>One citation of a streamed text; it comes between the pieces of the text.</summary>
    public const string Citation = "citation";

    public static readonly DialectId Dialect = DialectId.AnthropicMessages;

    public static readonly string Raw = CanonicalKeys.Raw(Dialect);

    /// <summary>The prefix of the keys of this format's own fields.</summary>
    public static readonly string OwnPrefix = CanonicalKeys.Own(Dialect, "");

    public static readonly string OwnCitation = CanonicalKeys.Own(Dialect, Citation);

    /// <summary>The citations of a whole text.</summary>
    public static readonly string OwnCitations = CanonicalKeys.Own(Dialect, "citations");

    /// <summary>The key prefix of members of <c>thinking</c> that no property holds.</summary>
    public static readonly string OwnThinking = CanonicalKeys.Own(Dialect, "thinking.");

    public static readonly string OwnUsage = CanonicalKeys.Own(Dialect, Usage);

    /// <summary>What the provider did to the conversation. A stream has it beside the members of the message, not among them.</summary>
    public static readonly string OwnContextManagement = CanonicalKeys.Own(Dialect, "context_management");

    /// <summary>On the first piece of a streamed text that another text came before: it begins a block.</summary>
    public static readonly string BeginsBlock = Raw + ":begins";

    /// <summary>Fits tool call ids to those the API allows.</summary>
    public static readonly ToolCallIds CallIds = new(ToolCallIds.WordCharacters, 64);

    /// <summary>The block as it came in, for content kept whole; null for any other.</summary>
    public static JsonElement? RawOf(AIContent content) => KeptFields.RawOf(content.AdditionalProperties, Dialect);

    /// <summary>Whether the reasoning's signature or encrypted text is of this format, whose providers can read it.</summary>
    public static bool IsOurs(TextReasoningContent reasoning) =>
        reasoning.ProtectedData is { Length: > 0 } && SignedContent.IsFrom(reasoning, Dialect);

    /// <summary>Whether the provider redacted the reasoning, so that only its encrypted form is left.</summary>
    public static bool IsRedacted(AIContent reasoning) =>
        reasoning.AdditionalProperties.IsTrue(CanonicalKeys.RedactedReasoning);
}
