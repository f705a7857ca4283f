using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared;

namespace Switchyard.Guards;

/// <summary>Which text of a stream a piece belongs to.</summary>
/// <param name="Choice">The choice, from 0.</param>
/// <param name="Kind">What the text is.</param>
/// <param name="Call">Of a tool call: its position in its message.</param>
internal readonly record struct StreamChannel(int Choice, StreamTextKind Kind, int Call = 0);

/// <summary>The texts that come in pieces.</summary>
internal enum StreamTextKind
{
    Text,
    Refusal,
    Reasoning,
    Arguments,
}

/// <summary>Reads and makes the pieces of streamed answers. Pure.</summary>
internal static class StreamParts
{
    /// <summary>The choice an update belongs to.</summary>
    public static int ChoiceOf(ChatResponseUpdate update) => update.AdditionalProperties.Number(CanonicalKeys.ChoiceIndex) ?? 0;

    /// <summary>The text that a part is a piece of; null where it is none, or comes whole.</summary>
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

    /// <summary>The text of the arguments that a whole call repeats; null where they have not come in pieces.</summary>
    public static StreamChannel? PiecesOf(FunctionCallContent call, int choice) =>
        call.AdditionalProperties.Number(CanonicalKeys.ToolCallIndex) is { } position
            ? new(choice, StreamTextKind.Arguments, position)
            : null;

    /// <summary>A piece with another text.</summary>
    /// <param name="piece">The piece, with what it holds beside its text.</param>
    /// <param name="text">The text.</param>
    /// <param name="isChanged">Whether it is another one than was sent: then no signature is of it.</param>
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

    /// <summary>A piece of a text with nothing beside it: the rest of what was held.</summary>
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

    /// <summary>Whether a piece says something beside its text, so that it is given out without one.</summary>
    public static bool HasMore(AIContent piece) => piece switch
    {
        TextContent text => text.Annotations is { Count: > 0 }
            || text.AdditionalProperties?.Keys.Any(key => key != CanonicalKeys.Refusal) == true,
        TextReasoningContent reasoning => reasoning.ProtectedData is not null,
        ToolCallFragment fragment => fragment.CallId is not null,
        _ => true,
    };

    /// <summary>Whether a piece has the signature of all of its text.</summary>
    public static bool IsSigned(AIContent piece) => piece switch
    {
        TextReasoningContent reasoning => reasoning.ProtectedData is not null,
        TextContent text => text.AdditionalProperties?.ContainsKey(CanonicalKeys.Signature) == true,
        _ => false,
    };

    /// <summary>What a piece of a text cites, which comes whole: the piece without its text. Null where it cites nothing.</summary>
    public static TextContent? CitedBy(AIContent piece) => piece is TextContent { Annotations.Count: > 0 } text
        ? new TextContent("") { Annotations = text.Annotations, AdditionalProperties = text.AdditionalProperties }
        : null;

    /// <summary>A piece of a text with other citations.</summary>
    public static TextContent With(TextContent piece, TextContent cited) =>
        new(piece.Text) { Annotations = cited.Annotations, AdditionalProperties = cited.AdditionalProperties };

    /// <summary>What an update cites beside its parts: a part without a text that has it. Null where it cites nothing there.</summary>
    public static TextContent? BesideOf(ChatResponseUpdate update)
    {
        AdditionalPropertiesDictionary? cited = null;
        foreach (var (key, value) in update.AdditionalProperties ?? [])
        {
            if (SideTexts.IsCited(key))
                (cited ??= [])[key] = value;
        }

        return cited is null ? null : new TextContent("") { AdditionalProperties = cited };
    }

    /// <summary>What is kept beside the parts of an update, with other citations.</summary>
    public static AdditionalPropertiesDictionary With(AdditionalPropertiesDictionary? kept, AIContent beside)
    {
        var given = kept?.Clone() ?? [];
        foreach (var (key, value) in beside.AdditionalProperties ?? [])
            given[key] = value;
        return given;
    }

    /// <summary>Reasoning without the signature of a text that is another one now; what never had a text stays as it is.</summary>
    public static TextReasoningContent Unsigned(TextReasoningContent reasoning) =>
        reasoning.AdditionalProperties.IsTrue(CanonicalKeys.RedactedReasoning)
            ? reasoning
            : (TextReasoningContent)With(reasoning, reasoning.Text, isChanged: true);

    /// <summary>A whole call whose arguments have been replaced in their pieces.</summary>
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

    private static bool IsRefusal(TextContent text) => text.AdditionalProperties.IsTrue(CanonicalKeys.Refusal);

    private static AdditionalPropertiesDictionary? Kept(AIContent piece, bool isChanged) =>
        isChanged ? WholeContent.OfChanged(piece.AdditionalProperties) : piece.AdditionalProperties;
}
