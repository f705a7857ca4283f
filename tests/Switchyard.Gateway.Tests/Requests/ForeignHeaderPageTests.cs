using Switchyard.Gateway.Ingress.Foreign;
using Xunit;

namespace Switchyard.Gateway.Tests.Requests;

/// <summary>docs/importing.md has a row for each header of another gateway that is known.</summary>
public sealed class ForeignHeaderPageTests
{
    private const string Begin = "<!-- headers: begin -->\n", End = "<!-- headers: end -->";

    /// <summary>Word for word: <c>SWITCHYARD_WRITE_DOCS=1</c> rewrites them.</summary>
    [Fact]
    public void The_page_shows_every_header_with_what_becomes_of_it()
    {
        var path = Path.Combine(FindRepository(), "docs/importing.md");
        var page = File.ReadAllText(path);
        var (from, to) = (page.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length, page.IndexOf(End, StringComparison.Ordinal));
        var table = "| header | outcome | here | what is different, or why not |\n| --- | --- | --- | --- |\n"
            + string.Concat(ForeignHeaderTable.All.Select(Row));

        if (Environment.GetEnvironmentVariable("SWITCHYARD_WRITE_DOCS") == "1")
            File.WriteAllText(path, page[..from] + table + page[to..]);
        else
            Assert.Equal(table, page[from..to]);
    }

    [Fact]
    public void Each_header_is_of_a_product_that_can_be_named_and_stands_there_once()
    {
        Assert.Distinct(ForeignHeaderTable.All.Select(header => header.Name));
        Assert.Equal(["litellm", "portkey"], ForeignHeaderTable.All.Select(header => header.Product).Distinct());
        Assert.All(ForeignHeaderTable.All.Where(header => header.Becomes is null), header => Assert.NotEmpty(header.Note));
    }

    private static string Row(ForeignHeader header) => header switch
    {
        { Becomes: null } => $"| `{header.Name}` | ignored |  | {header.Note} |\n",
        { Becomes: "refused" } => $"| `{header.Name}` | refused |  | {header.Note} |\n",
        _ => $"| `{header.Name}` | honoured | {header.Becomes} | {header.Note} |\n",
    };

    private static string FindRepository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Switchyard.slnx")))
            folder = folder.Parent!;
        return folder.FullName;
    }
}
