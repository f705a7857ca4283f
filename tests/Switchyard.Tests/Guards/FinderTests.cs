using Switchyard.Guards;
using Xunit;

namespace Switchyard.Tests.Guards;

/// <summary>Texts that are found, and texts that only look similar.</summary>
public sealed class FinderTests
{
    [Theory]
    [InlineData("secrets", "my key is sk-proj-abcdefghijklmnop1234, keep it", "sk-proj-abcdefghijklmnop1234")]
    [InlineData("secrets", "ghp_abcdefghijklmnopqrstuvwxyz0123456789", "ghp_abcdefghijklmnopqrstuvwxyz0123456789")]
    [InlineData("secrets", "AKIAIOSFODNN7EXAMPLE and", "AKIAIOSFODNN7EXAMPLE")]
    [InlineData("secrets", "a -----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- b",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----")]
    [InlineData(
        "secrets", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmN",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmN")]
    [InlineData("email", "Write to ada.lovelace+math@example.co.uk today", "ada.lovelace+math@example.co.uk")]
    [InlineData("phone", "Call +49 30 1234567 or not", "+49 30 1234567")]
    [InlineData("phone", "Call (555) 123-4567.", "(555) 123-4567")]
    [InlineData("card", "4111 1111 1111 1111 is a card", "4111 1111 1111 1111")]
    [InlineData("card", "5500-0000-0000-0004", "5500-0000-0000-0004")]
    [InlineData("card", "4111 1111 1111 1111 12/27 123", "4111 1111 1111 1111")]
    [InlineData("card", "on 2024 4111111111111111 123", "4111111111111111")]
    [InlineData("card", "3782 822463 10005 1234", "3782 822463 10005")]
    [InlineData("card", "7 4111-1111-1111-1111", "4111-1111-1111-1111")]
    [InlineData("secrets", """{"env":"A=1\nsk-proj-abcdefghijklmnop1234"}""", "sk-proj-abcdefghijklmnop1234")]
    [InlineData("secrets", """{"k":"-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n"}""",
        """-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----""")]
    [InlineData("email", """To:\nada@example.com""", "ada@example.com")]
    [InlineData("card", """Cards:\n4111 1111 1111 1111""", "4111 1111 1111 1111")]
    [InlineData("iban", "Pay DE89 3704 0044 0532 0130 00 AND go", "DE89 3704 0044 0532 0130 00")]
    [InlineData("iban", "GB82WEST12345698765432.", "GB82WEST12345698765432")]
    public void It_is_found(string kind, string text, string found) => Assert.Equal([found], Find(kind, text));

    [Theory]
    [InlineData("secrets", "sk-8 and task-force-one")]
    [InlineData("email", "someone@home and a@b")]
    [InlineData("phone", "In 2024 there were 1234 of 5678.")]
    [InlineData("card", "4111 1111 1111 1112")]
    [InlineData("card", "0000 0000 0000 0000")]
    [InlineData("card", "1 2 3 4 5 6 7 8 9 10 11 12 13 14")]
    [InlineData("card", "2024 2025 2026 2027 2028")]
    [InlineData("iban", "DE89 3704 0044 0532 0130 01")]
    [InlineData("iban", "XX89 3704 0044 0532 0130 00")]
    public void What_only_looks_like_it_is_not(string kind, string text) => Assert.Empty(Find(kind, text));

    [Fact]
    public void Each_card_of_a_row_is_found() =>
        Assert.Equal(["4111111111111111", "5500 0000 0000 0004"], Find("card", "1 4111111111111111 5500 0000 0000 0004 12"));

    [Theory]
    [InlineData("""Names:\nproject x, and""")]
    [InlineData("Names:\nproject x, and")]
    public void A_word_is_found_behind_a_line_break_however_it_is_written(string text)
    {
        var matches = new List<GuardMatch>();
        new Blocker(["project x"], []).Scan(text, 0, matches);

        Assert.Equal("project x", text.Substring(Assert.Single(matches).Start, 9));
    }

    [Fact]
    public void A_text_of_a_megabyte_that_nearly_matches_is_read_to_its_end()
    {
        // With time that grew with the square of the length, this would not end.
        var text = new string('a', 200_000) + "@" + new string('.', 200_000) + new string('1', 200_000)
            + string.Concat(Enumerable.Repeat(" 4111 1111 1111 1111", 10_000)) + string.Concat(Enumerable.Repeat(" 4", 100_000));
        var matches = new List<GuardMatch>();
        foreach (var finder in Finder.ByName.Values.SelectMany(finders => finders))
            finder.Scan(text + " ann@example.com", 0, matches);
        Assert.Contains(matches, match => match.Start == text.Length + 1);
    }

    private static IEnumerable<string> Find(string kind, string text)
    {
        var matches = new List<GuardMatch>();
        foreach (var finder in Finder.ByName[kind])
            finder.Scan(text, 0, matches);
        return matches.Select(match => text.Substring(match.Start, match.Length));
    }
}
