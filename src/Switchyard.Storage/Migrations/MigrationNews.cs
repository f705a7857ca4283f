using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Switchyard.Storage.Migrations;

/// <summary>
/// Says what keeps a migration waiting: after three seconds, and every half minute from then on, however many parts of a process wait.
/// Thread-safe.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="say">Says a line.</param>
internal sealed partial class MigrationNews(TimeProvider time, Action<string> say)
{
    private static readonly TimeSpan s_first = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan s_every = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private long? _said;

    /// <summary>Says it in a log.</summary>
    public static MigrationNews To(ILogger logger, TimeProvider time) => new(time, line => LogWaits(logger, line));

    /// <summary>Notes that a wait begins: what <see cref="IsDue"/> and <see cref="Say"/> are to be given.</summary>
    public long Begin() => time.GetTimestamp();

    /// <summary>Whether something is to be said now of a wait: true once for all that wait.</summary>
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

    /// <summary>Says what a wait is for, and how long it has taken.</summary>
    public void Say(string what, long begun) =>
        say(string.Create(CultureInfo.InvariantCulture, $"{what} ({time.GetElapsedTime(begun).TotalSeconds:0} s so far)"));

    [LoggerMessage(1, LogLevel.Warning, "{Line}")]
    private static partial void LogWaits(ILogger logger, string line);
}
