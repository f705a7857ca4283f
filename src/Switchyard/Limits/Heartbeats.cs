using Switchyard.Calls;

namespace Switchyard.Limits;

/// <summary>The heartbeats of a stream that has not begun (<c>server.heartbeat</c>). Immutable.</summary>
public sealed class Heartbeats
{
    /// <summary>The section of a snapshot. Absent unless configured.</summary>
    public static readonly SectionKey<Heartbeats> Section = new();

    private Heartbeats(TimeSpan interval) => Interval = interval;

    /// <summary>The time between two heartbeats.</summary>
    public TimeSpan Interval { get; }

    /// <summary>Creates the section; null if no interval is configured.</summary>
    internal static Heartbeats? Every(TimeSpan? interval) => interval is { } time ? new(time) : null;
}
