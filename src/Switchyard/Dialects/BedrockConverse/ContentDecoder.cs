using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Tools;

namespace Switchyard.Dialects.BedrockConverse;

/// <summary>Reads the content blocks of an answer.</summary>
internal static class ContentDecoder
{
    /// <exception cref="CallException">A tool call has no name.</exception>
    public static void Add(JsonElement block, IList<AIContent> contents)
    {
        if (block.Text("text") is { } text)
            contents.Add(new TextContent(text));
        else if (block.Member("toolUse") is { } call)
            contents.Add(ToolCall(call));
        else if (block.Member("reasoningContent") is { } reasoning)
            contents.Add(Reasoning(reasoning));
        else if (block.Member("citationsContent") is { } cited && cited.Member("content") is { ValueKind: JsonValueKind.Array })
            contents.Add(Cited(cited));
        else if (block.Member("image") is { } image && Image(image.Text("format"), image) is { } data)
            contents.Add(data);
        else if (block.ValueKind == JsonValueKind.Object)
            contents.Add(Whole(block));
    }

    /// <summary>A block, or a piece of one, kept whole.</summary>
    public static AIContent Whole(JsonElement block) =>
        new() { AdditionalProperties = new() { [CanonicalKeys.Raw(DialectId.BedrockConverse)] = block } };

    /// <summary>A citation: a page, or a place in a document.</summary>
    public static CitationAnnotation Citation(JsonElement wire)
    {
        var passages = wire.Member("sourceContent") is { ValueKind: JsonValueKind.Array } source ? source.EnumerateArray() : default;
        return new()
        {
            Title = wire.Text("title") ?? wire.Text("source"),
            Url = Uri.TryCreate(wire.Member("location")?.Member("web")?.Text("url"), UriKind.Absolute, out var url) ? url : null,
            Snippet = passages.FirstOrDefault().Text("text"),
        };
    }

    /// <summary>An image of its bytes; null if they cannot be read or the format has no known type.</summary>
    public static DataContent? Image(string? format, JsonElement holder) =>
        holder.Member("source")?.Member("bytes") is { ValueKind: JsonValueKind.String } bytes
            && bytes.TryGetBytesFromBase64(out var decoded)
            && format is "png" or "jpeg" or "gif" or "webp"
            ? new DataContent(decoded, "image/" + format)
            : null;

    private static TextContent Cited(JsonElement wire)
    {
        var text = new TextContent(string.Concat(wire.Member("content")!.Value.EnumerateArray().Select(part => part.Text("text"))));
        if (wire.Member("citations") is { ValueKind: JsonValueKind.Array } citations && citations.GetArrayLength() > 0)
            text.Annotations = [.. citations.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.Object).Select(Citation)];
        return text;
    }

    /// <summary>Signed or redacted reasoning, which only its provider can read.</summary>
    public static TextReasoningContent Protected(string text, string data, bool redacted)
    {
        var content = new TextReasoningContent(text)
        {
            ProtectedData = data,
            AdditionalProperties = new() { [CanonicalKeys.ReasoningOrigin] = DialectId.BedrockConverse.Value },
        };
        if (redacted)
            content.AdditionalProperties[CanonicalKeys.RedactedReasoning] = true;
        return content;
    }

    private static TextReasoningContent Reasoning(JsonElement wire)
    {
        if (wire.Text("redactedContent") is { Length: > 0 } hidden)
            return Protected("", hidden, redacted: true);
        var said = wire.Member("reasoningText") is { } inner ? inner : default;
        var text = said.Text("text") ?? "";
        return said.Text("signature") is { Length: > 0 } signature
            ? Protected(text, signature, redacted: false)
            : new TextReasoningContent(text);
    }

    private static FunctionCallContent ToolCall(JsonElement wire)
    {
        if (wire.Text("name") is not { Length: > 0 } name)
            throw new CallException(CallErrorKind.UpstreamUnavailable, "The provider sent a tool call without a name.");
        var arguments = wire.Member("input") switch
        {
            null => "{}",
            // Some models write the object as text that holds it.
            { ValueKind: JsonValueKind.String } text => text.GetString()!,
            // The raw text, so that numbers keep their digits.
            { } input => input.GetRawText(),
        };
        return ToolArguments.ToCall(wire.Text("toolUseId") ?? "", name, arguments);
    }
}
