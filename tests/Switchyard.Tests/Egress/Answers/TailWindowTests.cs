using System.Text;
using Switchyard.Egress.Answers;
using Xunit;

namespace Switchyard.Tests.Egress.Answers;

/// <summary>The last 4 KB of a long answer, in which usage is searched.</summary>
public sealed class TailWindowTests
{
    private static ReadOnlySpan<byte> Tier => "\"service_tier\""u8;

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(4096)]
    [InlineData(100_000)]
    public void The_key_is_found_with_what_follows_it_however_the_answer_was_cut(int piece)
    {
        var answer = Encoding.ASCII.GetBytes("{\"data\":\"" + new string('x', 50_000) + "\",\"usage\":{\"prompt_tokens\":9}}");
        var window = new TailWindow();
        for (var i = 0; i < answer.Length; i += piece)
            window.Add(answer.AsSpan(i, Math.Min(piece, answer.Length - i)));

        Assert.True(window.TryFind("\"usage\""u8, Tier, out var tail));
        Assert.Equal("\"usage\":{\"prompt_tokens\":9}}", Encoding.ASCII.GetString(tail));
    }

    [Fact]
    public void The_last_of_several_is_found()
    {
        var window = new TailWindow();
        window.Add("\"usage\":1,\"usage\":2"u8);
        Assert.True(window.TryFind("\"usage\""u8, Tier, out var tail));
        Assert.Equal("\"usage\":2", Encoding.ASCII.GetString(tail));
    }

    [Theory]
    [InlineData("{\"a\":1}", true)]
    [InlineData("{\"a\":1} \r\n\t", true)]
    [InlineData("{\"a\":1", false)]
    [InlineData("{\"a\":[1]", false)]
    public void An_object_may_end_only_with_its_brace(string end, bool expected)
    {
        var window = new TailWindow();
        window.Add(Encoding.ASCII.GetBytes(end));
        Assert.Equal(expected, window.MayEndObject);
    }

    [Fact]
    public void White_space_that_fills_the_window_may_follow_an_object()
    {
        var window = new TailWindow();
        window.Add(Encoding.ASCII.GetBytes("{}" + new string(' ', 10_000)));
        Assert.True(window.MayEndObject);
    }

    [Fact]
    public void What_is_further_than_4_KB_from_the_end_is_forgotten()
    {
        var window = new TailWindow();
        window.Add("\"usage\":1"u8);
        window.Add(new byte[4096 - 4]);
        Assert.False(window.TryFind("\"usage\""u8, Tier, out _));
    }

    [Fact]
    public void Nothing_is_found_in_nothing() => Assert.False(new TailWindow().TryFind("\"usage\""u8, Tier, out _));

    [Theory]
    [InlineData("""x"],"service_tier":"flex","a":[{}], "usage":{"n":1}}""", """service_tier":"flex","a":[{}], "usage":{"n":1}}""")]
    [InlineData("""x"],"tools":[{"a":{"service_tier":"flex"}}],"usage":{"n":1}}""", """usage":{"n":1}}""")]
    [InlineData("""x"],"tools":[{"a":["service_tier"]}],"usage":{"n":1}}""", """usage":{"n":1}}""")]
    [InlineData("""x"],"service_tier":"flex","deep":{"usage":{"n":1}}}""", """usage":{"n":1}}}""")]
    [InlineData("""x"],"usage":{"n":1,"service_tier":"flex"}}""", """usage":{"n":1,"service_tier":"flex"}}""")]
    public void A_neighbour_before_the_key_counts_where_it_is_of_the_same_object(string end, string expected)
    {
        var window = new TailWindow();
        window.Add(Encoding.ASCII.GetBytes(end));

        Assert.True(window.TryFind("\"usage\""u8, Tier, out var tail));
        Assert.Equal("\"" + expected, Encoding.ASCII.GetString(tail));
    }
}
