using System.Text;
using Switchyard.Calls;
using Xunit;

namespace Switchyard.Tests.Calls;

/// <summary>A client may name its end user by any text; the recorded name is short, printable and unique for each user.</summary>
public sealed class EndUserNamesTests
{
    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("ada@example.org")]
    [InlineData("größe/漢字 😀")]
    public void A_short_printable_name_stays_as_it_is(string? name) => Assert.Same(name, EndUserNames.Shown(name));

    [Theory]
    [InlineData("x\ntenant:globex|2026-11")]
    [InlineData("\0")]
    [InlineData("a\u001b[31m")]
    [InlineData("\ud83d")]
    [InlineData("a\ude00b")]
    public void What_is_not_printable_is_replaced_and_distinguished(string name)
    {
        var shown = EndUserNames.Shown(name)!;

        Assert.DoesNotContain(shown, char.IsControl);
        Assert.Equal(shown, new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(new UTF8Encoding(false, true).GetBytes(shown)));
        Assert.NotEqual(shown, EndUserNames.Shown(name + "\0"));
        Assert.Same(shown, EndUserNames.Shown(shown));
    }

    [Fact]
    public void A_long_name_is_cut_and_distinguished_from_others_that_begin_alike()
    {
        // The 96th character is half of a pair.
        var long1 = new string('x', 95) + string.Concat(Enumerable.Repeat("😀", 4000));
        var shown = EndUserNames.Shown(long1)!;

        Assert.InRange(shown.Length, 96, EndUserNames.MaxLength);
        Assert.InRange(Encoding.UTF8.GetByteCount(shown), 1, 400);
        Assert.NotEqual(shown, EndUserNames.Shown(long1 + "y"));
        Assert.Same(shown, EndUserNames.Shown(shown));
    }
}
