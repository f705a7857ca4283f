using System.Text;
using Microsoft.Extensions.AI;
using Switchyard.Common;

namespace Switchyard.Dialects.BedrockConverse;

/// <summary>
/// The kind of block (<c>image</c>, <c>document</c>) and the <c>format</c> of a file, by its media type, and by its first bytes if those
/// show another type.
/// </summary>
internal static class BlockFormats
{
    private const int MaxNameLength = 200;

    /// <summary>The block and the format of a file; null if there is no block for it.</summary>
    public static (string Block, string Format)? Of(string mediaType, ReadOnlySpan<byte> data)
    {
        var type = MediaKinds.OfContent(mediaType, data);
        return type switch
        {
            "image/png" => ("image", "png"),
            "image/jpeg" => ("image", "jpeg"),
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
            _ when MediaKinds.IsText(type) => ("document", "txt"),
            "audio/mpeg" => ("audio", "mp3"),
            "audio/wav" => ("audio", "wav"),
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
}
