using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Switchyard.Dialects.Shared.Tools;

/// <summary>
/// Fits tool call ids to what a format allows. An id that fits stays; any other becomes one that does, always the same one, so that a
/// call and its result stay a pair and the same history gives the same bytes.
/// </summary>
/// <param name="allowed">The characters the format allows.</param>
/// <param name="maxLength">The longest id it allows, at least 16.</param>
/// <param name="exactLength">Whether an id must have exactly that length, shorter ones being refused as well.</param>
internal sealed class ToolCallIds(SearchValues<char> allowed, int maxLength, bool exactLength = false)
{
    /// <summary>The longest id that OpenAI takes in a chat.</summary>
    public const int OpenAILength = 40;

    private const int HashLength = 9;

    /// <summary>Letters, digits, <c>-</c> and <c>_</c>.</summary>
    public static readonly SearchValues<char> WordCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    /// <summary>Letters and digits.</summary>
    public static readonly SearchValues<char> Alphanumeric =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");

    /// <summary>Every printable character of ASCII.</summary>
    public static readonly SearchValues<char> Printable = SearchValues.Create(
        "!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~");

    /// <summary>The id as the format allows it.</summary>
    public string Fit(string? id)
    {
        id ??= "";
        var fits = id.Length > 0 && !id.AsSpan().ContainsAnyExcept(allowed)
            && (exactLength ? id.Length == maxLength : id.Length <= maxLength);
        if (fits)
            return id;
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(id)));
        if (exactLength)
            return hash[..maxLength];
        // Part of the old id stays, for readers of logs.
        var kept = new StringBuilder();
        foreach (var c in id.AsSpan(0, Math.Min(id.Length, maxLength - HashLength - 1)))
            kept.Append(allowed.Contains(c) ? c : '_');
        return kept.Append('_').Append(hash.AsSpan(0, HashLength)).ToString();
    }
}
