using System.Text;
using System.Text.RegularExpressions;
using Switchyard.Tests.Architecture;

namespace Switchyard.Tests.Docs;

/// <summary>
/// <c>docs/coverage.md</c>: the requirement of each id of <c>docs/coverage.tsv</c>, and the tests that name it in <c>[Covers]</c>.
/// </summary>
internal static partial class CoveragePage
{
    public const string PagePath = "docs/coverage.md", WordsPath = "docs/coverage.tsv";

    /// <summary>The prefix of a state.</summary>
    public const string Open = "open", InPart = "in part";

    private const string Beginning =
        """
        # What is shown by which test

        This page is made by `CoverageTests` from `docs/coverage.tsv`, which says what each id asks, and from the
        `[Covers]` attributes of the tests. Change those, and write the page with `SWITCHYARD_WRITE_DOCS=1`.

        A row names the tests that show it, or the decision that replaces what was asked, or says that it is open.
        "In part" is followed by what is missing.
        """;

    /// <summary>The lists of the ids, by prefix.</summary>
    public static readonly string[]
        AcceptanceLists = ["S000", "S001", "S002", "S003", "S004"],
        PitfallLists = ["T", "S", "R", "M", "F", "U", "E", "C"],
        FaultLists = ["X", "Y", "Z", "W", "V", "H"],
        PromiseLists = ["B"];

    /// <summary>Every id, in the order of the file.</summary>
    public static IReadOnlyList<CoverageRow> Rows { get; } = [.. ReadLines().Where(row => row.IsAsked)];

    /// <summary>The decisions on points where the reference systems disagree; the id is a word.</summary>
    public static IReadOnlyList<CoverageRow> Decisions { get; } = [.. ReadLines().Where(row => !row.IsAsked)];

    /// <summary>Each id with each test that names it, in the order of files.</summary>
    public static ILookup<string, string> Tests { get; } =
        ReadTests().SelectMany(found => found.Ids.Select(id => (Id: id, found.Test))).ToLookup(found => found.Id, found => found.Test);

    /// <summary>The number of attributes.</summary>
    public static int Attributes { get; } = ReadTests().Count();

    public static string Write()
    {
        var page = new StringBuilder(Beginning).Append('\n');
        AppendTable(page, "Acceptance", AcceptanceLists, "The sentences of the five systems this product was asked to be.");
        AppendTable(page, "Pitfalls", PitfallLists, """
            The places where translations between formats go wrong elsewhere. Beside these tests stand those that take every format
            at once: the golden files, the loss of fields, and [every client with every model](compatibility.md).
            """);
        AppendTable(page, "Faults", FaultLists, "Kinds of fault that were seen from outside.");
        AppendTable(page, "Promises", PromiseLists, "What users of other gateways asked for in vain.");
        page.Append("\n## What was decided\n\nWhere the five systems disagree, or where this product goes a way of its own.\n\n");
        page.Append("| about | decided |\n| --- | --- |\n");
        foreach (var decision in Decisions)
            page.Append($"| {decision.Id} | {decision.Asks} |\n");
        return page.ToString();
    }

    private static void AppendTable(StringBuilder page, string title, string[] lists, string about)
    {
        var rows = Rows.Where(row => lists.Contains(row.List)).ToList();
        var states = rows.ConvertAll(row => row.StateAfter(Tests));
        var open = states.Count(state => state.StartsWith(Open, StringComparison.Ordinal));
        var inPart = states.Count(state => state.StartsWith(InPart, StringComparison.Ordinal));
        page.Append($"\n## {title}\n\n{about}\n\n");
        page.Append($"Of {rows.Count}, {rows.Count - open - inPart} are shown or decided, {inPart} in part, and {open} are open.\n\n");
        page.Append("| id | what it asks | shown by |\n| --- | --- | --- |\n");
        foreach (var row in rows)
        {
            string[] cell =
            [
                string.Join(' ', Tests[row.Id].Select(test => $"`{test}`")),
                row.Decision.Length > 0 ? $"decided: {row.Decision}" : "",
                row.StateAfter(Tests),
            ];
            page.Append($"| {row.Id} | {row.Asks} | {string.Join("; ", cell.Where(part => part.Length > 0))} |\n");
        }
    }

