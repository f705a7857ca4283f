using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Switchyard.Gateway.Logging;

/// <summary>Logs lines to a <see cref="LineWriter"/>. Filters of <c>Logging:Console</c> hold for it. Thread-safe.</summary>
[ProviderAlias("Console")]
internal sealed class LineLoggerProvider : ILoggerProvider
{
    private const string OwnCategory = "Switchyard.Gateway.Logging";

    private readonly ConsoleFormatter _formatter;
    private readonly LineWriter _lines;

    public LineLoggerProvider(ConsoleFormatter formatter, Stream output)
    {
        _formatter = formatter;
        _lines = new LineWriter(output, DroppedLine);
    }

    public ILogger CreateLogger(string categoryName) => new LineLogger(categoryName, _formatter, _lines);

    public void Dispose() => _lines.Dispose();

    private string DroppedLine(long count)
    {
        using var line = new StringWriter(CultureInfo.InvariantCulture);
        _formatter.Write(
            new LogEntry<long>(
                LogLevel.Warning, OwnCategory, default, count, null,
                static (dropped, _) => string.Create(
                    CultureInfo.InvariantCulture, $"{dropped} lines were dropped, because the log was not read fast enough")),
            null,
            line);
        return line.ToString();
    }

    private sealed class LineLogger(string category, ConsoleFormatter formatter, LineWriter lines) : ILogger
    {
        private const int KeptCapacity = 4096;

        [ThreadStatic]
        private static StringWriter? t_line;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatMessage)
        {
            if (!IsEnabled(logLevel))
                return;
            var line = t_line ?? new StringWriter(CultureInfo.InvariantCulture);
            // Formatting may log in turn, which then takes a writer of its own.
            t_line = null;
            formatter.Write(new LogEntry<TState>(logLevel, category, eventId, state, exception, formatMessage), null, line);
            var text = line.GetStringBuilder();
            if (text.Length > 0)
                lines.Add(text, hurries: logLevel >= LogLevel.Error);
            text.Clear();
            if (text.Capacity <= KeptCapacity)
                t_line = line;
        }

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;
    }
}
