namespace Switchyard.Telemetry;

/// <summary>The kind of a metric's values.</summary>
public enum MetricKind
{
    /// <summary>A count that only increases.</summary>
    Counter,

    /// <summary>A value that goes up and down.</summary>
    Gauge,

    /// <summary>Observations, counted by size.</summary>
    Histogram,
}

/// <summary>A metric with a snapshot of its values. Immutable.</summary>
/// <param name="Name">The Prometheus name.</param>
/// <param name="Help">A description in one sentence.</param>
/// <param name="Kind">The kind of its values.</param>
/// <param name="LabelNames">The names of its labels.</param>
/// <param name="Samples">The values.</param>
public sealed record MetricFamily(
    string Name, string Help, MetricKind Kind, IReadOnlyList<string> LabelNames, IReadOnlyList<MetricSample> Samples);

/// <summary>A value of a metric. Immutable.</summary>
/// <param name="Labels">The values of the family's labels, in their order.</param>
/// <param name="Value">The value of a counter or gauge; the sum of a histogram's observations.</param>
/// <param name="Buckets">For a histogram, the number of observations in each bucket; the last has no upper bound. Empty otherwise.</param>
/// <param name="Bounds">The upper bounds of all buckets except the last.</param>
public sealed record MetricSample(
    IReadOnlyList<string> Labels, double Value, IReadOnlyList<long> Buckets, IReadOnlyList<double> Bounds);
