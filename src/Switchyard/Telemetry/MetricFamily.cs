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
public sealed record MetricFamily
{
    /// <summary>The Prometheus name.</summary>
    public required string Name { get; init; }

    /// <summary>A description in one sentence.</summary>
    public required string Help { get; init; }

    /// <summary>The kind of its values.</summary>
    public required MetricKind Kind { get; init; }

    /// <summary>The names of its labels.</summary>
    public required IReadOnlyList<string> LabelNames { get; init; }

    /// <summary>The values.</summary>
    public required IReadOnlyList<MetricSample> Samples { get; init; }
}

/// <summary>A value of a metric. Immutable.</summary>
public sealed record MetricSample
{
    /// <summary>The values of the family's labels, in their order.</summary>
    public required IReadOnlyList<string> Labels { get; init; }

    /// <summary>The value of a counter or gauge; the sum of a histogram's observations.</summary>
    public required double Value { get; init; }

    /// <summary>For a histogram, the number of observations in each bucket; the last has no upper bound. Empty otherwise.</summary>
    public required IReadOnlyList<long> Buckets { get; init; }

    /// <summary>The upper bounds of all buckets except the last.</summary>
    public required IReadOnlyList<double> Bounds { get; init; }
}
