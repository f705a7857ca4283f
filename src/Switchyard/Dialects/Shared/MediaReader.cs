using Microsoft.Extensions.AI;

namespace Switchyard.Dialects.Shared;

/// <summary>Media of the formats that write it as an address or a data URL, and name audio by its format rather than by media type.</summary>
internal static class MediaReader
{
    /// <summary>The media type of audio in this format.</summary>
    public static string OfAudio(string format) => format switch
    {
        "mp3" => "audio/mpeg",
        _ => "audio/" + format,
    };

    /// <summary>The format's name for audio of this media type.</summary>
    public static string AudioFormat(string mediaType) => mediaType switch
    {
        "audio/mpeg" => "mp3",
        "audio/x-wav" or "audio/wave" or "audio/vnd.wave" => "wav",
        _ => mediaType[(mediaType.IndexOf('/', StringComparison.Ordinal) + 1)..],
    };

    /// <summary>Reads an address or a data URL.</summary>
    /// <param name="url">What the client wrote.</param>
    /// <param name="mediaType">What stands at an address; <c>image/*</c> takes what the address suggests. Null where only data will do.</param>
    /// <returns>Null for what would not be written back as it came.</returns>
    public static AIContent? FromUrl(string url, string? mediaType)
    {
        try
        {
            if (url.StartsWith("data:", StringComparison.OrdinalIgnoreCase))
            {
                var data = new DataContent(url);
                return string.Equals(data.Uri, url, StringComparison.Ordinal) ? data : null;
            }

            return mediaType is not null && Uri.TryCreate(url, UriKind.Absolute, out var uri)
                ? new UriContent(uri, mediaType == "image/*" ? OfImageUrl(uri) ?? mediaType : mediaType)
                : null;
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException)
        {
            // Not a data URL the canonical form accepts. The provider decides whether it is one it does.
            return null;
        }
    }

    private static string? OfImageUrl(Uri url) => Path.GetExtension(url.AbsolutePath).ToUpperInvariant() switch
    {
        ".PNG" => "image/png",
        ".JPG" or ".JPEG" => "image/jpeg",
        ".GIF" => "image/gif",
        ".WEBP" => "image/webp",
        _ => null,
    };
}
