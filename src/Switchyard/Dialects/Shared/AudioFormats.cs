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

    /// <summary>The media type of sound that came without one, by its first bytes. Samples alone have no mark.</summary>
    public static string Sniff(ReadOnlySpan<byte> sound) =>
        sound.StartsWith("RIFF"u8) ? "audio/wav"
        : sound.StartsWith("fLaC"u8) ? "audio/flac"
        : sound.StartsWith("OggS"u8) ? "audio/ogg"
        : sound.StartsWith("ID3"u8) || (sound is [0xFF, var second, ..] && (second & 0xE0) == 0xE0) ? "audio/mpeg"
        : "audio/pcm";

    /// <summary>The format of a media type: <c>audio/x-wav</c> is <c>wav</c>.</summary>
    public static string FromMediaType(string mediaType) => mediaType switch
    {
        "audio/mpeg" => "mp3",
        "audio/x-wav" or "audio/wave" or "audio/vnd.wave" => "wav",
        _ => mediaType[(mediaType.IndexOf('/', StringComparison.Ordinal) + 1)..],
    };
}
