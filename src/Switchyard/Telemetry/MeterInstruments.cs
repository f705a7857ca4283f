using System.Diagnostics;
using System.Diagnostics.Metrics;
using Switchyard.Canonical;

namespace Switchyard.Telemetry;

/// <summary>
/// The meter <c>Switchyard</c>, for OpenTelemetry and other listeners. Counters and gauges are read from the series when a listener asks;
/// only histograms are recorded during the call, and only if there is a listener. Thread-safe.
/// </summary>
internal sealed class MeterInstruments : IDisposable
{
    private static readonly double[] s_durations =
        [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];

    private static readonly double[] s_firstTokens =
        [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

    private static readonly long[] s_tokens =
        [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864];

    private static readonly double[] s_overheads = [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.1, 1, 10];

    private readonly SeriesStore _store;
    private readonly Meter _meter = new(TelemetryNames.Source);
    private readonly Lock _publishing = new();
    private volatile Instrument[] _all = [];
    private Histogram<double>? _duration;
    private Histogram<double>? _firstToken;
    private Histogram<double>? _overhead;
    private Histogram<long>? _tokens;

    public MeterInstruments(SeriesStore store) => _store = store;

    /// <summary>Whether there is a listener.</summary>
    public bool IsHeard
    {
        get
        {
            foreach (var instrument in _all)
            {
                if (instrument.Enabled)
                    return true;
            }

            return false;
        }
    }

    public void Publish(string conventions)
    {
        lock (_publishing)
        {
            if (_all.Length == 0)
                _all = [.. TelemetryNames.Instruments(conventions).Select(Create)];
        }
    }

    public void Duration(TargetSeries series, TimeSpan time, string? errorType)
    {
        if (_duration is not { Enabled: true } histogram)
            return;
        var tags = TagsOf(series);
        if (errorType is not null)
            tags.Add("error.type", errorType);
        histogram.Record(time.TotalSeconds, tags);
    }

    public void FirstToken(TargetSeries series, TimeSpan time)
    {
        if (_firstToken is { Enabled: true } histogram)
            histogram.Record(time.TotalSeconds, TagsOf(series));
    }

    public void Overhead(CallOperation operation, TimeSpan time)
    {
        if (_overhead is { Enabled: true } histogram)
            histogram.Record(time.TotalSeconds, new KeyValuePair<string, object?>("gen_ai.operation.name", GenAI(operation)));
    }

    public void Tokens(TargetSeries series, in TokenUsage usage)
    {
        if (_tokens is not { Enabled: true } || usage.IsEmpty)
            return;
        Record(series, "input", usage.Input);
        Record(series, "output", usage.Output);
    }

    public void Dispose() => _meter.Dispose();

    private static string GenAI(CallOperation operation) => OperationNames.GenAI(OperationNames.Label(operation));

    private static TagList TagsOf(TargetSeries series) => new()
    {
        { "gen_ai.operation.name", GenAI(series.Operation) },
        { "gen_ai.provider.name", series.Labels[Label.Provider] },
        { "gen_ai.request.model", series.Labels[Label.Model] },
    };

    private void Record(TargetSeries series, string type, long? count)
    {
        if (count is not > 0)
            return;
        var tags = TagsOf(series);
        tags.Add("gen_ai.token.type", type);
        _tokens!.Record(count.Value, tags);
    }

    private Instrument Create(MetricName name) => (name.Kind, name.Measure) switch
    {
        (MetricKind.Histogram, Measure.Duration) => _duration = Histogram<double>(name, s_durations),
        (MetricKind.Histogram, Measure.FirstToken) => _firstToken = Histogram<double>(name, s_firstTokens),
        (MetricKind.Histogram, Measure.Overhead) => _overhead = Histogram<double>(name, s_overheads),
        (MetricKind.Histogram, Measure.Tokens) => _tokens = Histogram<long>(name, s_tokens),
        (MetricKind.Counter, _) => _meter.CreateObservableCounter(name.Name, () => Read<long>(name, static value => (long)value),
            name.Unit, name.Help),
        (MetricKind.Gauge, _) => _meter.CreateObservableGauge(name.Name, () => Read<double>(name, static value => value),
            name.Unit, name.Help),
        _ => throw new ArgumentException($"{name.Name} is a histogram that nothing records.", nameof(name)),
    };

    private Histogram<T> Histogram<T>(MetricName name, T[] bounds)
        where T : struct =>
        _meter.CreateHistogram(
            name.Name, name.Unit, name.Help, tags: null, new InstrumentAdvice<T> { HistogramBucketBoundaries = bounds });

    private IEnumerable<Measurement<T>> Read<T>(MetricName name, Func<double, T> convert)
        where T : struct
    {
        var family = Aggregation.Read(_store, name);
        foreach (var sample in family.Samples)
        {
            var tags = new KeyValuePair<string, object?>[sample.Labels.Count];
            for (var i = 0; i < tags.Length; i++)
            {
                var value = sample.Labels[i];
                tags[i] = new(family.LabelNames[i], name.Labels[i].Label == Label.Operation ? OperationNames.GenAI(value) : value);
            }

            yield return new Measurement<T>(convert(sample.Value), tags);
        }
    }
}
