namespace Switchyard.Dialects.OpenAIChat;

/// <summary>OpenAI names audio by format, the canonical form by media type.</summary>
internal static class MediaTypes
{
    public static string OfAudio(string format) => format switch
    {
        "mp3" => "audio/mpeg",
        _ => "audio/" + format,
    };

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
}
