using Switchyard.Calls;

namespace Switchyard.Limits;

/// <summary>How often a stream that has not begun gets a sign of life (<c>server.heartbeat</c>). Immutable.</summary>
public sealed class Heartbeats
{
    /// <summary>The section of a snapshot. Absent unless configured.</summary>
    public static readonly SectionKey<Heartbeats> Section = new();

    private Heartbeats(TimeSpan interval) => Interval = interval;

    /// <summary>The time between two.</summary>
    public TimeSpan Interval { get; }

    /// <summary>Those of an interval; null for none.</summary>
    internal static Heartbeats? Every(TimeSpan? interval) => interval is { } time ? new(time) : null;
}
