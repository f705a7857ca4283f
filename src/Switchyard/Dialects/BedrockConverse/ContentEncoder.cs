using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Dialects.Shared.Tools;
using Switchyard.Targets;

namespace Switchyard.Dialects.BedrockConverse;

/// <summary>Writes text, files and tool results as blocks.</summary>
internal sealed class ContentEncoder(Utf8JsonWriter writer, EgressTarget target, LossReport losses)
{
    private readonly HashSet<string> _documentNames = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether the item becomes a document, which must have text beside it.</summary>
    public static bool IsDocument(AIContent content) => content switch
    {
        DataContent data => BlockFormats.Of(data.MediaType, data.Data.Span)?.Block == "document",
        UriContent uri => FormatOf(uri)?.Block == "document",
        _ => false,
    };

    /// <summary>Whether it is text or a file, or was kept whole for this API.</summary>
    public static bool HasPlace(AIContent content) =>
        content is TextContent or DataContent or UriContent or HostedFileContent
            || KeptFields.RawOf(content.AdditionalProperties, DialectId.BedrockConverse) is not null;

    public void WriteText(string text)
    {
        writer.WriteStartObject();
        writer.WriteString("text"u8, text);
        writer.WriteEndObject();
    }

    /// <summary>Writes an item for which <see cref="HasPlace"/> is true.</summary>
    /// <exception cref="CallException">The API does not take files of this type, or at this address.</exception>
    public void Write(AIContent content, string path)
    {
        KeptFields.ReportForeign(content.AdditionalProperties, DialectId.BedrockConverse, losses, path);
        if (content.AdditionalProperties.Text(CanonicalKeys.ImageDetail) is not (null or "auto"))
            losses.Drop($"{path}.{CanonicalKeys.ImageDetail}");
        KeptFields.ReportUnprefixed(content.AdditionalProperties, KeptFields.IsCacheHint, losses, path);
        switch (content)
        {
            case TextContent text:
                WriteText(text.Text);
                break;
            case DataContent data:
                WriteData(data, path);
                break;
            case UriContent uri:
                WriteUri(uri, path);
                break;
            case HostedFileContent:
                throw Refused(
                    $"{target.Provider} does not know the file that '{path}' names: its id belongs to another provider. "
                        + "Send the file's data.",
                    path);
            default:
                KeptFields.RawOf(content.AdditionalProperties, DialectId.BedrockConverse)!.Value.WriteTo(writer);
                break;
        }
    }

    /// <summary>Writes the content of a tool result: text, files, or both.</summary>
    public void WriteResult(FunctionResultContent result, string path)
    {
        writer.WriteStartArray("content"u8);
        switch (result.Result)
        {
            case AIContent content:
                WriteResultParts([content], path);
                break;
            case IEnumerable<AIContent> contents:
                WriteResultParts([.. contents], path);
                break;
            default:
                WriteResultText(TextOf(result));
                break;
        }

        writer.WriteEndArray();
    }

    private static string TextOf(FunctionResultContent result) => result.Result switch
    {
        null => result.Exception is { } exception ? "Error: " + exception.Message : "",
        string text => text,
        JsonElement { ValueKind: JsonValueKind.String } text => text.GetString()!,
        _ => WireJson.ToJson(result.Result),
    };

    // The API refuses blank text, and filler words could mislead the model: an empty result is the object {}.
    private void WriteResultText(string text)
    {
        if (!string.IsNullOrWhiteSpace(text))
        {
            WriteText(text);
            return;
        }

        writer.WriteStartObject();
        writer.WriteStartObject("json"u8);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private void WriteResultParts(List<AIContent> parts, string path)
    {
        parts.RemoveAll(Conversation.IsBlank);
        if (!parts.Exists(HasPlace))
            WriteResultText(ToolResult.NameOf(parts));
        for (var i = 0; i < parts.Count; i++)
        {
            if (HasPlace(parts[i]))
                Write(parts[i], $"{path}[{i}]");
            else
                losses.Drop($"{path}[{i}]");
        }
    }

    private void WriteData(DataContent data, string path)
    {
        var (block, format) = BlockFormats.Of(data.MediaType, data.Data.Span)
            ?? throw Refused(
                $"{target.Provider} takes no file of type '{data.MediaType}'. Send an image as PNG, JPEG, GIF or WebP, or a document.",
                path);
        BeginMedia(block, format, data.Name);
        writer.WriteString("bytes"u8, data.Base64Data.Span);
        EndMedia();
    }

    private void WriteUri(UriContent uri, string path)
    {
        if (uri.Uri.Scheme != "s3")
        {
            throw Refused(
                $"{target.Provider} does not fetch files from '{uri.Uri.Scheme}:' addresses. "
                    + "Send the file's data (a data: URL), or an s3:// address it may read.",
                path);
        }

        var (block, format) = FormatOf(uri) ?? throw Refused(
            $"The address at '{path}' does not show the file's type. Let it end in .png, .jpg, .gif, .webp or .pdf.", path);
        BeginMedia(block, format, Path.GetFileName(uri.Uri.AbsolutePath));
        writer.WriteStartObject("s3Location"u8);
        writer.WriteString("uri"u8, uri.Uri.OriginalString);
        writer.WriteEndObject();
        EndMedia();
    }

    private void BeginMedia(string block, string format, string? name)
    {
        writer.WriteStartObject();
        writer.WriteStartObject(block);
        writer.WriteString("format"u8, format);
        if (block == "document")
            writer.WriteString("name"u8, UniqueName(name));
        writer.WriteStartObject("source"u8);
    }

    private void EndMedia()
    {
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    // The API refuses two documents of the same name.
    private string UniqueName(string? name)
    {
        var wanted = BlockFormats.DocumentName(name);
        var unique = wanted;
        for (var i = 2; !_documentNames.Add(unique); i++)
            unique = $"{wanted} {i}";
        return unique;
    }

    private static (string Block, string Format)? FormatOf(UriContent uri) =>
        BlockFormats.Of(uri.MediaType, default) ?? BlockFormats.Of(OfExtension(uri.Uri), default);

    private static string OfExtension(Uri uri) => Path.GetExtension(uri.AbsolutePath).ToUpperInvariant() switch
    {
        ".PNG" => "image/png",
        ".JPG" or ".JPEG" => "image/jpeg",
        ".GIF" => "image/gif",
        ".WEBP" => "image/webp",
        ".PDF" => "application/pdf",
        ".MP4" => "video/mp4",
        _ => "",
    };

    private static CallException Refused(string message, string path) => new(CallErrorKind.InvalidRequest, message, path);
}
