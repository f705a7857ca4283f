using Microsoft.Extensions.AI;

namespace Switchyard.Dialects.Gemini;

/// <summary>
/// Chooses the media type to send: the declared one under the name this API knows or, where that is generic, the one the data or the file
/// name tell.
/// </summary>
internal static class MediaTypeEncoder
{
    /// <summary>The type to send; null when neither data nor name tell it.</summary>
    public static string? Of(DataContent data)
    {
        var type = data.MediaType.Split(';')[0].Trim().ToLowerInvariant();
        if (type is "" or "application/octet-stream" or "binary/octet-stream" || type.EndsWith("/*", StringComparison.Ordinal))
            return Sniff(data.Data.Span) ?? OfExtension(data.Name);
        return type switch
        {
            "audio/mpeg" => "audio/mp3",
            "audio/x-wav" or "audio/wave" or "audio/vnd.wave" => "audio/wav",
            "image/jpg" => "image/jpeg",
            // Of bare samples the parameters say how many there are in a second.
            "audio/l16" or "audio/pcm" => data.MediaType,
            // The API refuses these types, and takes the same text as plain text.
            "application/json" or "application/xml" or "application/yaml" or "application/x-yaml"
                or "application/javascript" => "text/plain",
            _ => type,
        };
    }

    /// <summary>The media type of a file at an address; null when neither the declared type nor the extension tell it.</summary>
    public static string? OfAddress(UriContent content)
    {
        var type = content.MediaType;
        return type is "application/octet-stream" || type.EndsWith("/*", StringComparison.Ordinal)
            ? OfExtension(content.Uri.AbsolutePath)
            : type;
    }

    private static string? OfExtension(string? name) => Path.GetExtension(name ?? "").ToUpperInvariant() switch
    {
        ".PDF" => "application/pdf",
        ".PNG" => "image/png",
        ".JPG" or ".JPEG" => "image/jpeg",
        ".GIF" => "image/gif",
        ".WEBP" => "image/webp",
        ".HEIC" => "image/heic",
        ".WAV" => "audio/wav",
        ".MP3" => "audio/mp3",
        ".FLAC" => "audio/flac",
        ".OGG" => "audio/ogg",
        ".MP4" => "video/mp4",
        ".MOV" => "video/mov",
        ".WEBM" => "video/webm",
        ".CSV" => "text/csv",
        ".HTML" or ".HTM" => "text/html",
        ".MD" => "text/markdown",
        ".TXT" or ".JSON" or ".XML" or ".YAML" or ".YML" => "text/plain",
        _ => null,
    };

    private static string? Sniff(ReadOnlySpan<byte> data)
    {
        if (data.StartsWith("%PDF"u8))
            return "application/pdf";
        if (data.Length > 4 && data[0] == 0x89 && data[1..].StartsWith("PNG"u8))
            return "image/png";
        if (data.Length > 2 && data[0] == 0xFF && data[1] == 0xD8 && data[2] == 0xFF)
            return "image/jpeg";
        if (data.StartsWith("GIF8"u8))
            return "image/gif";
        if (data.StartsWith("OggS"u8))
            return "audio/ogg";
        if (data.StartsWith("fLaC"u8))
            return "audio/flac";
        if (data.StartsWith("ID3"u8))
            return "audio/mp3";
        if (data.Length < 12 || !data.StartsWith("RIFF"u8))
            return null;
        return data.Slice(8, 4).SequenceEqual("WEBP"u8) ? "image/webp" : data.Slice(8, 4).SequenceEqual("WAVE"u8) ? "audio/wav" : null;
    }
}
