using Switchyard.Attempts;
using Xunit;

namespace Switchyard.Tests.Attempts;

/// <summary>Text that a new target repeats is left out, for any division into pieces.</summary>
public sealed class TextSeamTests
{
    [Theory]
    [InlineData("The quick brown", " fox jumps", " fox jumps")]
    [InlineData("The quick brown", "The quick brown fox jumps", " fox jumps")]
    [InlineData("One. The quick brown", "The quick brown fox jumps", " fox jumps")]
    [InlineData("One. The quick brown", "brown fox jumps", " fox jumps")]
    [InlineData("One. The quick brown ", "brown fox jumps", "fox jumps")]
    [InlineData("It is con", "continued", "tinued")]
    [InlineData("It is con", "tinued", "tinued")]
    [InlineData("Hello", "orange", "orange")]
    [InlineData("the end of a", "a lot", "a lot")]
    [InlineData("a b ", " c", "c")]
    [InlineData("a b", " c", " c")]
    [InlineData("A\n\n- one\n- tw", "- one\n- two\n- three", "o\n- three")]
    [InlineData("", "All of it", "All of it")]
    [InlineData("All of it", "All of it", "")]
    public void Nothing_is_said_twice(string said, string next, string expected)
    {
        for (var size = 1; size <= next.Length; size++)
        {
            var seam = new TextSeam(said);
            var joined = string.Concat(next.Chunk(size).Select(piece => seam.Take(new string(piece)))) + seam.Close();
            Assert.Equal(expected, joined);
        }
    }
}
