using System.Buffers.Text;

namespace Switchyard.LoadTest.Load;

/// <summary>One line of an answer's head.</summary>
internal static class HeaderLine
{
    /// <param name="line">The line.</param>
    /// <param name="name">The name in lower case, with its colon.</param>
    public static bool Is(ReadOnlySpan<byte> line, ReadOnlySpan<byte> name)
    {
        if (line.Length < name.Length) return false;
        for (var i = 0; i < name.Length; i++)
        {
            // Sets the bit that tells a letter's case; ':' and '-' have it already.
            if ((line[i] | 0x20) != name[i]) return false;
        }

        return true;
    }

    public static long Number(ReadOnlySpan<byte> line, int from) =>
        Utf8Parser.TryParse(line[from..].TrimStart((byte)' '), out long number, out _)
            ? number
            : throw new BadAnswerException("a content length that is no number");
}
