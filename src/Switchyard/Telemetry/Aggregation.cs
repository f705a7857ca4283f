namespace Switchyard.Telemetry;

/// <summary>Reads a measure under one of its names: observations with the same labels are summed. For readers only; it allocates.</summary>
internal static class Aggregation
{
    public static MetricFamily Read(SeriesStore store, MetricName name)
    {
        var samples = new Dictionary<string, MetricSample>(StringComparer.Ordinal);
        foreach (var observation in store.Read(name.Measure))
        {
            var labels = Array.ConvertAll(name.Labels, label => observation.Labels[label.Label] ?? "");
            var key = string.Join('\u0001', labels);
            samples[key] = samples.TryGetValue(key, out var other)
                ? Add(other, observation)
                : new()
                {
                    Labels = labels,
                    Value = observation.Times?.Sum ?? observation.Value,
                    Buckets = observation.Times?.Buckets() ?? [],
                    Bounds = observation.Times?.Bounds ?? [],
                };
        }

        return new()
        {
            Name = name.Name,
            Help = name.Help,
            Kind = name.Kind,
            LabelNames = Array.ConvertAll(name.Labels, static label => label.Name),
            Samples = [.. samples.OrderBy(static pair => pair.Key, StringComparer.Ordinal).Select(static pair => pair.Value)],
        };
    }

    private static MetricSample Add(MetricSample sample, in Observation observation) => observation.Times is not { } times
        ? sample with { Value = sample.Value + observation.Value }
        : sample with
        {
            Value = sample.Value + times.Sum,
            Buckets = [.. sample.Buckets.Zip(times.Buckets(), static (left, right) => left + right)],
        };
}
