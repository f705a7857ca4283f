namespace Switchyard.Dialects.Shared;

/// <summary>The names of audio formats (<c>mp3</c>, <c>wav</c>) that some formats write in place of a media type.</summary>
internal static class AudioFormats
{
    /// <summary>The media type of a format: <c>mp3</c> is <c>audio/mpeg</c>.</summary>
    public static string ToMediaType(string format) => format switch
    {
        "mp3" => "audio/mpeg",
        _ => "audio/" + format,
    };

    /// <summary>The format of a media type: <c>audio/x-wav</c> is <c>wav</c>.</summary>
    public static string FromMediaType(string mediaType) => mediaType switch
    {
        "audio/mpeg" => "mp3",
        "audio/x-wav" or "audio/wave" or "audio/vnd.wave" => "wav",
        _ => mediaType[(mediaType.IndexOf('/', StringComparison.Ordinal) + 1)..],
    };
}
