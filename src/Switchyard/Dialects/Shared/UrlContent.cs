using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Common;

namespace Switchyard.Dialects.Shared;

/// <summary>Reads files that a format writes as one text: a web address or a data URL.</summary>
internal static class UrlContent
{
    /// <summary>Reads an address or a data URL.</summary>
    /// <param name="url">The text as sent.</param>
    /// <param name="mediaType">
    /// The media type for an address; <c>image/*</c> is narrowed by the address's extension. Null if only a data URL is allowed.
    /// </param>
    /// <returns>Null for a text that would not be written back exactly as it came.</returns>
    public static AIContent? Read(string url, string? mediaType)
    {
        try
        {
            if (url.StartsWith("data:", StringComparison.OrdinalIgnoreCase))
            {
                // Without a type it would be text by the standard, which few clients mean.
                if (url.AsSpan("data:".Length).StartsWith(";") || url.AsSpan("data:".Length).StartsWith("base64,"))
                    return null;
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

    /// <summary>Reads a data URL without a usual media type (no type, a generic one, parameters).</summary>
    /// <param name="url">The text as sent.</param>
    /// <param name="name">The file's name, where it has one.</param>
    /// <returns>Null if neither the first bytes nor the name show the type. It would not be written back as it came.</returns>
    public static DataContent? ReadUntyped(string url, string? name = null)
    {
        var comma = url.IndexOf(',', StringComparison.Ordinal);
        if (comma < 0 || !url.StartsWith("data:", StringComparison.OrdinalIgnoreCase))
            return null;
        var head = url["data:".Length..comma].Split(';');
        return head[^1].Trim().Equals("base64", StringComparison.OrdinalIgnoreCase)
            ? FromBase64(url[(comma + 1)..], head.Length > 1 ? head[0] : "", name)
            : null;
    }

    /// <summary>Keeps the part a file came in: other formats get the typed file; its own gets the part back unchanged.</summary>
    /// <param name="data">The file; null stays null.</param>
    /// <param name="dialect">The format of the part.</param>
    /// <param name="part">The part.</param>
    public static DataContent? KeepWhole(DataContent? data, DialectId dialect, JsonElement part)
    {
        if (data is not null)
            data.AdditionalProperties = new() { [CanonicalKeys.Raw(dialect)] = part };
        return data;
    }

    /// <summary>Reads base64 in either alphabet, with or without padding, whose media type may be unknown.</summary>
    /// <param name="base64">The text.</param>
    /// <param name="mediaType">The media type as declared; null or empty if none is declared.</param>
    /// <param name="name">The file's name, where it has one.</param>
    /// <returns>Null if it is not base64, or if nothing shows its type.</returns>
    public static DataContent? FromBase64(string base64, string? mediaType, string? name = null)
    {
        try
        {
            var text = base64.Replace('-', '+').Replace('_', '/').TrimEnd('=', ' ', '\r', '\n');
            var digits = text.Length - text.Count(char.IsWhiteSpace);
            var bytes = Convert.FromBase64String(text + new string('=', (4 - (digits % 4)) % 4));
            var declared = mediaType?.Contains('/', StringComparison.Ordinal) == true ? mediaType : "";
            var type = MediaKinds.OfContent(declared, bytes);
            if (MediaKinds.IsGeneric(type))
                type = MediaKinds.OfName(name);
            return bytes.Length > 0 && type is not null ? new DataContent(bytes, type) { Name = name } : null;
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException)
        {
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
