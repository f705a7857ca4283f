using System.Text;
using Microsoft.Extensions.AI;

namespace Switchyard.Dialects.BedrockConverse;

/// <summary>
/// The kind of block (<c>image</c>, <c>document</c>) and the <c>format</c> of a file, by its media type or, where that is generic, by its
/// first bytes.
/// </summary>
internal static class BlockFormats
{
    private const int MaxNameLength = 200;

    /// <summary>The block and the format of a file; null when there is no block for it.</summary>
    public static (string Block, string Format)? Of(string mediaType, ReadOnlySpan<byte> data)
    {
        var type = mediaType is "application/octet-stream" or "binary/octet-stream" or "image/*" ? Sniff(data) ?? mediaType : mediaType;
        return type switch
        {
            "image/png" => ("image", "png"),
            "image/jpeg" or "image/jpg" => ("image", "jpeg"),
            "image/gif" => ("image", "gif"),
            "image/webp" => ("image", "webp"),
            "application/pdf" => ("document", "pdf"),
            "text/csv" => ("document", "csv"),
            "application/msword" => ("document", "doc"),
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => ("document", "docx"),
            "application/vnd.ms-excel" => ("document", "xls"),
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => ("document", "xlsx"),
            "text/html" => ("document", "html"),
            "text/markdown" => ("document", "md"),
            "text/plain" => ("document", "txt"),
            "audio/mpeg" or "audio/mp3" => ("audio", "mp3"),
            "audio/wav" or "audio/x-wav" or "audio/wave" => ("audio", "wav"),
            "audio/aac" or "audio/flac" or "audio/ogg" or "audio/opus" => ("audio", type["audio/".Length..]),
            "video/mp4" or "video/webm" or "video/mpeg" => ("video", type["video/".Length..]),
            "video/quicktime" => ("video", "mov"),
            "video/x-matroska" => ("video", "mkv"),
            _ => null,
        };
    }

    /// <summary>
    /// A document's name in the characters the API allows: letters, digits, single spaces, hyphens, parentheses and brackets.
    /// </summary>
    public static string DocumentName(string? name)
    {
        var allowed = new StringBuilder();
        foreach (var c in Path.GetFileNameWithoutExtension(name ?? ""))
        {
            var kept = char.IsAsciiLetterOrDigit(c) || c is '-' or '(' or ')' or '[' or ']' ? c : ' ';
            if (kept != ' ' || (allowed.Length > 0 && allowed[^1] != ' '))
                allowed.Append(kept);
        }

        var text = allowed.ToString(0, Math.Min(allowed.Length, MaxNameLength - 4)).Trim();
        return text.Length > 0 ? text : "document";
    }

    private static string? Sniff(ReadOnlySpan<byte> data) =>
        data.StartsWith("%PDF"u8) ? "application/pdf"
        : data.Length > 4 && data[0] == 0x89 && data[1..].StartsWith("PNG"u8) ? "image/png"
        : data.Length > 2 && data[0] == 0xFF && data[1] == 0xD8 ? "image/jpeg"
        : data.StartsWith("GIF8"u8) ? "image/gif"
        : data.Length > 12 && data.StartsWith("RIFF"u8) && data[8..].StartsWith("WEBP"u8) ? "image/webp"
        : null;
}
