using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;
using Switchyard.Dialects.Shared.Fields;

namespace Switchyard.Dialects.AnthropicMessages;

/// <summary>Reads images and documents; null for a source the canonical form cannot hold, which is then kept whole.</summary>
internal static class MediaDecoder
{
    private const string UploadedElsewhere =
        "A file named by its id can only be read where it was uploaded, which the chosen model's provider is not. "
            + "Send its content as base64 instead, or choose a model of a provider that serves the Messages API.";

    public static AIContent? Image(JsonElement block) => block.Member("source") is { ValueKind: JsonValueKind.Object } source
        ? source.Text("type") switch
        {
            "base64" => FromBase64(source, block),
            "url" => FromAddress(source, "image/*"),
            _ => null,
        }
        : null;

    public static AIContent? Document(JsonElement block)
    {
        if (block.Member("source") is not { ValueKind: JsonValueKind.Object } source)
            return null;
        var title = block.Text("title");
        switch (source.Text("type"))
        {
            case "base64":
                if (FromBase64(source, block) is not { } data)
                    return null;
                data.Name = title;
                return data;
            case "text" when source.Text("data") is { } text && source.Text("media_type") is "text/plain":
                return new DataContent(Encoding.UTF8.GetBytes(text), "text/plain") { Name = title };
            case "content":
                var document = new DataContent(Encoding.UTF8.GetBytes(TextOf(source)), "text/plain")
                {
                    Name = title,
                    AdditionalProperties = new() { [AnthropicKeys.Raw] = block },
                };
                // Other formats get the text, and report the other parts as lost.
                if (source.Member("content") is { ValueKind: JsonValueKind.Array } parts
                    && parts.EnumerateArray().Any(part => part.Text("type") != "text"))
                {
                    document.AdditionalProperties[CanonicalKeys.Own(AnthropicKeys.Dialect, "source.content")] = parts;
                }

                return document;
            case "url" when FromAddress(source, "application/pdf") is { } file:
                // Other formats have no title for an address, and report it as lost; this format gets the whole block back.
                if (title is not null)
                {
                    file.AdditionalProperties = new()
                    {
                        [AnthropicKeys.Raw] = block,
                        [CanonicalKeys.Own(AnthropicKeys.Dialect, "title")] = block.Member("title"),
                    };
                }

                return file;
            default:
                return null;
        }
    }

    /// <summary>
    /// A file named by the id of its upload; null for any other source. This format gets the whole block back; every other refuses the
    /// request, because without the file the model would answer another question.
    /// </summary>
    /// <param name="block">The image or document.</param>
    /// <param name="path">Its path, for the refusal.</param>
    public static HostedFileContent? Uploaded(JsonElement block, string path)
    {
        if (block.Member("source") is not { ValueKind: JsonValueKind.Object } source || source.Text("type") != "file"
            || source.Text("file_id") is not { } id || string.IsNullOrWhiteSpace(id))
        {
            return null;
        }

        return new HostedFileContent(id)
        {
            AdditionalProperties = new()
            {
                [AnthropicKeys.Raw] = block,
                [CanonicalKeys.Own(AnthropicKeys.Dialect, path + ".source.file_id")] = new ProviderStateField(source, UploadedElsewhere),
            },
        };
    }

    /// <summary>The text of a <c>search_result</c> block, for formats without such a block.</summary>
    public static string SearchResultText(JsonElement block)
    {
        var lines = new List<string>();
        if (block.Text("title") is { Length: > 0 } title)
            lines.Add(title);
        if (block.Text("source") is { Length: > 0 } source)
            lines.Add(source);
        if (block.Member("content") is { ValueKind: JsonValueKind.Array } parts)
            lines.AddRange(parts.EnumerateArray().Select(part => part.Text("text")).OfType<string>());
        return string.Join('\n', lines);
    }

    /// <summary>The text of a document that is made of blocks.</summary>
    private static string TextOf(JsonElement source) => source.Member("content") switch
    {
        { ValueKind: JsonValueKind.String } text => text.GetString()!,
        { ValueKind: JsonValueKind.Array } blocks =>
            string.Join('\n', blocks.EnumerateArray().Select(block => block.Text("text")).OfType<string>()),
        _ => "",
    };

    private static DataContent? FromBase64(JsonElement source, JsonElement block)
    {
        if (source.Text("data") is not { } data)
            return null;
        var type = source.Text("media_type");
        try
        {
            var content = string.IsNullOrEmpty(type) ? null : new DataContent($"data:{type};base64,{data}");
            if (content is not null && content.MediaType == type && content.Base64Data.Span.SequenceEqual(data))
                return content;
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException)
        {
            // Read in another way below.
        }

        // Other formats get the file with its media type; this one gets the whole block back.
        if (UrlContent.FromBase64(data, type) is { } read)
        {
            read.AdditionalProperties = new() { [AnthropicKeys.Raw] = block };
            return read;
        }

        return null;
    }

    private static UriContent? FromAddress(JsonElement source, string mediaType)
    {
        if (!Uri.TryCreate(source.Text("url"), UriKind.Absolute, out var url))
            return null;
        var suggested = Path.GetExtension(url.AbsolutePath).ToUpperInvariant() switch
        {
            ".PNG" => "image/png",
            ".JPG" or ".JPEG" => "image/jpeg",
            ".GIF" => "image/gif",
            ".WEBP" => "image/webp",
            _ => null,
        };
        return new UriContent(url, mediaType == "image/*" && suggested is not null ? suggested : mediaType);
    }
}
