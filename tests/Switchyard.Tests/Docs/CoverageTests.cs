using System.Text.RegularExpressions;
using Switchyard.TestKit;
using Switchyard.Tests.Architecture;
using Xunit;

namespace Switchyard.Tests.Docs;

/// <summary>docs/coverage.md lists every id with its tests.</summary>
public sealed partial class CoverageTests
{
    [Fact]
    public void The_page_says_what_the_tests_say()
    {
        var page = CoveragePage.Write();
        if (Environment.GetEnvironmentVariable("SWITCHYARD_WRITE_DOCS") == "1")
        {
            File.WriteAllText(Repository.FullPath(CoveragePage.PagePath), page);
            return;
        }

        var (wanted, found) = (page.Split('\n'), Repository.Read(CoveragePage.PagePath).Split('\n'));
        var difference = wanted.Except(found).Select(line => "+ " + line).Concat(found.Except(wanted).Select(line => "- " + line)).ToList();
        Assert.True(
            wanted.SequenceEqual(found),
            $"{CoveragePage.PagePath} is not what the tests say. SWITCHYARD_WRITE_DOCS=1 writes it.\n{string.Join('\n', difference)}");
    }

    /// <summary>The ids of the lists have gaps, so that a number alone would not notice one lost and one invented.</summary>
    [Fact]
    public void Every_id_is_listed_once()
    {
        Assert.Distinct(CoveragePage.Rows.Select(row => row.Id));
        Assert.Equal(399, Of(CoveragePage.AcceptanceLists).Count());
        Assert.Equal(84, Of(CoveragePage.PitfallLists).Count());

        // The lists are not part of this repository; if they are beside it, they are compared.
        if (Cassettes.Shared is not { } shared)
            return;
        Compare("ACCEPTANCE.md", AcceptanceId(), CoveragePage.AcceptanceLists);
        Compare("PITFALLS.md", TableId(), CoveragePage.PitfallLists);
        Compare("FAULTS.md", TableId(), CoveragePage.FaultLists);

        void Compare(string file, Regex id, string[] lists)
        {
            var path = Path.Combine(shared, file);
            if (File.Exists(path))
                Assert.Equal(id.Matches(File.ReadAllText(path)).Select(match => match.Groups["id"].Value), Of(lists));
        }

        static IEnumerable<string> Of(string[] lists) =>
            CoveragePage.Rows.Where(row => lists.Contains(row.List)).Select(row => row.Id);
    }

    [Fact]
    public void Every_id_says_what_it_asks_in_few_words() =>
        Assert.All(CoveragePage.Rows, row => Assert.InRange(row.Asks.Split(' ').Length, 3, 12));

    [Fact]
    public void No_test_names_an_id_that_is_not_listed() =>
        Assert.Empty(CoveragePage.Tests.Select(tests => tests.Key).Except(CoveragePage.Rows.Select(row => row.Id)));

    [Fact]
    public void Every_attribute_stands_on_a_test_or_on_a_class_of_tests()
    {
        var attributes = Repository.Sources("tests").Sum(file => Attribute().Count(file.Code));
        Assert.Equal(attributes, CoveragePage.Attributes);
    }

    [Fact]
    public void What_is_shown_in_part_has_a_test_and_what_is_decided_a_decision()
    {
        Assert.All(
            CoveragePage.Rows.Where(row => row.State.StartsWith(CoveragePage.InPart, StringComparison.Ordinal)),
            row => Assert.True(CoveragePage.Tests.Contains(row.Id), $"No test names {row.Id}, which is said to be shown in part."));
        Assert.All(CoveragePage.Rows, row => Assert.Matches(State(), row.State));
        Assert.Equal(
            CoveragePage.Decisions.Select(decision => decision.Id),
            CoveragePage.Rows.Select(row => row.Decision).Where(decision => decision.Length > 0).Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_test_is_named_by_a_sentence()
    {
        foreach (var file in Repository.Sources("tests"))
        {
            var names = TestName().Matches(file.Code).Select(match => match.Groups["name"].Value);
            Assert.All(names, name => Assert.Matches(@"^[A-Z](?!\d+_)\w*_\w+$", name));
        }
    }

    [GeneratedRegex(@"^- \*\*(?<id>S\d{3}-\d+)\*\* ", RegexOptions.Multiline)]
    private static partial Regex AcceptanceId();

    [GeneratedRegex(@"^\| (?<id>[A-Z]\d+) \|", RegexOptions.Multiline)]
    private static partial Regex TableId();

    [GeneratedRegex(@"^(?:|open|(?:open|in part): .+)$")]
    private static partial Regex State();

    [GeneratedRegex(@"^ *\[Covers\(", RegexOptions.Multiline)]
    private static partial Regex Attribute();

    [GeneratedRegex(@"\[(?:Fact|Theory)\b(?:(?! *public ).*\n)*? *public (?:async )?\w+ (?<name>\w+)\(")]
    private static partial Regex TestName();
}
