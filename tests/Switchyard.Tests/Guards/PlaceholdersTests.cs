using Switchyard.Guards;
using Xunit;

namespace Switchyard.Tests.Guards;

/// <summary>What was masked in a request is restored in its answer.</summary>
public sealed class PlaceholdersTests
{
    [Theory]
    [InlineData("[EMAIL_1]", "a@b.example")]
    [InlineData("To [EMAIL_2], not to [EMAIL_1]!", "To c@d.example, not to a@b.example!")]
    [InlineData("[[EMAIL_1]]", "[a@b.example]")]
    [InlineData("[EMAIL_[EMAIL_1]", "[EMAIL_a@b.example")]
    [InlineData("[EMAIL_1", "[EMAIL_1")]
    [InlineData("]EMAIL_1[", "]EMAIL_1[")]
    [InlineData("[EMAIL_3] [email_1] [] [", "[EMAIL_3] [email_1] [] [")]
    [InlineData("None", "None")]
    public void Each_is_replaced_by_its_text(string text, string expected)
    {
        var placeholders = Masked("a@b.example", "c@d.example");

        Assert.Equal(expected, placeholders.Restore(text, isJson: false));
    }

    [Fact]
    public void A_restored_text_is_not_read_again()
    {
        var placeholders = Masked("[EMAIL_2]", "c@d.example");

        Assert.Equal("[EMAIL_2] c@d.example", placeholders.Restore("[EMAIL_1] [EMAIL_2]", isJson: false));
    }

    [Fact]
    public void In_json_a_restored_text_is_escaped()
    {
        var placeholders = Masked("say \"yes\"\n");

        Assert.Equal("{\"a\":\"say \\u0022yes\\u0022\\n\"}", placeholders.Restore("{\"a\":\"[EMAIL_1]\"}", isJson: true));
    }

    [Theory]
    [InlineData("see [", 1)]
    [InlineData("see [EMAIL", 6)]
    [InlineData("see [EMAIL_1", 8)]
    [InlineData("see [EMAIL_12", 9)]
    [InlineData("see [EMAIL_1]", 0)]
    [InlineData("see [EMAIL_13", 0)]
    [InlineData("see [CARD", 0)]
    [InlineData("see", 0)]
    public void The_beginning_of_one_is_held_back_and_no_other_text(string text, int held)
    {
        var placeholders = Masked([.. Enumerable.Range(1, 12).Select(number => $"a{number}@b.example")]);

        Assert.Equal(held, placeholders.Undecided(text));
    }

    [Fact]
    public void Of_two_matches_that_overlap_nothing_is_left()
    {
        var placeholders = new Placeholders();
        GuardMatch[] matches = [new("phone") { Start = 5, Length = 7 }, new("email") { Start = 9, Length = 13 }];

        var masked = placeholders.Mask(ReadText.Of("Call 030 123@b.example.", isJson: false), matches, restores: true);

        Assert.Equal("Call [PHONE_1][EMAIL_1].", masked);
        Assert.Equal("Call 030 123@b.example.", placeholders.Restore(masked, isJson: false));
    }

    [Fact]
    public void Of_two_that_overlap_in_a_number_of_json_one_string_is_left()
    {
        GuardMatch[] matches = [new("phone") { Start = 5, Length = 3 }, new("card") { Start = 6, Length = 4 }];

        Assert.Equal(
            "{\"a\":\"[PHONE_1]\"}", new Placeholders().Mask(ReadText.Of("{\"a\":12345}", isJson: true), matches, restores: false));
    }

    private static Placeholders Masked(params string[] texts)
    {
        var placeholders = new Placeholders();
        foreach (var text in texts)
        {
            var match = new GuardMatch("email") { Text = 0, Start = 0, Length = text.Length };
            placeholders.Mask(ReadText.Of(text, isJson: false), [match], restores: true);
        }

        return placeholders;
    }
}
