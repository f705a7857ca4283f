using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Dialects.Shared.Tools;

namespace Switchyard.Dialects.OpenAIResponses;

/// <summary>Writes the parts of messages and tool outputs; reports content that cannot be written as a part.</summary>
internal sealed class ContentEncoder(Utf8JsonWriter writer, LossReport losses)
{
    /// <summary>Whether the content can be a part of the model's input; the model's own output is text alone.</summary>
    public static bool HasPlace(AIContent content) =>
        content is TextContent or DataContent or UriContent or HostedFileContent || ItemKeys.RawOf(content) is not null;

    /// <summary>Writes one part.</summary>
    /// <param name="content">The content.</param>
    /// <param name="path">Its path, for the report.</param>
    /// <param name="isOutput">Whether it is the model's output.</param>
    public void WritePart(AIContent content, string path, bool isOutput = false)
    {
        if (ItemKeys.RawOf(content) is { } raw)
        {
            raw.WriteTo(writer);
            return;
        }

        switch (content)
        {
            case TextContent text:
                WriteText(text, isOutput, path);
                break;
            case DataContent data when !isOutput && !IsFile(data) && data.HasTopLevelMediaType("image"):
                WriteImage(data, data.Uri, fileId: null, path);
                break;
            case UriContent uri when !isOutput && uri.HasTopLevelMediaType("image"):
                WriteImage(uri, uri.Uri.OriginalString, fileId: null, path);
                break;
            case HostedFileContent image when !isOutput
                && image.MediaType?.StartsWith("image/", StringComparison.OrdinalIgnoreCase) == true:
                WriteImage(image, url: null, image.FileId, path);
                break;
            case DataContent data when !isOutput && !IsFile(data) && data.HasTopLevelMediaType("audio"):
                WriteAudio(data, path);
                break;
            case DataContent data when !isOutput:
                // The API refuses file data without a name, and reads the format from it.
                WriteFile(
                    data, "file_data", data.Uri, data.Name ?? (data.MediaType == "application/pdf" ? "document.pdf" : "document"), path);
                break;
            case UriContent uri when !isOutput:
                WriteFile(uri, "file_url", uri.Uri.OriginalString, name: null, path);
                break;
            case HostedFileContent file when !isOutput:
                WriteFile(file, "file_id", file.FileId, name: null, path);
                break;
            default:
                losses.Drop(path);
                break;
        }
    }

    /// <summary>Writes a tool's <c>output</c>: a text, or parts if it holds more than text.</summary>
    public void WriteOutput(FunctionResultContent result, string path)
    {
        var failed = ToolResult.IsError(result);
        switch (result.Result)
        {
            case AIContent content:
                WriteOutputParts([content], failed, path);
                break;
            case IEnumerable<AIContent> contents:
                WriteOutputParts([.. contents], failed, path);
                break;
            case null:
                WriteOutputText(result.Exception?.Message ?? "", failed || result.Exception is not null);
                break;
            case string text:
                WriteOutputText(text, failed);
                break;
            case JsonElement { ValueKind: JsonValueKind.String } text:
                WriteOutputText(text.GetString()!, failed);
                break;
            default:
                WriteOutputText(WireJson.ToJson(result.Result), failed);
                break;
        }
    }

    private void WriteOutputText(string text, bool failed) => writer.WriteString("output"u8, failed ? "Error: " + text : text);

    private void WriteOutputParts(List<AIContent> contents, bool failed, string path)
    {
        if (contents is [TextContent { AdditionalProperties: null or { Count: 0 } } only])
        {
            WriteOutputText(only.Text, failed);
            return;
        }

        if (!contents.Exists(HasPlace))
        {
            // If nothing is left, the result names what it was.
            if (contents.Count > 0)
                losses.Drop(path);
            WriteOutputText(ToolResult.NameOf(contents), failed);
            return;
        }

        writer.WriteStartArray("output"u8);
        if (failed)
            WriteText(new TextContent("Error:"), isOutput: false, path);
        for (var i = 0; i < contents.Count; i++)
            WritePart(contents[i], $"{path}.content[{i}]");
        writer.WriteEndArray();
    }

    private void WriteText(TextContent text, bool isOutput, string path)
    {
        var isRefusal = isOutput && ItemKeys.IsRefusal(text);
        if (text.Annotations?.OfType<CitationAnnotation>()
            .Any(citation => !isOutput || isRefusal || !AnnotationCodec.CanWrite(citation)) == true)
        {
            losses.Drop(path + ".annotations");
        }

        writer.WriteStartObject();
        if (isRefusal)
        {
            writer.WriteString("type"u8, "refusal"u8);
            writer.WriteString("refusal"u8, text.Text);
        }
        else
        {
            writer.WriteString("type"u8, isOutput ? "output_text"u8 : "input_text"u8);
            writer.WriteString("text"u8, text.Text);
            if (isOutput && text.Annotations?.OfType<CitationAnnotation>().Any(AnnotationCodec.CanWrite) == true)
            {
                writer.WriteStartArray("annotations"u8);
                AnnotationCodec.WriteAll(writer, text.Annotations);
                writer.WriteEndArray();
            }
        }

        WriteOthers(text, path);
        writer.WriteEndObject();
    }

    private void WriteImage(AIContent content, string? url, string? fileId, string path)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, "input_image"u8);
        if (url is not null)
            writer.WriteString("image_url"u8, url);
        else
            writer.WriteString("file_id"u8, fileId);
        var hasOwn = KeptFields.Find(content.AdditionalProperties, DialectId.OpenAIResponses, "detail") is not null;
        if (!hasOwn && content.AdditionalProperties.Text(CanonicalKeys.ImageDetail) is { } level)
        {
            writer.WriteString("detail"u8, level);
        }

        WriteOthers(content, path);
        writer.WriteEndObject();
    }

    private void WriteAudio(DataContent data, string path)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, "input_audio"u8);
        writer.WriteStartObject("input_audio"u8);
        writer.WriteString("data"u8, data.Base64Data.Span);
        writer.WriteString("format"u8, MediaKinds.AudioFormatOf(data.MediaType));
        writer.WriteEndObject();
        WriteOthers(data, path);
        writer.WriteEndObject();
    }

    private void WriteFile(AIContent content, string member, string value, string? name, string path)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, "input_file"u8);
        if (name is not null)
            writer.WriteString("filename"u8, name);
        writer.WriteString(member, value);
        WriteOthers(content, path);
        writer.WriteEndObject();
    }

    private void WriteOthers(AIContent content, string path)
    {
        KeptFields.Write(writer, content.AdditionalProperties, DialectId.OpenAIResponses, losses, path);
        KeptFields.ReportUnprefixed(content.AdditionalProperties, static (_, value) => value.ValueKind == JsonValueKind.Null, losses, path);
    }

    private static bool IsFile(DataContent data) =>
        data.AdditionalProperties.Text(CanonicalKeys.PartType) is "file";
}
