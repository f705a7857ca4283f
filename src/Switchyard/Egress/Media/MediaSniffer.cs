namespace Switchyard.Egress.Media;

/// <summary>Recognises common file types by their first bytes (magic numbers).</summary>
internal static class MediaSniffer
{
    /// <summary>The media type; null when the first bytes are not known.</summary>
    public static string? TypeOf(ReadOnlySpan<byte> bytes)
    {
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G']))
            return "image/png";
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]))
            return "image/jpeg";
        if (bytes.StartsWith("GIF8"u8))
            return "image/gif";
        if (bytes.StartsWith("RIFF"u8) && bytes.Length >= 12)
            return bytes[8..12].SequenceEqual("WEBP"u8) ? "image/webp" : bytes[8..12].SequenceEqual("WAVE"u8) ? "audio/wav" : null;
        return bytes.StartsWith("%PDF-"u8) ? "application/pdf" : null;
    }
}
