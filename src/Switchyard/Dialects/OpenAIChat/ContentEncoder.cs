using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Dialects.Shared.Tools;
using Switchyard.Targets;

namespace Switchyard.Dialects.OpenAIChat;

/// <summary>Writes content parts and tool results; reports content that cannot be written as a part.</summary>
internal sealed class ContentEncoder(Utf8JsonWriter writer, ProviderQuirks quirks, LossReport losses)
{
    private const string FailurePrefix = "Error";

    /// <summary>The part as it came in, for content that was kept whole; null for any other.</summary>
    public static JsonElement? RawOf(AIContent content) =>
        content.AdditionalProperties.Element(CanonicalKeys.RawOpenAIChat);

    public static bool IsRefusal(AIContent content) =>
        content is TextContent && content.AdditionalProperties.IsTrue(CanonicalKeys.Refusal);

    /// <summary>The contents that can be written as parts; the others are reported.</summary>
    /// <param name="contents">The contents.</param>
    /// <param name="path">Their path, for the report.</param>
    /// <param name="textOnly">Whether the role takes text only: all roles but the user's do.</param>
    public List<(AIContent Content, string Path)> Writable(List<AIContent> contents, string path, bool textOnly)
    {
        var writable = new List<(AIContent, string)>(contents.Count);
        for (var i = 0; i < contents.Count; i++)
        {
            if (HasPlace(contents[i], textOnly))
                writable.Add((contents[i], $"{path}[{i}]"));
            else
                losses.Drop($"{path}[{i}]");
        }

        return writable;
    }

    /// <summary>Writes one part, of those that can be written.</summary>
    public void WritePart(AIContent content, string path)
    {
        if (RawOf(content) is { } raw)
        {
            raw.WriteTo(writer);
            return;
        }

        KeptFields.ReportForeign(content.AdditionalProperties, DialectId.OpenAIChat, losses, path);
        switch (content)
        {
            case TextContent text when IsRefusal(content):
                WriteText("refusal", text, path);
                break;
            case TextContent text:
                WriteText("text", text, path);
                break;
            case DataContent data:
                WriteData(data, path);
                break;
            case UriContent uri:
                WriteImage(uri, uri.Uri.OriginalString, path);
                break;
            case HostedFileContent file:
                WriteFile(file, file.Name, fileId: file.FileId, data: null, path);
                break;
            default:
                throw new InvalidOperationException($"A {content.GetType().Name} is no part.");
        }
    }

