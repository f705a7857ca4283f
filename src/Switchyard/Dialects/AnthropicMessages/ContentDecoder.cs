using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Tools;

namespace Switchyard.Dialects.AnthropicMessages;

/// <summary>
/// Reads content blocks, of a history or of an answer. A block that is unknown, or that its canonical type could not hold as it is, becomes
/// a bare <see cref="AIContent"/> with the block kept whole.
/// </summary>
internal static class ContentDecoder
{
    /// <summary>Reads blocks in their order.</summary>
    /// <param name="blocks">The array.</param>
    /// <param name="contents">Takes them.</param>
    /// <param name="path">The array's path, for errors.</param>
    /// <param name="isAnswer">
    /// Whether they are a new answer, in which a call of <see cref="AnthropicKeys.AnswerTool"/> is the answer's text.
    /// </param>
    public static void AddAll(JsonElement blocks, IList<AIContent> contents, string path, bool isAnswer = false)
    {
        var index = 0;
        foreach (var block in blocks.EnumerateArray())
        {
            var at = $"{path}[{index++}]";
            FieldReader.Object(block, at);
            contents.Add(Decode(block, at, isAnswer));
        }
    }

    private static AIContent Decode(JsonElement block, string path, bool isAnswer)
    {
        var type = FieldReader.RequiredText(block, "type", path);
        if (!isAnswer && type is "image" or "document" && block.Member("source") is { } origin)
            FieldReader.Object(origin, path + ".source");
        switch (type)
        {
            case "text":
                return Text(block, WordsOf(block, "text", path, isAnswer));
            case "thinking":
                return Thinking(block, WordsOf(block, "thinking", path, isAnswer));
            case "redacted_thinking":
                return Redacted(block, FieldReader.RequiredText(block, "data", path));
            case "tool_use" when isAnswer && block.Text("name") == AnthropicKeys.AnswerTool:
                return new TextContent(InputText(block));
            case "tool_use":
                return ToolUse(block, path);
            case "tool_result":
                return ToolResult(block, path);
            // An answer is passed on as far as the client's format allows; only a request is refused because of its files.
            case "image" or "document" when !isAnswer && MediaDecoder.Uploaded(block, path) is { } file:
                return file;
            case "image":
                return KeepOthers(MediaDecoder.Image(block), block, "source") ?? Whole(block);
            case "document":
                return KeepOthers(MediaDecoder.Document(block), block, "source", "title") ?? Whole(block);
            case "search_result":
                if (!isAnswer)
                    CheckSearchResult(block, path);
                var text = MediaDecoder.SearchResultText(block);
                return KeepOthers(
                    new TextContent(text) { AdditionalProperties = new() { [AnthropicKeys.Raw] = block } },
                    block, "title", "source", "content")!;
            // What a search for tools found. Other formats have no such block, and their models need the name to call the tool.
            case "tool_reference" when block.Text("tool_name") is { Length: > 0 } found:
                return KeepOthers(
                    new TextContent(found) { AdditionalProperties = new() { [AnthropicKeys.Raw] = block } }, block, "tool_name")!;
            default:
                return Whole(block);
        }
    }

    /// <summary>Other formats get the text of it, in which a member of another type would be missing.</summary>
    private static void CheckSearchResult(JsonElement block, string path)
    {
        if (block.Member("source") is { } source)
            FieldReader.Text(source, path + ".source");
        if (block.Member("content") is { } content)
            FieldReader.Array(content, path + ".content");
    }

    /// <summary>A block kept whole.</summary>
    public static AIContent Whole(JsonElement block) => new() { AdditionalProperties = new() { [AnthropicKeys.Raw] = block } };

    public static TextReasoningContent Redacted(JsonElement block, string data) => new("")
    {
        ProtectedData = data,
        AdditionalProperties = new()
        {
            [CanonicalKeys.ReasoningOrigin] = AnthropicKeys.Dialect.Value,
            [CanonicalKeys.RedactedReasoning] = true,
            [AnthropicKeys.Raw] = block,
        },
    };

