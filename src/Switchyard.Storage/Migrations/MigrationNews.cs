using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Switchyard.Storage.Migrations;

/// <summary>
/// Reports what a migration waits for: after three seconds, and then every half minute, however many parts of a process wait.
/// Thread-safe.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="say">Writes a line.</param>
internal sealed partial class MigrationNews(TimeProvider time, Action<string> say)
{
    private static readonly TimeSpan s_first = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan s_every = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private long? _said;

    /// <summary>Reports to a log.</summary>
    public static MigrationNews To(ILogger logger, TimeProvider time) => new(time, line => LogWaits(logger, line));

    /// <summary>Returns the start of a wait, for <see cref="IsDue"/> and <see cref="Say"/>.</summary>
    public long Begin() => time.GetTimestamp();

    /// <summary>Whether a wait must be reported now: true once for all waits together.</summary>
    public bool IsDue(long begun)
    {
        var now = time.GetTimestamp();
        if (time.GetElapsedTime(begun, now) < s_first)
            return false;
        lock (_gate)
        {
            if (_said is { } said && time.GetElapsedTime(said, now) < s_every)
                return false;
            _said = now;
            return true;
        }
    }

    /// <summary>Reports what is waited for, and how long it has taken.</summary>
    public void Say(string what, long begun) =>
        say(string.Create(CultureInfo.InvariantCulture, $"{what} ({time.GetElapsedTime(begun).TotalSeconds:0} s so far)"));

    [LoggerMessage(1, LogLevel.Warning, "{Line}")]
    private static partial void LogWaits(ILogger logger, string line);
}
