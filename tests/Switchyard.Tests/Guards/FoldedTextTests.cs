using Switchyard.Guards;
using Xunit;

namespace Switchyard.Tests.Guards;

/// <summary>Words and personal data in unusual characters.</summary>
public sealed class FoldedTextTests
{
    [Theory]
    [InlineData("pro\u200Bject x", "project x")]
    [InlineData("p\u00ADr\u00ADo\u00ADject x", "project x")]
    [InlineData("ｐｒｏｊｅｃｔ\u3000ｘ", "project x")]
    [InlineData("project\u00A0x", "project x")]
    [InlineData("\U0001D429\U0001D42Bo\U0001D423ect", "project")]
    [InlineData("ⓟⓡoject ①", "project 1")]
    [InlineData("ﬁle", "file")]
    [InlineData("cafe\u0301", "café")]
    [InlineData("cafe\u034F\u0301", "café")]
    [InlineData("e\u0302\u0323", "ệ")]
    [InlineData("\u00EA\u0323", "ệ")]
    [InlineData("o\u0323\u031B", "ợ")]
    [InlineData("\u00F3\u031B", "ớ")]
    [InlineData("c\u0301\u0327", "ḉ")]
    [InlineData("u\u0308\u0304", "ǖ")]
    [InlineData("p\u0336r\u0336o\u0336", "pro")]
    [InlineData("\u1112\u1161\u11AB", "한")]
    [InlineData("\uFF76\uFF9E", "ガ")]
    [InlineData("a\uDB40\uDC41b", "ab")]
    [InlineData("\u0301a", "a")]
    [InlineData("\uD83C\uDD50bc", "Abc")]
    [InlineData("p\u0430ssw\u043Erd", "password")]
    [InlineData("\u0421\u043E\u0440y, \u0441\u043E\u0440", "Copy, \u0441\u043E\u0440")]
    [InlineData("\u0391cm\u03B5 \u0391cme", "\u0391cm\u03B5 Acme")]
    [InlineData("caf\u00E9s \u043Ef P\u0430r\u0456s9", "caf\u00E9s of Paris9")]
    [InlineData("\\u00e9cole", "école")]
    [InlineData("e\\u0301", "é")]
    [InlineData("ada\\u0040b.example", "ada@b.example")]
    [InlineData("\\ud835\\udc29\\ud835\\udc2bo", "pro")]
    [InlineData("\\\\u00e9", "\\é")]
    public void A_text_is_folded_to_what_a_reader_sees(string written, string seen) => Assert.Equal(seen, FoldedText.Of(written)?.Text);

    [Theory]
    [InlineData("plain")]
    [InlineData("C:\\users\\u12")]
    [InlineData("café, größer, 漢字, हिन्दी")]
    [InlineData("🇺🇸")]
    [InlineData("сор из избы, IT-отдел, USBшный, ΔT = 5 kΩ, ΑΒΝ, Х5")]
    public void A_text_without_such_characters_is_not_copied(string text) => Assert.Null(FoldedText.Of(text));

    [Theory]
    [InlineData("on pro\u200Bject\u200B x\u200B.", "pro\u200Bject\u200B x\u200B")]
    [InlineData("on ｐroject x", "ｐroject x")]
    [InlineData("éé on project\u00A0x", "project\u00A0x")]
    [InlineData("é\\u00e9 on pro\\u006Aect\\u0020x", "pro\\u006Aect\\u0020x")]
    public void A_match_covers_the_characters_that_were_written(string text, string written)
    {
        var match = Assert.Single(Find(new Blocker(["project x"], []), text));

        Assert.Equal(written, text.Substring(match.Start, match.Length));
    }

    [Theory]
    [InlineData("Acme™ is here.")]
    [InlineData("ﬃ Acme.")]
    public void What_is_found_as_it_is_written_is_found_once(string text) =>
        Assert.Equal(text.IndexOf("Acme", StringComparison.Ordinal), Assert.Single(Find(new Blocker(["acme"], []), text)).Start);

    [Theory]
    [InlineData("+49 30 123456\u00A078")]
    [InlineData("+49 30 123456\u200B")]
    public void What_goes_on_in_unusual_characters_is_found_as_a_whole(string number)
    {
        var match = Assert.Single(Find(new Masker([Finder.Phone]), $"{number}!"));

        Assert.Equal((0, number.Length), (match.Start, match.Length));
    }

