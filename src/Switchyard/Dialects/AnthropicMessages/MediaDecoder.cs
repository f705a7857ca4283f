using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.AnthropicMessages;

/// <summary>Reads images and documents; null for a source the canonical form cannot hold, which is then kept whole.</summary>
internal static class MediaDecoder
{
    public static AIContent? Image(JsonElement block) => block.Member("source") is { ValueKind: JsonValueKind.Object } source
        ? source.Text("type") switch
        {
            "base64" => FromBase64(source),
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
                if (FromBase64(source) is not { } data)
                    return null;
                data.Name = title;
                return data;
            case "text" when source.Text("data") is { } text && source.Text("media_type") is "text/plain":
                return new DataContent(Encoding.UTF8.GetBytes(text), "text/plain") { Name = title };
            case "url" when title is null:
                return FromAddress(source, "application/pdf");
            default:
                return null;
        }
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

    private static DataContent? FromBase64(JsonElement source)
    {
        if (source.Text("media_type") is not { Length: > 0 } type || source.Text("data") is not { } data)
            return null;
        try
        {
            var content = new DataContent($"data:{type};base64,{data}");
            // A source that DataContent would change is kept whole instead.
            return content.MediaType == type && content.Base64Data.Span.SequenceEqual(data) ? content : null;
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException)
        {
            return null;
        }
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
