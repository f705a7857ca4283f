namespace Switchyard.LoadTest.Reporting;

/// <summary>Rows of text as a Markdown table that is also readable in a terminal.</summary>
internal static class MarkdownTable
{
    /// <param name="rows">The first one is the head. The first two columns hold words, the others numbers.</param>
    public static IEnumerable<string> Lines(IReadOnlyList<string[]> rows)
    {
        var widths = Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length)).ToArray();
        yield return Line(rows[0], widths);
        yield return "|" + string.Concat(widths.Select((width, column) => $"{new string('-', width + 1)}{(column < 2 ? '-' : ':')}|"));
        foreach (var row in rows.Skip(1)) yield return Line(row, widths);
    }

    private static string Line(string[] cells, int[] widths) =>
        "|" + string.Concat(cells.Select((cell, column) =>
            $" {(column < 2 ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column]))} |"));
}
