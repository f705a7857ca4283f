using System.CommandLine;
using System.CommandLine.Parsing;
using Microsoft.Extensions.Logging;

namespace Switchyard.Server.Commands;

/// <summary>The option <c>--log-level</c>, with the names that other programs have for levels too.</summary>
internal static class LogLevels
{
    private const string Names = "trace, debug, info, warn, error, critical or none";

    public static Option<LogLevel> Option() => new("--log-level")
    {
        Description = $"The lowest level that is logged: {Names}.",
        HelpName = "level",
        DefaultValueFactory = _ => LogLevel.Information,
        CustomParser = Parse,
    };

    private static LogLevel Parse(ArgumentResult result)
    {
        var written = result.Tokens.Count > 0 ? result.Tokens[0].Value : "";
        switch (written.Trim().ToLowerInvariant())
        {
            case "trace" or "verbose":
                return LogLevel.Trace;
            case "debug":
                return LogLevel.Debug;
            case "info" or "information":
                return LogLevel.Information;
            case "warn" or "warning":
                return LogLevel.Warning;
            case "error" or "err":
                return LogLevel.Error;
            case "critical" or "crit" or "fatal":
                return LogLevel.Critical;
            case "none" or "off":
                return LogLevel.None;
            default:
                result.AddError($"There is no log level '{written}': use {Names}.");
                return LogLevel.Information;
        }
    }
}
