namespace Switchyard.Common;

/// <summary>
/// The type of a file: by its first bytes (magic numbers), by the extension of its name, and by the alternative names of a media type.
/// The returned names are the registered ones.
/// </summary>
internal static class MediaKinds
{
    /// <summary>The media type of data by its first bytes; null if they are unknown.</summary>
    public static string? OfBytes(ReadOnlySpan<byte> data)
    {
        if (data.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G']))
            return "image/png";
        if (data.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]))
            return "image/jpeg";
        if (data.StartsWith("GIF8"u8))
            return "image/gif";
        if (data.StartsWith("RIFF"u8) && data.Length >= 12)
            return data[8..12].SequenceEqual("WEBP"u8) ? "image/webp" : data[8..12].SequenceEqual("WAVE"u8) ? "audio/wav" : null;
        if (data.StartsWith("OggS"u8))
            return "audio/ogg";
        if (data.StartsWith("fLaC"u8))
            return "audio/flac";
        if (data.StartsWith("ID3"u8))
            return "audio/mpeg";
        return data.StartsWith("%PDF-"u8) ? "application/pdf" : null;
    }

    /// <summary>
    /// The type of a file as far as it can be determined: for an image, or a file of unknown type, its first bytes decide. Screenshots and
    /// downloads often have wrong names, and providers that inspect images refuse one whose type is wrong.
    /// </summary>
    public static string OfContent(string mediaType, ReadOnlySpan<byte> data)
    {
        var type = Registered(mediaType);
        var seen = IsGeneric(type) || type.StartsWith("image/", StringComparison.Ordinal) ? OfBytes(data) : null;
        return seen is not null && (IsGeneric(type) || seen.StartsWith("image/", StringComparison.Ordinal)) ? seen : type;
    }

    /// <summary>The media type by the extension of a file's name or path; null for an unknown one.</summary>
    public static string? OfName(string? name) => Path.GetExtension(name ?? "").ToUpperInvariant() switch
    {
        ".PDF" => "application/pdf",
        ".PNG" => "image/png",
        ".JPG" or ".JPEG" => "image/jpeg",
        ".GIF" => "image/gif",
        ".WEBP" => "image/webp",
        ".HEIC" => "image/heic",
        ".WAV" => "audio/wav",
        ".MP3" => "audio/mpeg",
        ".FLAC" => "audio/flac",
        ".OGG" => "audio/ogg",
        ".MP4" => "video/mp4",
        ".MOV" => "video/quicktime",
        ".WEBM" => "video/webm",
        ".CSV" => "text/csv",
        ".HTML" or ".HTM" => "text/html",
        ".MD" => "text/markdown",
        ".TXT" => "text/plain",
        ".JSON" => "application/json",
        ".XML" => "application/xml",
        ".YAML" or ".YML" => "application/yaml",
        _ => null,
    };

    /// <summary>
    /// The registered name of a media type: without parameters, in lower case, and in place of alternative names.
    /// </summary>
    public static string Registered(string mediaType) => mediaType.Split(';')[0].Trim().ToLowerInvariant() switch
    {
        "image/jpg" => "image/jpeg",
        "audio/mp3" => "audio/mpeg",
        "application/x-pdf" => "application/pdf",
        "audio/x-wav" or "audio/wave" or "audio/vnd.wave" => "audio/wav",
        "video/mov" => "video/quicktime",
        "binary/octet-stream" or "" => "application/octet-stream",
        var type => type,
    };

    /// <summary>The subtype of the registered media type: <c>image/jpg</c> is <c>jpeg</c>.</summary>
    public static string SubtypeOf(string mediaType)
    {
        var type = Registered(mediaType);
        return type[(type.IndexOf('/', StringComparison.Ordinal) + 1)..];
    }

    /// <summary>Whether the registered media type is generic, and does not identify a file.</summary>
    public static bool IsGeneric(string mediaType) =>
        mediaType is "application/octet-stream" || mediaType.EndsWith("/*", StringComparison.Ordinal);

    /// <summary>Whether a file of the registered media type is text, under whichever name.</summary>
    public static bool IsText(string mediaType) =>
        mediaType.StartsWith("text/", StringComparison.Ordinal)
        || mediaType is "application/json" or "application/xml" or "application/yaml" or "application/x-yaml" or "application/javascript";

    /// <summary>The media type of a recording by its first bytes; null if they are unknown.</summary>
    public static string? OfRecording(ReadOnlySpan<byte> data) =>
        OfBytes(data) is { } type && type.StartsWith("audio/", StringComparison.Ordinal) ? type
        : data.Length >= 8 && data[4..8].SequenceEqual("ftyp"u8) ? "audio/mp4"
        : data.StartsWith((ReadOnlySpan<byte>)[0x1A, 0x45, 0xDF, 0xA3]) ? "audio/webm"
        : null;

    /// <summary>The media type of sound without one. Raw samples have no magic number, nor has every frame of MP3.</summary>
    public static string OfSound(ReadOnlySpan<byte> sound) =>
        OfBytes(sound) is { } type && type.StartsWith("audio/", StringComparison.Ordinal) ? type
        : sound is [0xFF, var second, ..] && (second & 0xE0) == 0xE0 ? "audio/mpeg"
        : "audio/pcm";

    /// <summary>The media type of an audio format name of some APIs: <c>mp3</c> is <c>audio/mpeg</c>.</summary>
    public static string OfAudioFormat(string format) => Registered("audio/" + format);

    /// <summary>The audio format of a media type: <c>audio/x-wav</c> is <c>wav</c>.</summary>
    public static string AudioFormatOf(string mediaType) => Registered(mediaType) switch
    {
        "audio/mpeg" => "mp3",
        var type => SubtypeOf(type),
    };
}
