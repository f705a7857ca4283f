using Microsoft.Extensions.AI;
using Switchyard.Guards;
using Xunit;

namespace Switchyard.Tests.Guards;

/// <summary>Matches over neighbouring parts of a message.</summary>
public sealed class TextSearchTests
{
    private static readonly Finder s_code = Finder.Of("code", "AB[0-9]{2}", 10);
    private static readonly Finder s_number = Finder.Of("number", "AB[0-9]{2}-[0-9]{2}", 20);

    [Fact]
    public void A_longer_match_is_found_although_a_part_alone_has_a_match_of_another_kind() =>
        Assert.Equal(
            [new GuardMatch("number") { Text = 0, Start = 2, Length = 4 }, new GuardMatch("number") { Text = 1, Start = 0, Length = 3 }],
            Find(new Masker([s_code, s_number]), "x AB12", "-34 y"));

    [Fact]
    public void A_match_of_another_kind_beside_the_longer_one_stays() =>
        Assert.Equal(
            [
                new GuardMatch("code") { Text = 1, Start = 4, Length = 4 },
                new GuardMatch("number") { Text = 0, Start = 2, Length = 4 },
                new GuardMatch("number") { Text = 1, Start = 0, Length = 3 },
            ],
            Find(new Masker([s_code, s_number]), "x AB12", "-34 AB99"));

    [Fact]
    public void A_match_at_the_end_of_a_part_does_not_take_the_next_word_with_it() =>
        Assert.Equal(
            [new GuardMatch("word") { Text = 0, Start = 2, Length = 3 }],
            Find(new Masker([Finder.Of("word", "key[a-z]*", 20)]), "x key", "name"));

    private static List<GuardMatch> Find(ITextScanner scanner, params string[] parts)
    {
        var texts = new GuardTexts();
        texts.Enter(ChatRole.User);
        foreach (var part in parts)
        {
            texts.NextIsPart();
            texts.Add(part, isJson: false);
        }

        var matches = new List<GuardMatch>();
        scanner.Find(texts, matches);
        return matches;
    }
}
