using Switchyard.Refinement.Schemas;
using Xunit;

namespace Switchyard.Tests.Refinement;

/// <summary>A pattern is used only if every language reads it the same way, and is matched in linear time.</summary>
public sealed class PortablePatternTests
{
    [Theory]
    [InlineData("^[A-Z]{2}\\d{4}$", "AB1234", true)]
    [InlineData("^[A-Z]{2}\\d{4}$", "AB1234\n", false)]
    [InlineData("^\\d$", "٣", false)]
    [InlineData("^.$", "\u2028", false)]
    [InlineData("^[\\w.-]+$", "a-b.c_1", true)]
    [InlineData("^(?:a|b)+$", "abba", true)]
    [InlineData("[[]", "[", true)]
    [InlineData("^a/b\\/c$", "a/b/c", true)]
    public void A_pattern_means_what_it_means_in_javascript(string pattern, string text, bool matches)
    {
        var read = PortablePattern.Read(pattern, out var problem);

        Assert.True(read is not null, problem);
        Assert.Equal(matches, read.IsMatch(text, whole: false));
    }

    [Theory]
    [InlineData("(?=a)b")]
    [InlineData("(?<n>a)")]
    [InlineData("\\bword\\b")]
    [InlineData("(a)\\1")]
    [InlineData("\\p{L}")]
    [InlineData("a{x}")]
    [InlineData("[]")]
    [InlineData("(")]
    [InlineData("*")]
    [InlineData("")]
    [InlineData("((((((((a{1000}){1000}){1000}){1000}))))")]
    public void A_pattern_that_is_not_portable_is_not_used(string pattern)
    {
        Assert.Null(PortablePattern.Read(pattern, out var problem));
        Assert.NotEmpty(problem);
    }

    [Fact]
    public void A_pattern_that_would_backtrack_for_ever_is_matched_in_linear_time()
    {
        var pattern = PortablePattern.Read("^(a+)+$", out _)!;

        Assert.False(pattern.IsMatch(new string('a', 200_000) + "!", whole: false));
    }
}
