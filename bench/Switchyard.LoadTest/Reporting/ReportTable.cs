using Switchyard.LoadTest.Subjects;

namespace Switchyard.LoadTest.Reporting;

/// <summary>The figures as a Markdown table, a row for each metric and subject.</summary>
internal static class ReportTable
{
    private const int RatioDecimals = 2;

    private static readonly string[] Head =
        ["measure", "subject", "median", "min..max", "× kestrel", "min..max", "× nginx", "min..max", "target", "verdict"];

    public static IEnumerable<string> Lines(Figures figures)
    {
        List<string[]> rows = [Head];
        foreach (var metric in Metrics.All)
        {
            var subjects = figures.Subjects.Where(subject => figures.Of(metric, subject).Count > 0).ToList();
            rows.AddRange(subjects.Select((subject, i) => Row(figures, metric, subject, isFirst: i == 0)));
        }

        return MarkdownTable.Lines(rows);
    }

    private static string[] Row(Figures figures, Metric metric, string subject, bool isFirst)
    {
        var spread = Spread.Of(figures.Of(metric, subject))!.Value;
        var toKestrel = Ratio(figures, metric, subject, SubjectNames.Kestrel);
        var toNginx = Ratio(figures, metric, subject, SubjectNames.Nginx);
        var target = subject switch
        {
            SubjectNames.Kestrel or SubjectNames.Nginx or SubjectNames.Direct => null,
            SubjectNames.Translate => metric.TranslateTarget,
            _ => metric.Target,
        };
        return
        [
            isFirst ? metric.Title : "",
            subject,
            Number.Text(spread.Median, metric.Decimals),
            spread.Range(metric.Decimals),
            .. RatioCells(toKestrel),
            .. RatioCells(toNginx),
            target?.Text ?? "",
            target is null ? "" : Verdict(figures, target, target.IsRatio ? toKestrel : spread),
        ];
    }

    private static Spread? Ratio(Figures figures, Metric metric, string subject, string yardstick) =>
        metric.HasRatio && subject != yardstick ? Spread.Of(figures.Ratios(metric, subject, yardstick)) : null;

    private static string[] RatioCells(Spread? ratio) =>
        ratio is { } given ? [Number.Text(given.Median, RatioDecimals), given.Range(RatioDecimals)] : ["", ""];

    // There is a third verdict: a run cannot decide a limit inside the spread of its rounds.
    private static string Verdict(Figures figures, Target target, Spread? measured)
    {
        if (measured is not { } spread) return "not measured";
        var word = target.IsMet(spread.Median) ? "met" : "MISSED";
        if (Noise.IsTooMuch(figures)) return word + " (noisy)";
        return target.IsMet(spread.Min) == target.IsMet(spread.Max) ? word : word + " (not in every round)";
    }
}
