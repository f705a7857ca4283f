namespace Switchyard.LoadTest.Reporting;

/// <summary>The median and the range of some values.</summary>
internal readonly record struct Spread(double Median, double Min, double Max)
{
    public static Spread? Of(IReadOnlyList<double> values)
    {
        if (values.Count == 0) return null;
        var sorted = values.Order().ToArray();
        return new Spread(Quantile(sorted, 0.5), sorted[0], sorted[^1]);
    }

    /// <summary>A quantile of sorted values, interpolated.</summary>
    public static double Quantile(ReadOnlySpan<double> sorted, double at)
    {
        var position = at * (sorted.Length - 1);
        var below = (int)position;
        var above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + (sorted[above] - sorted[below]) * (position - below);
    }

    public string Range(int decimals) => $"{Number.Text(Min, decimals)}..{Number.Text(Max, decimals)}";
}
