namespace Switchyard.Dialects.OpenAIResponses;

/// <summary>The wire names audio by format and files by address; the canonical form names both by media type.</summary>
internal static class MediaTypes
{
    public static string OfAudio(string format) => format == "mp3" ? "audio/mpeg" : "audio/" + format;

    public static string AudioFormat(string mediaType) => mediaType switch
    {
        "audio/mpeg" => "mp3",
        "audio/x-wav" or "audio/wave" or "audio/vnd.wave" => "wav",
        _ => mediaType[(mediaType.IndexOf('/', StringComparison.Ordinal) + 1)..],
    };

    /// <summary>The media type an image's address suggests; null when it suggests none.</summary>
    public static string? OfImageUrl(Uri url) => Path.GetExtension(url.AbsolutePath).ToUpperInvariant() switch
    {
        ".PNG" => "image/png",
        ".JPG" or ".JPEG" => "image/jpeg",
        ".GIF" => "image/gif",
        ".WEBP" => "image/webp",
        _ => null,
    };

    /// <summary>The media type a file's address suggests.</summary>
    public static string OfFileUrl(string url) => Uri.TryCreate(url, UriKind.Absolute, out var parsed)
        ? Path.GetExtension(parsed.AbsolutePath).ToUpperInvariant() switch
        {
            ".TXT" => "text/plain",
            ".MD" => "text/markdown",
            ".CSV" => "text/csv",
            ".HTML" or ".HTM" => "text/html",
            ".JSON" => "application/json",
            _ => "application/pdf",
        }
        : "application/pdf";
}