    private static IEnumerable<CoverageRow> ReadLines() =>
        Repository.Read(WordsPath).Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(CoverageRow.Parse);

    private static IEnumerable<(string[] Ids, string Test)> ReadTests()
    {
        var files = Repository.Sources("tests").Where(file => file.Path.EndsWith("Tests.cs", StringComparison.Ordinal)).ToList();
        // Several formats have an AnswerTests: the folder distinguishes them.
        var times = files.CountBy(file => Path.GetFileNameWithoutExtension(file.Path)).ToDictionary();
        foreach (var file in files)
        {
            var name = Path.GetFileNameWithoutExtension(file.Path);
            if (times[name] > 1)
                name = $"{Folder(file.Path)}.{name}";
            foreach (Match covers in Covers().Matches(file.Text))
            {
                var ids = Quoted().Matches(covers.Groups["ids"].Value).Select(match => match.Groups["id"].Value);
                yield return ([.. ids], covers.Groups["method"] is { Success: true } method ? $"{name}.{method.Value}" : name);
            }
        }
    }

    /// <summary>The folder of a file: <c>Cohere</c>, or <c>EndToEnd</c> in the root of a project.</summary>
    private static string Folder(string path)
    {
        // Its folders have names that those of the library's tests have.
        if (path.StartsWith("tests/Switchyard.Gateway.Tests/", StringComparison.Ordinal))
            return "Gateway";
        var folder = Path.GetFileName(Path.GetDirectoryName(path)!);
        return folder.Split('.') is ["Switchyard", var project, "Tests"] ? project : folder;
    }

    // The attribute, followed by other attributes and their continuation lines, then the test or class it belongs to.
    [GeneratedRegex(
        @"^ *\[Covers\((?<ids>[^)]*)\)\]\n(?=(?:(?! *public ).*\n)*? *public (?:[\w<>]+ )*?(?:class \w+|(?<method>\w+)\())",
        RegexOptions.Multiline)]
    private static partial Regex Covers();

    [GeneratedRegex("\"(?<id>[^\"]*)\"")]
    private static partial Regex Quoted();
}

/// <summary>One line of the file: an id and its requirement, or a decision and its result.</summary>
/// <param name="Id">The id.</param>
/// <param name="Asks">The requirement, in our own words.</param>
/// <param name="Decision">The decision that replaces the requirement; empty if there is no decision.</param>
/// <param name="State">"open" if no test names it; "in part" and the missing part if a test does; else empty.</param>
internal sealed partial record CoverageRow(string Id, string Asks, string Decision, string State)
{
    /// <summary>The list it belongs to: <c>S004</c>, <c>T</c>, <c>X</c>.</summary>
    public string List => Parts().Match(Id).Groups["list"].Value;

    /// <summary>Whether this is an id rather than a decision.</summary>
    public bool IsAsked => Parts().IsMatch(Id);

    public static CoverageRow Parse(string line)
    {
        var cells = line.Split('\t');
        return new(cells[0], cells[1], cells.ElementAtOrDefault(2) ?? "", cells.ElementAtOrDefault(3) ?? "");
    }

    /// <summary>The part that is still open, given the tests that name it; empty if complete.</summary>
    public string StateAfter(ILookup<string, string> tests)
    {
        if (tests.Contains(Id))
            return State.StartsWith(CoveragePage.InPart, StringComparison.Ordinal) ? State : "";
        return State.Length == 0 && Decision.Length == 0 ? CoveragePage.Open : State;
    }

    [GeneratedRegex(@"^(?:(?<list>S\d{3})-\d+|(?<list>[A-Z])\d+)$")]
    private static partial Regex Parts();
}
