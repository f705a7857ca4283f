using Microsoft.Extensions.AI;

namespace Switchyard.Dialects.Shared;

/// <summary>Reads files that a format writes as one text: a web address or a data URL.</summary>
internal static class UrlContent
{
    /// <summary>Reads an address or a data URL.</summary>
    /// <param name="url">The text as sent.</param>
    /// <param name="mediaType">
    /// The media type for an address; <c>image/*</c> is narrowed by the address's extension. Null where only a data URL is allowed.
    /// </param>
    /// <returns>Null for a text that would not be written back exactly as it came.</returns>
    public static AIContent? Read(string url, string? mediaType)
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
            // DataContent refuses this data URL. The provider may still accept it, so the caller keeps it as it is.
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
