using Microsoft.Extensions.AI;
using Switchyard.Common;

namespace Switchyard.Dialects.Gemini;

/// <summary>
/// Chooses the media type to send: the declared one under the name this API knows or, if that is generic, the one that the data or the file
/// name show.
/// </summary>
internal static class MediaTypeEncoder
{
    /// <summary>The type to send; null if neither data nor name show it.</summary>
    public static string? Of(DataContent data)
    {
        var type = MediaKinds.Registered(data.MediaType);
        // The parameters of bare samples hold the sample rate.
        if (type is "audio/l16" or "audio/pcm")
            return data.MediaType;
        type = MediaKinds.OfContent(type, data.Data.Span);
        return NameOf(MediaKinds.IsGeneric(type) ? MediaKinds.OfName(data.Name) : type);
    }

    /// <summary>The media type of a file at an address; null if neither the declared type nor the extension show it.</summary>
    public static string? OfAddress(UriContent content)
    {
        var type = content.MediaType;
        return MediaKinds.IsGeneric(type) ? NameOf(MediaKinds.OfName(content.Uri.AbsolutePath)) : type;
    }

    private static string? NameOf(string? type) => type switch
    {
        "audio/mpeg" => "audio/mp3",
        "video/quicktime" => "video/mov",
        // The API refuses these types, and takes the same text as plain text.
        "application/json" or "application/xml" or "application/yaml" or "application/x-yaml"
            or "application/javascript" => "text/plain",
        _ => type,
    };
}
