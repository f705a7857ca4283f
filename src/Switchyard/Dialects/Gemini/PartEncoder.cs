using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Fields;

namespace Switchyard.Dialects.Gemini;

/// <summary>Writes parts. For a request, <see cref="CanWrite"/> is asked first, and reports or refuses what cannot be written.</summary>
internal static class PartEncoder
{
    /// <summary>Whether the content can be written into a request; reports what is lost.</summary>
    /// <exception cref="CallException">It is media this API cannot take in this form.</exception>
    public static bool CanWrite(AIContent content, string path, LossReport losses)
    {
        if (KeptFields.RawOf(content.AdditionalProperties, DialectId.Gemini) is not null)
            return true;
        KeptFields.ReportForeign(content.AdditionalProperties, DialectId.Gemini, losses, path);
        KeptFields.ReportUnprefixed(
            content.AdditionalProperties, (name, value) => name == ThoughtSignatures.ExtraContent || value.ValueKind == JsonValueKind.Null,
            losses, path);
        switch (content)
        {
            case TextContent or FunctionCallContent or FunctionResultContent:
                return true;
            case TextReasoningContent:
                if (ThoughtSignatures.Of(content) is not null)
                    return true;
                // Without a signature of this format, another model's reasoning would be read as this model's own.
                losses.Drop(path + ".reasoning");
                return false;
            case DataContent data:
                if (MediaTypeEncoder.Of(data) is null)
                {
                    throw Refuse(
                        path,
                        "The file does not say what it is. "
                            + "Send it with its media type or with a file name that ends in one, such as report.pdf.");
                }

                if (!string.IsNullOrEmpty(data.Name))
                    losses.Drop(path + ".filename");
                return true;
            case UriContent or HostedFileContent:
                return AddressOf(content) is { } address && IsReadable(address) ? true : throw Refuse(path, content is UriContent
                    ? "This provider does not fetch files from web addresses. "
                        + "Send the file itself, as a data URL in base64, or name one of the provider's own (gs://… or its Files API)."
                    : "This provider does not know the file id. Send the file itself, as a data URL in base64.");
            case UsageContent or ToolCallFragment:
                return false; // They describe a past answer and are not part of the conversation.
            default:
                losses.Drop(path);
                return false;
        }
    }

    /// <summary>Writes one part, braces included.</summary>
    /// <param name="writer">The writer, at the part's position.</param>
    /// <param name="content">Anything but a tool result.</param>
    /// <param name="callId">The id to give a function call; null leaves it out.</param>
    /// <param name="signature">The signature to give it; null leaves it out.</param>
    /// <returns>False when arguments had to be wrapped in an object.</returns>
    public static bool Write(Utf8JsonWriter writer, AIContent content, string? callId, string? signature)
    {
        if (KeptFields.RawOf(content.AdditionalProperties, DialectId.Gemini) is { } raw)
        {
            raw.WriteTo(writer);
            return true;
        }

        var whole = true;
        writer.WriteStartObject();
        switch (content)
        {
            case TextReasoningContent reasoning:
                writer.WriteString("text"u8, reasoning.Text);
                writer.WriteBoolean("thought"u8, true);
                break;
            case TextContent text:
                writer.WriteString("text"u8, text.Text);
                break;
            case FunctionCallContent call:
                whole = ToolCallEncoder.Write(writer, call, callId);
                break;
            case DataContent data:
                WriteInlineData(writer, data);
                break;
            default:
                WriteFileData(writer, content);
                break;
        }

        if (signature is not null)
            writer.WriteString("thoughtSignature"u8, signature);
        WriteOwn(writer, content.AdditionalProperties);
        writer.WriteEndObject();
        return whole;
    }

    public static void WriteInlineData(Utf8JsonWriter writer, DataContent data)
    {
        writer.WriteStartObject("inlineData"u8);
        writer.WriteString("mimeType"u8, MediaTypeEncoder.Of(data) ?? data.MediaType);
        writer.WriteString("data"u8, data.Base64Data.Span);
        writer.WriteEndObject();
    }

    public static void WriteFileData(Utf8JsonWriter writer, AIContent content)
    {
        writer.WriteStartObject("fileData"u8);
        if (TypeOf(content) is { } type)
            writer.WriteString("mimeType"u8, type);
        writer.WriteString("fileUri"u8, AddressOf(content) ?? "");
        writer.WriteEndObject();
    }

    private static void WriteOwn(Utf8JsonWriter writer, AdditionalPropertiesDictionary? kept)
    {
        if (kept is null)
            return;
        foreach (var (key, value) in kept)
        {
            if (value is not JsonElement element || !key.StartsWith(PartDecoder.OwnPrefix, StringComparison.OrdinalIgnoreCase))
                continue;
            writer.WritePropertyName(key[PartDecoder.OwnPrefix.Length..]);
            element.WriteTo(writer);
        }
    }

    private static string? TypeOf(AIContent content) => content switch
    {
        UriContent uri => MediaTypeEncoder.OfAddress(uri),
        HostedFileContent file => file.MediaType,
        _ => null,
    };

    private static string? AddressOf(AIContent content) => content switch
    {
        UriContent uri => uri.Uri.OriginalString,
        HostedFileContent file => file.FileId,
        _ => null,
    };

    /// <summary>Whether the API can read the address: Cloud Storage, or a file uploaded to it.</summary>
    public static bool IsReadable(string address) =>
        address.StartsWith("gs://", StringComparison.Ordinal)
        || address.StartsWith("https://generativelanguage.googleapis.com/", StringComparison.OrdinalIgnoreCase);

    private static CallException Refuse(string path, string message) => RequestErrors.InvalidValue(path, $"Invalid '{path}': {message}");
}
