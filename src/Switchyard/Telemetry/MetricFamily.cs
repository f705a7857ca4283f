namespace Switchyard.Telemetry;

/// <summary>What the values of a metric are.</summary>
public enum MetricKind
{
    /// <summary>A count that only grows.</summary>
    Counter,

    /// <summary>A value that goes up and down.</summary>
    Gauge,

    /// <summary>Observations, counted by size.</summary>
    Histogram,
}

/// <summary>A metric and its values at one moment. Immutable.</summary>
/// <param name="Name">The name, as Prometheus writes it.</param>
/// <param name="Help">What it is, in a sentence.</param>
/// <param name="Kind">What its values are.</param>
/// <param name="LabelNames">The names of its labels.</param>
/// <param name="Samples">The values.</param>
public sealed record MetricFamily(
    string Name, string Help, MetricKind Kind, IReadOnlyList<string> LabelNames, IReadOnlyList<MetricSample> Samples);

/// <summary>A value of a metric. Immutable.</summary>
/// <param name="Labels">The values of the family's labels, in their order.</param>
/// <param name="Value">The value of a counter or gauge; the sum of a histogram's observations.</param>
/// <param name="Buckets">Of a histogram, how many observations lie in each bucket; the last has no upper bound. Empty otherwise.</param>
/// <param name="Bounds">The upper bounds of the buckets but the last.</param>
public sealed record MetricSample(
    IReadOnlyList<string> Labels, double Value, IReadOnlyList<long> Buckets, IReadOnlyList<double> Bounds);
