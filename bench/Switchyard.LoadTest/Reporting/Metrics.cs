namespace Switchyard.LoadTest.Reporting;

/// <summary>All figures, in the order of the report. The targets are those of the project's performance contract.</summary>
internal static class Metrics
{
    public static readonly Metric CpuPerRequest =
        new("cpu_per_request_us", "CPU per request, µs", 1, Ratio(1.15)) { TranslateTarget = Ratio(1.6), IsByRound = true };

    public static readonly Metric RequestsPerSecond = new("requests_per_second", "requests/s on one core", 0);

    public static readonly Metric CoreUsed = new("core_used_percent", "share of the core used at that load, %", 0) { HasRatio = false };

    public static readonly Metric CoreForeign =
        new("core_foreign_percent", "share others took of the core (noise), %", 1) { HasRatio = false };

    public static readonly Metric Allocated = new("allocated_per_request_bytes", "allocated per request, bytes", 0, AtMost(4096, "bytes"));

    public static readonly Metric GcPause =
        new("gc_pause_percent", "stopped for garbage collection, % of the time", 2) { HasRatio = false };

    public static readonly Metric Median = new("latency_p50_us", "latency at one connection, median, µs", 0);

    public static readonly Metric Tail = new("latency_p99_us", "latency at one connection, p99, µs", 0);

    public static readonly Metric AddedMedian =
        new("added_p50_ms", "added over bare Kestrel, median, ms", 3, AtMost(0.05, "ms")) { HasRatio = false };

    public static readonly Metric AddedTail =
        new("added_p99_ms", "added over bare Kestrel, p99, ms", 3, AtMost(0.5, "ms")) { HasRatio = false };

    public static readonly Metric BodyMedian = new("body_p50_us", "latency of a body of 1 MB, median, µs", 0) { IsByRound = true };

    public static readonly Metric BodyAddedMedian =
        new("body_added_p50_ms", "added over bare Kestrel to a body of 1 MB, median, ms", 3, AtMost(1, "ms")) { HasRatio = false };

    public static readonly Metric CpuPerStream = new("cpu_per_stream_us", "CPU per paced stream, µs", 0);

    public static readonly Metric CpuPerChunk =
        new("cpu_per_chunk_us", "CPU per chunk of it, µs", 1, Ratio(1.08)) { TranslateTarget = Ratio(1.5), IsByRound = true };

    public static readonly Metric ResidentIdle = new("resident_idle_mb", "resident, just started, MB", 0, AtMost(60, "MB"));

    public static readonly Metric ResidentStreams =
        new("resident_open_streams_mb", "resident with the open streams, just started, MB", 0, AtMost(105, "MB"));

    public static readonly Metric ResidentLoaded = new("resident_loaded_mb", "resident after load, MB", 0);

    public static readonly Metric ResidentLoadedStreams =
        new("resident_loaded_open_streams_mb", "resident with the open streams, after load, MB", 0, AtMost(130, "MB"));

    public static readonly Metric Ready = new("ready_ms", "start to ready, ms", 0, AtMost(350, "ms"));

    public static readonly Metric[] All =
    [
        CpuPerRequest, RequestsPerSecond, CoreUsed, CoreForeign, Allocated, GcPause, Median, Tail, AddedMedian, AddedTail, BodyMedian,
        BodyAddedMedian, CpuPerStream, CpuPerChunk, ResidentIdle, ResidentStreams, ResidentLoaded, ResidentLoadedStreams, Ready,
    ];

    private static Target Ratio(double limit) => new(limit, IsRatio: true, FormattableString.Invariant($"≤ {limit} × kestrel"));

    private static Target AtMost(double limit, string unit) => new(limit, IsRatio: false, FormattableString.Invariant($"≤ {limit} {unit}"));
}
