using Microsoft.Extensions.Logging;

namespace Switchyard.Configuration.Reload;

internal static partial class ReloadLog
{
    [LoggerMessage(1, LogLevel.Information, "configuration: generation {Generation} is in force{Changes}")]
    public static partial void Applied(this ILogger logger, long generation, string changes);

    [LoggerMessage(2, LogLevel.Error, "configuration: kept generation {Generation}: {Reason}")]
    public static partial void Kept(this ILogger logger, long generation, string reason);

    [LoggerMessage(3, LogLevel.Error, "configuration: {Problem}")]
    public static partial void Problem(this ILogger logger, string problem);

    [LoggerMessage(4, LogLevel.Warning, "configuration: {Problem}")]
    public static partial void Warn(this ILogger logger, string problem);

    [LoggerMessage(5, LogLevel.Warning, "configuration: the directory cannot be watched ({Cause}); changes are noticed every {Interval}")]
    public static partial void OnlyPolling(this ILogger logger, string cause, string interval);

    [LoggerMessage(6, LogLevel.Error, "configuration: looking for changes failed; trying again")]
    public static partial void WatchFailed(this ILogger logger, Exception failure);
}