    /// <summary>The URL citations among these, in the canonical form; null if there are none.</summary>
    public static IList<AIAnnotation>? Citations(IEnumerable<JsonElement> citations)
    {
        List<AIAnnotation>? found = null;
        foreach (var citation in citations)
        {
            if (citation.ValueKind != JsonValueKind.Object)
                continue;
            (found ??= []).Add(new CitationAnnotation
            {
                Title = citation.Text("title") ?? citation.Text("document_title"),
                Url = Uri.TryCreate(citation.Text("url"), UriKind.Absolute, out var url) ? url : null,
                Snippet = citation.Text("cited_text"),
            });
        }

        return found;
    }

    /// <summary>The original text of a tool call's input; empty without input.</summary>
    public static string InputText(JsonElement block) => block.Member("input") switch
    {
        null => "",
        { ValueKind: JsonValueKind.String } text => text.GetString()!,
        { } input => RawJson.Text(input),
    };

    /// <summary>The words of a block. An answer may have null for a text that a streamed one would not have sent.</summary>
    private static string WordsOf(JsonElement block, string name, string path, bool isAnswer) =>
        isAnswer && block.TryGetProperty(name, out var words) && words.ValueKind == JsonValueKind.Null
            ? ""
            : FieldReader.RequiredText(block, name, path);

    private static AIContent Text(JsonElement block, string value)
    {
        var text = new TextContent(value);
        if (block.Member("citations") is { ValueKind: JsonValueKind.Array } citations)
        {
            if (citations.GetArrayLength() == 0)
                return KeepOthers(text, block, "text", "citations")!;
            text.Annotations = Citations(citations.EnumerateArray());
        }

        return KeepOthers(text, block, "text")!;
    }

    private static TextReasoningContent Thinking(JsonElement block, string text)
    {
        // Without a signature it may be another provider's, so it gets no origin.
        if (block.Text("signature") is not { Length: > 0 } signature)
            return new TextReasoningContent(text);
        return new TextReasoningContent(text)
        {
            ProtectedData = signature,
            AdditionalProperties = new() { [CanonicalKeys.ReasoningOrigin] = AnthropicKeys.Dialect.Value, [AnthropicKeys.Raw] = block },
        };
    }

    private static AIContent ToolUse(JsonElement block, string path)
    {
        var call = ToolArguments.ToCall(
            FieldReader.RequiredText(block, "id", path), FieldReader.RequiredName(block, path), InputText(block));
        return KeepOthers(call, block, "id", "name", "input")!;
    }

    private static AIContent ToolResult(JsonElement block, string path)
    {
        var id = FieldReader.RequiredText(block, "tool_use_id", path);
        object result = "";
        switch (block.Member("content"))
        {
            case null:
                break;
            case { ValueKind: JsonValueKind.String } text:
                result = text.GetString()!;
                break;
            case { ValueKind: JsonValueKind.Array } blocks:
                var parts = new List<AIContent>();
                AddAll(blocks, parts, path + ".content");
                result = parts;
                break;
            case { } other:
                throw RequestErrors.WrongType(path + ".content", "a string or an array of objects", other.ValueKind);
        }

        var content = KeepOthers(new FunctionResultContent(id, result), block, "tool_use_id", "content", "is_error")!;
        if (block.Member("is_error") is { ValueKind: JsonValueKind.True })
            (content.AdditionalProperties ??= [])[CanonicalKeys.IsError] = true;
        return content;
    }

    /// <summary>Keeps the members no property holds; the cache hint has a key that every format shares.</summary>
    private static AIContent? KeepOthers(AIContent? content, JsonElement block, params ReadOnlySpan<string> known)
    {
        if (content is null)
            return null;
        foreach (var member in block.EnumerateObject())
        {
            if (member.Value.ValueKind == JsonValueKind.Null || member.NameEquals("type") || member.IsNamed(known))
                continue;
            var name = member.Name;
            var key = name == CanonicalKeys.CacheControl ? name : CanonicalKeys.Own(AnthropicKeys.Dialect, name);
            (content.AdditionalProperties ??= [])[key] = member.Value;
        }

        return content;
    }
}