    [Fact]
    public void A_ligature_is_masked_as_a_whole()
    {
        var finder = Finder.Of("word", "fi", 40);
        var match = Assert.Single(Find(new Masker([finder]), "a ﬃ b"));

        Assert.Equal((2, 1), (match.Start, match.Length));
    }

    [Theory]
    [InlineData("école", "e")]
    [InlineData("école", "\u00E9co")]
    [InlineData("ệa", "e")]
    [InlineData("ệa", "ẹ")]
    [InlineData("ệa", "ê")]
    [InlineData("ệa", "e\u0302")]
    [InlineData("ỆA", "ê")]
    [InlineData("ộa", "ô")]
    [InlineData("cope", "\u0441\u043E\u0440")]
    [InlineData("cope", "c\u043E")]
    public void A_letter_that_a_mark_may_follow_is_held_back_in_a_stream(string word, string end) =>
        Assert.Equal(end.Length, new Blocker([word], []).Held($"x {end}"));

    [Theory]
    [InlineData("ea", "é")]
    [InlineData("ẹa", "ê")]
    [InlineData("ệa", "ế")]
    [InlineData("cope", "со\u0448")]
    public void A_letter_that_cannot_become_the_words_is_not_held_back(string word, string end) =>
        Assert.Equal(0, new Blocker([word], []).Held($"x {end}"));

    [Theory]
    [InlineData("my p\u0430ssword!", "p\u0430ssword")]
    [InlineData("my pass\u200Bw\u03BFrd!", "pass\u200Bw\u03BFrd")]
    public void A_word_with_letters_that_look_like_its_own_is_found_where_it_is_written(string text, string written)
    {
        var match = Assert.Single(Find(new Blocker(["password"], []), text));

        Assert.Equal(written, text.Substring(match.Start, match.Length));
    }

    /// <summary>Cyrillic litter, and a chemist's and a trader's abbreviations: all of letters that look Latin.</summary>
    [Theory]
    [InlineData("cop", "Не выноси сор из избы.")]
    [InlineData("pa", "РА и ра")]
    [InlineData("axe", "ахе")]
    public void A_word_of_another_alphabet_is_not_taken_for_one_that_looks_like_it(string word, string text) =>
        Assert.Empty(Find(new Blocker([word], []), text));

    [Theory]
    [InlineData("x \\", 1)]
    [InlineData("x \\u00", 4)]
    [InlineData("x \\u00e9co", 8)]
    [InlineData("x \\u00e8", 0)]
    [InlineData("x \\ud835", 6)]
    [InlineData("x \\ud835\\udd", 10)]
    [InlineData("x \\ud835\\udc29", 0)]
    public void An_escape_that_may_be_a_letter_of_the_word_is_held_back_in_a_stream(string text, int held) =>
        Assert.Equal(held, new Blocker(["école"], []).Held(text));

    [Fact]
    public void A_letter_with_a_mark_that_the_word_does_not_have_is_not_held_back() =>
        Assert.Equal(0, new Blocker(["ệa"], []).Held("x é"));

    [Fact]
    public void Invisible_characters_without_end_are_not_held_back_without_end() =>
        Assert.InRange(new Blocker(["secret"], []).Held($"s{new string('\u200B', 100_000)}"), 1, 5_000);

    [Fact]
    public void Half_a_surrogate_pair_is_kept_and_held_back_with_what_it_may_continue()
    {
        // No attribute: its strings are UTF-8, which has no such halves.
        Assert.Null(FoldedText.Of("half \uD83D"));
        Assert.Equal(1, new Blocker(["secret"], []).Held("x \uD835"));
        Assert.Equal(5, new Blocker(["secret"], []).Held("x \U0001D42C\U0001D41E\uD835"));
    }

    [Theory]
    [InlineData('a')]
    [InlineData('漢')]
    public void A_long_text_is_folded_without_an_object_for_each_letter(char letter)
    {
        var text = new string(letter, 1_000_000) + '—';
        FoldedText.Of("—");
        var before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Null(FoldedText.Of(text));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 10_000_000);
    }

    private static List<GuardMatch> Find(ITextScanner scanner, string text)
    {
        var matches = new List<GuardMatch>();
        scanner.Find(text, 0, matches);
        return matches;
    }
}
