using System.Globalization;
using System.Text.RegularExpressions;

namespace Switchyard.TestKit;

/// <summary>
/// A strict reader of Prometheus' text format 0.0.4: every line must follow the format, every family must occur once and together, every
/// series once, and every histogram must add up.
/// </summary>
public sealed partial class MetricsText
{
    private const string Label = @"(?<label>[a-zA-Z_][a-zA-Z0-9_]*=""([^""\\]|\\\\|\\""|\\n)*"")";

    private readonly Dictionary<string, double> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _kinds = new(StringComparer.Ordinal);

    /// <summary>The value of a series, written as on the page.</summary>
    public double this[string series] => _values.TryGetValue(series, out var value)
        ? value
        : throw new KeyNotFoundException($"No {series} among:\n{string.Join('\n', _values.Keys)}");

    /// <summary>The names of the families.</summary>
    public IReadOnlyCollection<string> Names => _kinds.Keys;

    /// <summary>Reads a page.</summary>
    /// <exception cref="FormatException">A line breaks the format.</exception>
    public static MetricsText Parse(string page)
    {
        var metrics = new MetricsText();
        if (!page.EndsWith('\n'))
            throw new FormatException("The last line has no end.");
        string? family = null, help = null;
        foreach (var line in page[..^1].Split('\n'))
        {
            if (HelpLine().Match(line) is { Success: true } told)
            {
                help = told.Groups["name"].Value;
            }
            else if (TypeLine().Match(line) is { Success: true } typed)
            {
                family = typed.Groups["name"].Value;
                if (family != help || !metrics._kinds.TryAdd(family, typed.Groups["kind"].Value))
                    throw new FormatException($"Not after its help, or told twice: {line}");
            }
            else if (SampleLine().Match(line) is { Success: true } sample && family is not null)
            {
                metrics.Add(family, sample);
            }
            else
            {
                throw new FormatException($"Not a line of the format: {line}");
            }
        }

        metrics.CheckHistograms();
        return metrics;
    }

    /// <summary>The value of the only series of a name that has these labels.</summary>
    public double Only(string name, params string[] labels) => _values.Single(pair =>
        (pair.Key == name || pair.Key.StartsWith(name + "{", StringComparison.Ordinal))
        && labels.All(label => pair.Key.Contains(label, StringComparison.Ordinal))).Value;

    /// <summary>The bounds of a histogram's buckets, as written for its first series.</summary>
    public IReadOnlyList<string> Bounds(string histogram) =>
    [
        .. _values.Keys.Where(series => series.StartsWith($"{histogram}_bucket{{", StringComparison.Ordinal))
            .Select(series => Bucket().Match(series).Groups["le"].Value).Distinct(),
    ];

    private void Add(string family, Match sample)
    {
        var name = sample.Groups["name"].Value;
        var kind = _kinds[family];
        string[] names = kind == "histogram" ? [$"{family}_bucket", $"{family}_sum", $"{family}_count"] : [family];
        if (!names.Contains(name))
            throw new FormatException($"{name} stands among the lines of {family}.");
        if (kind == "counter" && !name.EndsWith("_total", StringComparison.Ordinal))
            throw new FormatException($"The counter {name} does not end in _total.");
        var labels = sample.Groups["label"].Captures.Select(label => label.Value.Split('=')[0]).ToList();
        if (labels.Distinct().Count() != labels.Count)
            throw new FormatException($"A label twice: {sample.Value}");
        if (!_values.TryAdd(name + sample.Groups["labels"].Value, double.Parse(sample.Groups["value"].Value, CultureInfo.InvariantCulture)))
            throw new FormatException($"Twice: {sample.Value}");
    }

    private void CheckHistograms()
    {
        var buckets = _values.Where(pair => Bucket().IsMatch(pair.Key)).GroupBy(pair => Bucket().Replace(pair.Key, ""));
        foreach (var series in buckets)
        {
            var values = series.Select(pair => pair.Value).ToList();
            if (!values.SequenceEqual(values.Order()) || Bucket().Match(series.Last().Key).Groups["le"].Value != "+Inf")
                throw new FormatException($"The buckets of {series.Key} do not add up.");
            var name = series.Key[..series.Key.IndexOf("_bucket", StringComparison.Ordinal)];
            var labels = series.Key[(name.Length + "_bucket".Length)..];
            if (this[$"{name}_count{(labels == "{}" ? "" : labels)}"] != values[^1])
                throw new FormatException($"The count of {series.Key} is not that of its buckets.");
        }
    }

    [GeneratedRegex(@"^# HELP (?<name>[a-zA-Z_:][a-zA-Z0-9_:]*) ([^\\]|\\\\|\\n)+$")]
    private static partial Regex HelpLine();

    [GeneratedRegex("^# TYPE (?<name>[a-zA-Z_:][a-zA-Z0-9_:]*) (?<kind>counter|gauge|histogram)$")]
    private static partial Regex TypeLine();

    [GeneratedRegex(@$"^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(?<labels>\{{{Label}(,{Label})*\}})? (?<value>-?[0-9][0-9.eE+-]*|NaN|[+-]Inf)$")]
    private static partial Regex SampleLine();

    [GeneratedRegex(@",?le=""(?<le>[^""]+)""")]
    private static partial Regex Bucket();
}
