using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Dialects.Shared.Tools;

namespace Switchyard.Guards;

/// <summary>The text of a stream that a piece belongs to.</summary>
/// <param name="Choice">The choice, from 0.</param>
/// <param name="Kind">The kind of the text.</param>
/// <param name="Call">For a tool call: its position in its message.</param>
internal readonly record struct StreamChannel(int Choice, StreamTextKind Kind, int Call = 0);

/// <summary>The kinds of texts that arrive in pieces.</summary>
internal enum StreamTextKind
{
    Text,
    Refusal,
    Reasoning,
    Arguments,
}

/// <summary>Reads and creates the pieces of streamed answers. Pure.</summary>
internal static class StreamParts
{
    private const string ReasoningDetails = "reasoning_details";
    private const string StreamedDetails = CanonicalKeys.DeltaPrefix + ReasoningDetails;

    /// <summary>The choice an update belongs to.</summary>
    public static int ChoiceOf(ChatResponseUpdate update) => update.AdditionalProperties.Number(CanonicalKeys.ChoiceIndex) ?? 0;

    /// <summary>The text that a part is a piece of; null if it is not text or arrives in one piece.</summary>
    public static StreamChannel? ChannelOf(AIContent content, int choice) => content switch
    {
        TextContent text => new(choice, IsRefusal(text) ? StreamTextKind.Refusal : StreamTextKind.Text),
        TextReasoningContent { Text.Length: > 0 } => new(choice, StreamTextKind.Reasoning),
        ToolCallFragment fragment => new(choice, StreamTextKind.Arguments, fragment.Index),
        _ => null,
    };

    /// <summary>The text of a piece.</summary>
    public static string TextOf(AIContent piece) => piece switch
    {
        TextContent text => text.Text,
        TextReasoningContent reasoning => reasoning.Text,
        ToolCallFragment fragment => fragment.Arguments,
        _ => "",
    };

    /// <summary>The arguments text that a whole tool call repeats; null if they did not arrive in pieces.</summary>
    public static StreamChannel? PiecesOf(FunctionCallContent call, int choice) =>
        call.AdditionalProperties.Number(CanonicalKeys.ToolCallIndex) is { } position
            ? new(choice, StreamTextKind.Arguments, position)
            : null;

    /// <summary>A piece with another text.</summary>
    /// <param name="piece">The piece, whose other properties are kept.</param>
    /// <param name="text">The text.</param>
    /// <param name="isChanged">Whether the text differs from the provider's; if so, the signature is removed.</param>
    public static AIContent With(AIContent piece, string text, bool isChanged) => piece switch
    {
        TextContent from => new TextContent(text) { Annotations = from.Annotations, AdditionalProperties = Kept(from, isChanged) },
        TextReasoningContent from => new TextReasoningContent(text)
        {
            ProtectedData = isChanged ? null : from.ProtectedData,
            AdditionalProperties = Kept(from, isChanged),
        },
        ToolCallFragment from => new ToolCallFragment
        {
            Index = from.Index,
            CallId = from.CallId,
            Name = from.Name,
            IsCustom = from.IsCustom,
            Arguments = text,
            AdditionalProperties = from.AdditionalProperties,
        },
        _ => piece,
    };

    /// <summary>Creates a piece without other properties from the rest of the held text.</summary>
    /// <param name="channel">The text.</param>
    /// <param name="rest">The rest.</param>
    /// <param name="isCustom">Whether it is the input of a custom tool.</param>
    public static AIContent RestOf(in StreamChannel channel, string rest, bool isCustom) => channel.Kind switch
    {
        StreamTextKind.Arguments => new ToolCallFragment { Index = channel.Call, IsCustom = isCustom, Arguments = rest },
        StreamTextKind.Reasoning => new TextReasoningContent(rest),
        StreamTextKind.Refusal => new TextContent(rest) { AdditionalProperties = new() { [CanonicalKeys.Refusal] = true } },
        _ => new TextContent(rest),
    };

    /// <summary>Whether a piece carries more than its text, so that it is sent even when its text is empty.</summary>
    public static bool HasMore(AIContent piece) => piece switch
    {
        TextContent text => text.Annotations is { Count: > 0 }
            || text.AdditionalProperties?.Keys.Any(key => key != CanonicalKeys.Refusal) == true,
        TextReasoningContent reasoning => reasoning.ProtectedData is not null,
        ToolCallFragment fragment => fragment.CallId is not null,
        _ => true,
    };