    /// <summary>Writes reasoning as a part: a text inside a list, inside the part.</summary>
    public void WriteThinking(TextReasoningContent reasoning, string path)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, "thinking"u8);
        writer.WriteStartArray("thinking"u8);
        writer.WriteStartObject();
        writer.WriteString("type"u8, "text"u8);
        writer.WriteString("text"u8, reasoning.Text);
        writer.WriteEndObject();
        writer.WriteEndArray();
        WriteOthers(reasoning, path);
        writer.WriteEndObject();
    }

    /// <summary>
    /// Writes a tool result's <c>content</c>. Other content than text is collected for the caller. The format has no member for a failed
    /// tool, so its text begins with <c>Error: </c> unless it does so already.
    /// </summary>
    public void WriteResult(FunctionResultContent result, string path, List<AIContent> media)
    {
        switch (result.Result)
        {
            case null:
                writer.WriteString("content"u8, result.Exception is { } exception ? "Error: " + exception.Message : "");
                break;
            case string text when ToolResult.IsError(result) && !text.StartsWith(FailurePrefix, StringComparison.OrdinalIgnoreCase):
                writer.WriteString("content"u8, FailurePrefix + ": " + text);
                break;
            case string text:
                writer.WriteString("content"u8, text);
                break;
            case AIContent content:
                WriteResultParts(MarkFailure([content], result), path, media);
                break;
            case IEnumerable<AIContent> contents:
                WriteResultParts(MarkFailure(contents, result), path, media);
                break;
            case JsonElement { ValueKind: JsonValueKind.String } text:
                writer.WriteString("content"u8, text.GetString());
                break;
            default:
                writer.WriteString("content"u8, WireJson.ToJson(result.Result));
                break;
        }
    }

    private static bool HasPlace(AIContent content, bool textOnly) => RawOf(content) is not null || content switch
    {
        TextContent => true,
        DataContent or HostedFileContent => !textOnly,
        UriContent uri => !textOnly && uri.HasTopLevelMediaType("image"),
        _ => false,
    };

    private static IEnumerable<AIContent> MarkFailure(IEnumerable<AIContent> contents, FunctionResultContent result)
    {
        if (!ToolResult.IsError(result))
            return contents;
        return contents.OfType<TextContent>().FirstOrDefault() is { } first
            ? contents.Select(content =>
                ReferenceEquals(content, first) && !first.Text.StartsWith(FailurePrefix, StringComparison.OrdinalIgnoreCase)
                    ? new TextContent($"{FailurePrefix}: {first.Text}") { AdditionalProperties = first.AdditionalProperties }
                    : content)
            : contents.Prepend(new TextContent(FailurePrefix));
    }

    /// <summary>Whether the part is text and nothing else.</summary>
    public static bool IsText(AIContent content) => content is TextContent && RawOf(content) is null && !IsRefusal(content);

    /// <summary>
    /// Whether the part is text without any member of a part: a signature of another format, and values that an application attached, are
    /// not sent, and many servers of this format take only a string in an answer of the history.
    /// </summary>
    public static bool IsTextAlone(TextContent text) =>
        text.AdditionalProperties is not { Count: > 0 } kept
        || (!IsRefusal(text) && kept.All(static pair => pair.Value is not JsonElement && !KeptFields.IsPrefixed(pair.Key)));

    /// <summary>
    /// The text of several parts as one, for providers that take no list of them. Other content of the parts is reported as lost.
    /// </summary>
    public string TextOf(List<(AIContent Content, string Path)> parts, bool isAnswer)
    {
        var text = new MessageText(isAnswer);
        foreach (var (content, path) in parts)
        {
            text.Add(content);
            KeptFields.ReportForeign(content.AdditionalProperties, DialectId.OpenAIChat, losses, path);
            KeptFields.ReportUnprefixed(
                content.AdditionalProperties, static (_, value) => value.ValueKind == JsonValueKind.Null, losses, path);
        }

        return text.ToString();
    }

    private void WriteResultParts(IEnumerable<AIContent> contents, string path, List<AIContent> media)
    {
        var texts = new List<AIContent>();
        var lost = new List<AIContent>();
        foreach (var content in contents)
        {
            if (content is TextContent || RawOf(content) is not null)
                texts.Add(content);
            else if (HasPlace(content, textOnly: false))
                media.Add(content);
            else
                lost.Add(content);
        }

        if (lost.Count > 0)
            losses.Drop(path + ".content");
        if (texts is [] || (texts is [TextContent single] && IsTextAlone(single)))
        {
            // If nothing is left, the result names what it was.
            writer.WriteString(
                "content"u8, texts is [TextContent only] ? only.Text : media.Count > 0 ? "" : ToolResult.NameOf(lost));
            return;
        }

        if (quirks.PlainTextContent && texts.TrueForAll(IsText))
        {
            writer.WriteString("content"u8, TextOf(texts.ConvertAll(text => (text, path + ".content")), isAnswer: false));
            return;
        }

        writer.WriteStartArray("content"u8);
        foreach (var text in texts)
            WritePart(text, "messages[].content");
        writer.WriteEndArray();
    }

    private void WriteText(string type, TextContent content, string path)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, type);
        writer.WriteString(type, content.Text);
        WriteOthers(content, path);
        writer.WriteEndObject();
    }

    private void WriteData(DataContent data, string path)
    {
        var asFile = data.AdditionalProperties.Text(CanonicalKeys.PartType) is "file";
        if (!asFile && data.HasTopLevelMediaType("image"))
        {
            WriteImage(data, data.Uri, path);
        }
        else if (!asFile && data.HasTopLevelMediaType("audio"))
        {
            writer.WriteStartObject();
            writer.WriteString("type"u8, "input_audio"u8);
            WriteAudio(data);
            WriteOthers(data, path);
            writer.WriteEndObject();
        }
        else
        {
            // The API refuses file data without a name, and reads the format from it.
            var name = data.Name ?? (data.MediaType == "application/pdf" ? "document.pdf" : "document");
            WriteFile(data, name, fileId: null, data: data.Uri, path);
        }
    }

    private void WriteAudio(DataContent data)
    {
        if (quirks.BareInputAudio)
        {
            writer.WriteString("input_audio"u8, data.Base64Data.Span);
            return;
        }

        writer.WriteStartObject("input_audio"u8);
        writer.WriteString("data"u8, data.Base64Data.Span);
        writer.WriteString("format"u8, MediaKinds.AudioFormatOf(data.MediaType));
        writer.WriteEndObject();
    }

    private void WriteImage(AIContent content, string url, string path)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, "image_url"u8);
        writer.WriteStartObject("image_url"u8);
        writer.WriteString("url"u8, url);
        if (content.AdditionalProperties.Text(CanonicalKeys.ImageDetail) is { } level)
            writer.WriteString("detail"u8, level);
        writer.WriteEndObject();
        WriteOthers(content, path);
        writer.WriteEndObject();
    }

    private void WriteFile(AIContent content, string? name, string? fileId, string? data, string path)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, "file"u8);
        writer.WriteStartObject("file"u8);
        if (fileId is not null)
            writer.WriteString("file_id"u8, fileId);
        if (name is not null)
            writer.WriteString("filename"u8, name);
        if (data is not null)
            writer.WriteString("file_data"u8, data);
        writer.WriteEndObject();
        WriteOthers(content, path);
        writer.WriteEndObject();
    }

    private void WriteOthers(AIContent content, string path)
    {
        if (content.AdditionalProperties is not { } kept)
            return;
        foreach (var (name, value) in kept)
        {
            if (value is not JsonElement element || KeptFields.IsPrefixed(name))
                continue;
            if (name == CanonicalKeys.CacheControl && !quirks.CacheControl)
            {
                losses.Drop($"{path}.{name}");
                continue;
            }

            writer.WritePropertyName(name);
            element.WriteTo(writer);
        }
    }
}
