using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;
using Switchyard.Common;

namespace Switchyard.Server.Commands;

/// <summary>A column of a printed table.</summary>
/// <param name="Name">Its heading.</param>
/// <param name="LeaveOut">When the terminal is too narrow, the column with the highest number goes first; 0 always stays.</param>
/// <param name="Wraps">
/// Whether its text may be broken between words. Names and addresses stay on one line, so that they can be copied.
/// </param>
/// <param name="IsNumber">Whether it is aligned to the right.</param>
/// <param name="Color">The color of a cell with this text; null leaves the terminal's.</param>
internal sealed record OutputColumn(
    string Name, int LeaveOut = 0, bool Wraps = false, bool IsNumber = false, Func<string, Color?>? Color = null);

/// <summary>Prints tables that fit: a narrow terminal gets fewer columns rather than broken words.</summary>
internal static class OutputTable
{
    private const int Unlimited = short.MaxValue;

    public static void Write(TextWriter output, IReadOnlyList<OutputColumn> columns, IReadOnlyList<string[]> rows)
    {
        var console = Terminal.Of(output);
        if (Console.IsOutputRedirected)
            console.Profile.Width = WidthOfPipe();
        var (table, left) = Fit(console, columns, rows);
        console.Write(table);
        if (left.Length > 0)
            output.WriteLine($"The terminal is too narrow for: {left}. --json prints all.");
    }

    /// <summary>The table as it fits on a console, and the names of the columns that do not.</summary>
    public static (Table Table, string Left) Fit(IAnsiConsole console, IReadOnlyList<OutputColumn> columns, IReadOnlyList<string[]> rows)
    {
        var shown = columns.ToList();
        var table = Create(columns, rows, shown);
        while (!Fits(columns, rows, shown, console) && shown.MaxBy(column => column.LeaveOut) is { LeaveOut: > 0 } least)
        {
            shown.Remove(least);
            table = Create(columns, rows, shown);
        }

        return (table, string.Join(", ", columns.Except(shown).Select(column => column.Name)));
    }

    /// <summary>Unlimited, so that each row is one line for the program that reads it; <c>COLUMNS</c> sets another width.</summary>
    private static int WidthOfPipe() =>
        int.TryParse(Environment.GetEnvironmentVariable("COLUMNS"), NumberStyles.None, CultureInfo.InvariantCulture, out var width)
        && width > 0
            ? width
            : Unlimited;

    private static Table Create(IReadOnlyList<OutputColumn> columns, IReadOnlyList<string[]> rows, List<OutputColumn> shown)
    {
        var table = new Table().Border(TableBorder.Simple);
        foreach (var column in shown)
        {
            table.AddColumn(new TableColumn(new Text(column.Name))
            {
                NoWrap = !column.Wraps,
                Alignment = column.IsNumber ? Justify.Right : Justify.Left,
                Padding = new Padding(0, 0),
            });
        }

        foreach (var row in rows)
            table.AddRow(columns.Zip(row).Where(cell => shown.Contains(cell.First)).Select(cell => Cell(cell.First, cell.Second)));
        return table;
    }

    /// <summary>
    /// Plain text, not markup: a name may contain brackets. Names that clients send may also contain line breaks and control sequences.
    /// </summary>
    private static Text Cell(OutputColumn column, string text) =>
        new(LogText.Escape(text), new Style(column.Color?.Invoke(text))) { Overflow = Overflow.Ellipsis };

    /// <summary>
    /// Whether the table fits without a broken word; in a column that does not wrap, the whole text counts as one word.
    /// </summary>
    private static bool Fits(
        IReadOnlyList<OutputColumn> columns, IReadOnlyList<string[]> rows, List<OutputColumn> shown, IAnsiConsole console)
    {
        List<OutputColumn> named = [.. columns.Select(column => column with { Name = AsOneWord(column, column.Name) })];
        IReadOnlyList<string[]> words = [.. rows.Select(row => columns.Zip(row, AsOneWord).ToArray())];
        IRenderable measured = Create(named, words, [.. named.Where((_, i) => shown.Contains(columns[i]))]);
        return measured.Measure(RenderOptions.Create(console), Unlimited).Min <= console.Profile.Width;
    }

    private static string AsOneWord(OutputColumn column, string text) => column.Wraps ? text : text.Replace(' ', '_');
}
