using System.Text;
using Switchyard.Dialects.Gemini;
using Xunit;

namespace Switchyard.Tests.Dialects.Gemini;

/// <summary>Offsets in a text, in bytes and in characters.</summary>
public sealed class TextOffsetsTests
{
    [Theory]
    [InlineData("")]
    [InlineData("plain words")]
    [InlineData("Größe in €: 3 漢字, 😀😀 und Ende")]
    [InlineData("漢字")]
    [InlineData("😀 first")]
    public void Every_place_is_the_same_in_both_counts_however_the_text_came(string text)
    {
        for (var length = 1; length <= 3; length++)
        {
            var offsets = new TextOffsets();
            for (var at = 0; at < text.Length; at += length)
                offsets.Add(text[at..Math.Min(at + length, text.Length)]);

            for (var place = 0; place <= text.Length; place++)
            {
                if (place > 0 && char.IsHighSurrogate(text[place - 1]))
                    continue;
                var bytes = Encoding.UTF8.GetByteCount(text.AsSpan(0, place));
                Assert.Equal(bytes, offsets.Bytes(place));
                Assert.Equal(place, offsets.Characters(bytes));
            }
        }
    }

    [Fact]
    public void Beyond_the_text_bytes_end_with_it_and_characters_count_on()
    {
        var offsets = new TextOffsets();
        offsets.Add("ßß");

        Assert.Equal((2, 0), (offsets.Characters(long.MaxValue), offsets.Characters(-1)));
        Assert.Equal((7L, 0L), (offsets.Bytes(5), offsets.Bytes(-1)));
    }
}
