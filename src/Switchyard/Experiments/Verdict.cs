using System.Globalization;

namespace Switchyard.Experiments;

/// <summary>Compares two variants, and describes the result as text.</summary>
internal static class Verdict
{
    private const double LowestScore = -1, HighestScore = 1;

    /// <param name="control">The control's name and figures.</param>
    /// <param name="variant">The other's.</param>
    /// <param name="metric">The metric to compare by.</param>
    /// <param name="alpha">The probability of a false alarm, of this comparison alone.</param>
    public static VariantComparison Compare(
        (string Name, VariantFigures Figures) control, (string Name, VariantFigures Figures) variant, ExperimentMetric metric, double alpha)
    {
        var (a, b) = (control.Figures.Of(metric), variant.Figures.Of(metric));
        var comparison = new VariantComparison(variant.Name, control.Name, metric);
        var range = metric == ExperimentMetric.Feedback ? HighestScore - LowestScore : 0;
        if (ConfidenceSequence.Of(a, b, alpha, isShare: metric == ExperimentMetric.Errors, range) is not { } interval)
            return comparison with { Verdict = TooFew(metric, (control.Name, a.Count), (variant.Name, b.Count)) };
        var (low, high) = ExperimentMetrics.IsRatio(metric)
            ? (Math.Exp(interval.Low) - 1, Math.Exp(interval.High) - 1)
            : (interval.Low, interval.High);
        var known = comparison with { Low = low, High = high };
        return known with { Verdict = known.IsDifferent ? Different(known, alpha) : Alike(known, a.Count + b.Count) };
    }

    private static string TooFew(ExperimentMetric metric, (string Name, long Count) control, (string Name, long Count) variant) =>
        Say($"not enough {Outcomes(metric)} yet: {variant.Count:N0} of {variant.Name} and {control.Count:N0} of {control.Name}; ")
        + Say($"{ConfidenceSequence.Minimum} of each are needed");

    private static string Different(VariantComparison found, double alpha)
    {
        // The limits of the difference, without sign: the one nearer to zero first.
        var (from, to) = found.Low > 0 ? (found.Low.Value, found.High!.Value) : (-found.High!.Value, -found.Low!.Value);
        var how = (found.Metric, found.Low > 0) switch
        {
            (ExperimentMetric.Latency, true) => "slower",
            (ExperimentMetric.Latency, false) => "faster",
            (ExperimentMetric.FirstToken, true) => "slower to its first token",
            (ExperimentMetric.FirstToken, false) => "faster to its first token",
            (ExperimentMetric.Errors, true) => "failing more often",
            (ExperimentMetric.Errors, false) => "failing less often",
            (ExperimentMetric.Cost, true) => "dearer",
            (ExperimentMetric.Cost, false) => "cheaper",
            (_, true) => "rated better",
            (_, false) => "rated worse",
        };
        return Say($"{found.Variant} is {how} than {found.Control} by {Range(found.Metric, from, to)}, {(1 - alpha) * 100:0.##} % sure");
    }

    private static string Alike(VariantComparison found, long count)
    {
        var most = Math.Max(Math.Abs(found.Low!.Value), Math.Abs(found.High!.Value));
        return Say($"no difference between {found.Variant} and {found.Control} seen yet after {count:N0} {Outcomes(found.Metric)}; ")
            + $"one above {Amount(found.Metric, most)} would have been detected";
    }

    private static string Outcomes(ExperimentMetric metric) => metric switch
    {
        ExperimentMetric.Latency => "answered calls",
        ExperimentMetric.FirstToken => "answered streams",
        ExperimentMetric.Cost => "answered calls with a known price",
        ExperimentMetric.Feedback => "rated calls",
        _ => "calls",
    };

    private static string Range(ExperimentMetric metric, double from, double to) => metric switch
    {
        ExperimentMetric.Cost => Say($"${from:0.######} to {Amount(metric, to)}"),
        ExperimentMetric.Feedback => Say($"{from:0.00} to {Amount(metric, to)}"),
        _ => Say($"{from * 100:0.#} to {Amount(metric, to)}"),
    };

    private static string Amount(ExperimentMetric metric, double amount) => metric switch
    {
        ExperimentMetric.Errors => Say($"{amount * 100:0.#} percentage points"),
        ExperimentMetric.Cost => Say($"${amount:0.######} a call"),
        ExperimentMetric.Feedback => Say($"{amount:0.00} of a score from -1 to 1"),
        _ => Say($"{amount * 100:0.#} %"),
    };

    private static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
