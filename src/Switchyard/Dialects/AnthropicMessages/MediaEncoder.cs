using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Dialects.Shared.Fields;

namespace Switchyard.Dialects.AnthropicMessages;

/// <summary>Writes images and documents, up to but without the closing brace. Media the API does not take are refused.</summary>
internal static class MediaEncoder
{
    /// <exception cref="CallException">The API does not take this media type or address.</exception>
    public static void Write(Utf8JsonWriter writer, AIContent content, string path, LossReport losses)
    {
        if (content.AdditionalProperties.Text(CanonicalKeys.ImageDetail) is not (null or "auto"))
            losses.Drop(path + ".detail");
        switch (content)
        {
            case DataContent data:
                WriteData(writer, data, path);
                break;
            case UriContent uri:
                WriteAddress(writer, uri, path);
                break;
            default:
                throw Refused(path, "A file named by its id can only be read where it was uploaded. Send its content as base64 instead.");
        }
    }

    private static void WriteData(Utf8JsonWriter writer, DataContent data, string path)
    {
        var type = TypeOf(data);
        if (type is "image/jpeg" or "image/png" or "image/gif" or "image/webp")
        {
            Begin(writer, "image"u8);
            WriteBase64(writer, type, data);
        }
        else if (type == "application/pdf")
        {
            Begin(writer, "document"u8);
            WriteBase64(writer, type, data);
            WriteTitle(writer, data.Name);
        }
        else if (MediaKinds.IsText(type))
        {
            Begin(writer, "document"u8);
            writer.WriteStartObject("source"u8);
            writer.WriteString("type"u8, "text"u8);
            writer.WriteString("media_type"u8, "text/plain"u8);
            writer.WriteString("data"u8, Encoding.UTF8.GetString(data.Data.Span));
            writer.WriteEndObject();
            WriteTitle(writer, data.Name);
        }
        else
        {
            throw Refused(
                path,
                $"Content of type '{data.MediaType}' cannot be given to this provider. "
                    + "It takes JPEG, PNG, GIF and WebP images, PDF and plain text.");
        }
    }

    private static void WriteAddress(Utf8JsonWriter writer, UriContent uri, string path)
    {
        var isImage = uri.HasTopLevelMediaType("image");
        if (uri.Uri.Scheme is not ("http" or "https") || !(isImage || uri.MediaType is "application/pdf"))
        {
            throw Refused(
                path, "This provider fetches only images and PDF documents, by http or https. Send the content as base64 instead.");
        }

        Begin(writer, isImage ? "image"u8 : "document"u8);
        writer.WriteStartObject("source"u8);
        writer.WriteString("type"u8, "url"u8);
        writer.WriteString("url"u8, uri.Uri.OriginalString);
        writer.WriteEndObject();
    }

    /// <summary>The media type; if the declared one is generic, the type that the first bytes show.</summary>
    private static string TypeOf(DataContent data)
    {
        var declared = data.MediaType.StartsWith("application/x-pdf", StringComparison.OrdinalIgnoreCase)
            ? "application/octet-stream"
            : data.MediaType;
        return MediaKinds.OfContent(declared, data.Data.Span);
    }

    private static void Begin(Utf8JsonWriter writer, ReadOnlySpan<byte> type)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, type);
    }

    private static void WriteBase64(Utf8JsonWriter writer, string type, DataContent data)
    {
        writer.WriteStartObject("source"u8);
        writer.WriteString("type"u8, "base64"u8);
        writer.WriteString("media_type"u8, type);
        writer.WriteString("data"u8, data.Base64Data.Span);
        writer.WriteEndObject();
    }

    private static void WriteTitle(Utf8JsonWriter writer, string? name)
    {
        if (!string.IsNullOrWhiteSpace(name))
            writer.WriteString("title"u8, name);
    }

    private static CallException Refused(string path, string message) => new(CallErrorKind.InvalidRequest, message, path);
}
