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