    /// <summary>Whether a piece carries the signature of its whole text.</summary>
    public static bool IsSigned(AIContent piece) => piece switch
    {
        TextReasoningContent reasoning => reasoning.ProtectedData is not null,
        TextContent text => text.AdditionalProperties?.ContainsKey(CanonicalKeys.Signature) == true,
        _ => false,
    };

    /// <summary>The citations of a piece, as a piece without text; null if it has none.</summary>
    public static TextContent? CitedBy(AIContent piece) => piece is TextContent { Annotations.Count: > 0 } text
        ? new TextContent("") { Annotations = text.Annotations, AdditionalProperties = text.AdditionalProperties }
        : null;

    /// <summary>A piece of a text with other citations.</summary>
    public static TextContent With(TextContent piece, TextContent cited) =>
        new(piece.Text) { Annotations = cited.Annotations, AdditionalProperties = cited.AdditionalProperties };

    /// <summary>
    /// The members of an update outside its parts that may hold text, such as citations, as a part without text; null if it has none.
    /// </summary>
    public static TextContent? BesideOf(ChatResponseUpdate update)
    {
        AdditionalPropertiesDictionary? beside = null;
        foreach (var (key, value) in update.AdditionalProperties ?? [])
        {
            if (value is JsonElement { ValueKind: JsonValueKind.String or JsonValueKind.Object or JsonValueKind.Array }
                && !SideTexts.IsEcho(key))
            {
                (beside ??= [])[key] = value;
            }
        }

        return beside is null ? null : new TextContent("") { AdditionalProperties = beside };
    }

    /// <summary>
    /// The properties of an update without those that spell the streamed text again in pieces of their own, in which a match is found too
    /// late: probabilities of its tokens, and the reasoning in OpenRouter's form. Encrypted reasoning stays.
    /// </summary>
    public static AdditionalPropertiesDictionary? WithoutSpelling(AdditionalPropertiesDictionary? kept)
    {
        if (kept is null)
            return null;
        AdditionalPropertiesDictionary? rest = null;
        foreach (var (key, value) in kept)
        {
            if (key == CanonicalKeys.LogProbs || (key is ReasoningDetails or StreamedDetails && !IsEncrypted(value)))
                (rest ??= kept.Clone()).Remove(key);
        }

        return rest ?? kept;
    }

    /// <summary>The properties of an update with other citations.</summary>
    public static AdditionalPropertiesDictionary With(AdditionalPropertiesDictionary? kept, AIContent beside)
    {
        var given = kept?.Clone() ?? [];
        foreach (var (key, value) in beside.AdditionalProperties ?? [])
            given[key] = value;
        return given;
    }

    /// <summary>Removes the signature of reasoning whose text changed; redacted reasoning, which has no text, stays unchanged.</summary>
    public static TextReasoningContent Unsigned(TextReasoningContent reasoning) =>
        reasoning.AdditionalProperties.IsTrue(CanonicalKeys.RedactedReasoning)
            ? reasoning
            : (TextReasoningContent)With(reasoning, reasoning.Text, isChanged: true);

    /// <summary>A whole tool call with the arguments that were replaced in its pieces.</summary>
    public static FunctionCallContent With(FunctionCallContent call, string arguments)
    {
        var kept = WholeContent.Without(call.AdditionalProperties)?.Clone() ?? [];
        kept[CanonicalKeys.RawArguments] = arguments;
        var parsed = CustomTools.IsCustom(call)
            ? new Dictionary<string, object?> { ["input"] = arguments }
            : ToolArguments.ToCall(call.CallId, call.Name, arguments).Arguments;
        return new FunctionCallContent(call.CallId, call.Name, parsed)
        {
            InformationalOnly = call.InformationalOnly,
            AdditionalProperties = kept,
        };
    }

    /// <summary>Whether details of reasoning have no text. The signature of a text that is left out must not stay either.</summary>
    private static bool IsEncrypted(object? details) =>
        details is JsonElement { ValueKind: JsonValueKind.Array } items
        && items.EnumerateArray().All(static item => item.Text("type") == "reasoning.encrypted");

    private static bool IsRefusal(TextContent text) => text.AdditionalProperties.IsTrue(CanonicalKeys.Refusal);

    /// <summary>The wire object of a piece has the text as it came, so it does not go with another one.</summary>
    private static AdditionalPropertiesDictionary? Kept(AIContent piece, bool isChanged) =>
        isChanged ? WholeContent.OfChanged(piece.AdditionalProperties) : WholeContent.Without(piece.AdditionalProperties);
}
