using Switchyard.LoadTest.Subjects;

namespace Switchyard.LoadTest.Reporting;

/// <summary>The ratios to the bare pass-through round by round, from which the medians are computed.</summary>
internal static class RoundTable
{
    private const int Decimals = 2;

    public static IEnumerable<string> Lines(Figures figures)
    {
        var rows = Rows(figures).ToList();
        return rows.Count == 0 ? [] : MarkdownTable.Lines([["ratio to kestrel", "subject", "by round", "median", "min..max"], .. rows]);
    }

    private static IEnumerable<string[]> Rows(Figures figures) =>
        from metric in Metrics.All
        where metric.IsByRound
        from subject in figures.Subjects
        where subject != SubjectNames.Kestrel
        let ratios = figures.Ratios(metric, subject, SubjectNames.Kestrel)
        let spread = Spread.Of(ratios)
        where spread is not null
        let byRound = string.Join(' ', ratios.Select(ratio => Number.Text(ratio, Decimals)))
        select (string[])[metric.Title, subject, byRound, Number.Text(spread.Value.Median, Decimals), spread.Value.Range(Decimals)];
}
