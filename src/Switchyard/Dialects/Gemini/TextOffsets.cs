using System.Text;
using Microsoft.Extensions.AI;

namespace Switchyard.Dialects.Gemini;

/// <summary>
/// Converts places in a candidate's text between bytes of UTF-8, which this format counts, and characters. The text may come in pieces and
/// is not kept: only where the width of its characters changes, which in plain English is nowhere.
/// </summary>
internal sealed class TextOffsets
{
    /// <summary>
    /// The most changes that are recorded, 12 bytes each, so that a stream never holds much more than a megabyte. Beyond them a place is a
    /// guess.
    /// </summary>
    private const int Most = 100_000;

    private readonly List<Run> _runs = [new(0, 0, 1)];
    private int _characters;
    private int _bytes;

    /// <summary>The offsets of all the text in the contents.</summary>
    public static TextOffsets Of(IEnumerable<AIContent> contents)
    {
        var offsets = new TextOffsets();
        offsets.Add(contents);
        return offsets;
    }

    /// <summary>Takes the text of the next contents; reasoning is not part of it.</summary>
    public void Add(IEnumerable<AIContent> contents)
    {
        foreach (var content in contents)
        {
            if (content is TextContent text)
                Add(text.Text);
        }
    }

    /// <summary>Takes the next piece.</summary>
    public void Add(string text)
    {
        if (_runs[^1].Width == 1 && Ascii.IsValid(text))
        {
            _characters += text.Length;
            _bytes += text.Length;
            return;
        }

        foreach (var c in text)
        {
            var width = WidthOf(c);
            if (width != _runs[^1].Width && _runs.Count < Most)
                _runs.Add(new(_characters, _bytes, width));
            _characters++;
            _bytes += width;
        }
    }

    /// <summary>The characters before this byte; all there are, where the text is shorter.</summary>
    public int Characters(long bytes)
    {
        var place = (int)Math.Clamp(bytes, 0, _bytes);
        var run = _runs[Last(place, static one => one.Bytes)];
        return Math.Min(run.Characters + ((place - run.Bytes) / run.Width), _characters);
    }

    /// <summary>The bytes before this character. Characters that have not arrived yet count one byte each.</summary>
    public long Bytes(int characters)
    {
        var place = Math.Clamp(characters, 0, _characters);
        var run = _runs[Last(place, static one => one.Characters)];
        var beyond = Math.Max(characters, _characters) - _characters;
        return (long)run.Bytes + ((place - run.Characters) * run.Width) + beyond;
    }

    /// <summary>The bytes of a character. Each half of a surrogate pair counts two of the pair's four.</summary>
    private static int WidthOf(char c) => c < 0x80 ? 1 : c < 0x800 || char.IsSurrogate(c) ? 2 : 3;

    /// <summary>The last run that begins at or before the place.</summary>
    private int Last(int place, Func<Run, int> beginOf)
    {
        var (low, high) = (0, _runs.Count - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (beginOf(_runs[middle]) <= place)
                low = middle;
            else
                high = middle - 1;
        }

        return low;
    }

    /// <summary>Characters in a row that take as many bytes each.</summary>
    /// <param name="Characters">The characters before it.</param>
    /// <param name="Bytes">The bytes before it.</param>
    /// <param name="Width">The bytes of each.</param>
    private readonly record struct Run(int Characters, int Bytes, int Width);
}
