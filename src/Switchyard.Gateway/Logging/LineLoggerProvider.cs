using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Switchyard.Gateway.Logging;

/// <summary>Logs lines to a <see cref="LineWriter"/>. Filters of <c>Logging:Console</c> apply to it. Thread-safe.</summary>
[ProviderAlias("Console")]
internal sealed class LineLoggerProvider(ILineFormat format, TimeProvider time, Stream output) : ILoggerProvider
{
    private readonly LineWriter _lines = new(format, time, output);

    public ILogger CreateLogger(string categoryName) => new LineLogger(categoryName, format.ShowsValues, time, _lines);

    public void Dispose() => _lines.Dispose();

    private sealed class LineLogger(string category, bool showsValues, TimeProvider time, LineWriter lines) : ILogger
    {
        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatMessage)
        {
            if (!IsEnabled(logLevel))
                return;
            var values = state as IReadOnlyList<KeyValuePair<string, object?>>;
            // A state that formats itself holds only values, and becomes text on the log's thread. Any other may change before that.
            var formatsItself = state is ISpanFormattable && values is not null;
            lines.Add(
                new(
                    time.GetUtcNow().UtcDateTime, logLevel, category, eventId.Id,
                    formatsItself ? values! : formatMessage(state, exception),
                    showsValues ? formatsItself ? values : values?.Select(Fixed).ToArray() : null,
                    exception?.ToString()),
                hurries: logLevel >= LogLevel.Error);
        }

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        private static KeyValuePair<string, object?> Fixed(KeyValuePair<string, object?> value) =>
            value.Value is null or bool or int or long or short or byte or uint or double or decimal
                ? value
                : new(value.Key, Convert.ToString(value.Value, CultureInfo.InvariantCulture));
    }
}
