using Switchyard.Guards;
using Xunit;

namespace Switchyard.Tests.Guards;

/// <summary>How guards read the text of JSON, and the positions of their findings.</summary>
public sealed class ReadTextTests
{
    [Theory]
    [InlineData("""{"a":"b"}""", """{"a":"b"}""")]
    [InlineData("""x\ny\t\"z\"\\\/""", "x\ny\t\"z\"\\/")]
    [InlineData("""\u0061\u00E9\u00zz""", """aé\u00zz""")]
    [InlineData("""a\""", """a\""")]
    public void What_is_escaped_is_read_as_what_it_stands_for(string json, string read)
    {
        var text = ReadText.Of(json, isJson: true);

        Assert.Equal(read, text.Read);
        Assert.Equal(json.Length, text.PlaceOf(read.Length));
        for (var i = 0; i <= read.Length; i++)
        {
            Assert.Equal(read[..i], text.First(i).Read);
            Assert.Equal(json[..text.PlaceOf(i)], text.First(i).Written);
        }
    }

    [Fact]
    public void A_text_that_is_no_json_is_read_as_it_is() => Assert.Equal("""C:\new""", ReadText.Of("""C:\new""", isJson: false).Read);

    [Theory]
    [InlineData("abc", 0)]
    [InlineData("""a\""", 1)]
    [InlineData("""a\\""", 0)]
    [InlineData("""a\\\""", 1)]
    [InlineData("""a\n""", 0)]
    [InlineData("""a\u00e""", 5)]
    [InlineData("""a\u00e9""", 0)]
    [InlineData("""a\\u00e""", 0)]
    public void An_escape_that_is_cut_is_seen(string json, int length) => Assert.Equal(length, ReadText.CutEscape(json));

    [Theory]
    [InlineData("""{"a":""", false, false)]
    [InlineData("""{"a":"b""", false, true)]
    [InlineData("""b\"c""", true, true)]
    [InlineData("""b","c":1""", true, false)]
    public void Whether_a_text_ends_inside_a_string_is_known(string json, bool begins, bool ends) =>
        Assert.Equal(ends, ReadText.EndsInString(json, begins));
}
