namespace Switchyard.LoadTest.Reporting;

/// <summary>All figures, in the order of the report. The targets are those of the project's performance contract.</summary>
internal static class Metrics
{
    public static readonly Metric CpuPerRequest =
        new("cpu_per_request_us", "CPU per request, µs", 1, Ratio(1.3)) { TranslateTarget = Ratio(2) };

    public static readonly Metric RequestsPerSecond = new("requests_per_second", "requests/s on one core", 0);

    public static readonly Metric CoreUsed = new("core_used_percent", "share of the core used at that load, %", 0) { HasRatio = false };

    public static readonly Metric CoreForeign =
        new("core_foreign_percent", "share others took of the core (noise), %", 1) { HasRatio = false };

    public static readonly Metric Allocated = new("allocated_per_request_bytes", "allocated per request, bytes", 0);

    public static readonly Metric Median = new("latency_p50_us", "latency at one connection, median, µs", 0);

    public static readonly Metric Tail = new("latency_p99_us", "latency at one connection, p99, µs", 0);

    public static readonly Metric AddedMedian =
        new("added_p50_ms", "added over bare Kestrel, median, ms", 3, AtMost(0.15, "ms")) { HasRatio = false };

    public static readonly Metric AddedTail =
        new("added_p99_ms", "added over bare Kestrel, p99, ms", 3, AtMost(1, "ms")) { HasRatio = false };

    public static readonly Metric CpuPerStream = new("cpu_per_stream_us", "CPU per paced stream, µs", 0);

    public static readonly Metric CpuPerChunk =
        new("cpu_per_chunk_us", "CPU per chunk of it, µs", 1, Ratio(1.3)) { TranslateTarget = Ratio(1.5) };

    public static readonly Metric ResidentLoaded = new("resident_loaded_mb", "resident after load, MB", 0);

    public static readonly Metric ResidentStreams = new(
        "resident_open_streams_mb", "resident with the open streams, MB", 0, AtMost(150, "MB"));

    public static readonly Metric Ready = new("ready_ms", "start to ready, ms", 0, AtMost(1000, "ms"));

    public static readonly Metric[] All =
    [
        CpuPerRequest, RequestsPerSecond, CoreUsed, CoreForeign, Allocated, Median, Tail, AddedMedian, AddedTail, CpuPerStream, CpuPerChunk,
        ResidentLoaded, ResidentStreams, Ready,
    ];

    private static Target Ratio(double limit) => new(limit, IsRatio: true, FormattableString.Invariant($"≤ {limit} × kestrel"));

    private static Target AtMost(double limit, string unit) => new(limit, IsRatio: false, FormattableString.Invariant($"≤ {limit} {unit}"));
}
