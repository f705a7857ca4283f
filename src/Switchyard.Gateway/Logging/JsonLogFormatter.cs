using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using Switchyard.Common;

namespace Switchyard.Gateway.Logging;

/// <summary>
/// Lines for programs: one JSON object each, with the message and, by their names, the values in it. Thread-safe.
/// </summary>
internal sealed class JsonLogFormatter(SecretRedactor secrets, TimeProvider time) : ConsoleFormatter(FormatName)
{
    public const string FormatName = "switchyard-json";

    private const string Template = "{OriginalFormat}";

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var line = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(line))
        {
            json.WriteStartObject();
            json.WriteString("time", time.GetUtcNow().UtcDateTime);
            json.WriteString("level", LevelName(logEntry.LogLevel));
            json.WriteString("category", logEntry.Category);
            json.WriteNumber("event", logEntry.EventId.Id);
            json.WriteString("message", Safe(logEntry.Formatter(logEntry.State, logEntry.Exception)));
            if (logEntry.Exception is { } exception)
                json.WriteString("exception", Safe(exception.ToString()));
            if (logEntry.State is IReadOnlyList<KeyValuePair<string, object?>> values)
                WriteValues(json, values);
            json.WriteEndObject();
        }

        textWriter.WriteLine(Encoding.UTF8.GetString(line.WrittenSpan));
    }

    private void WriteValues(Utf8JsonWriter json, IReadOnlyList<KeyValuePair<string, object?>> values)
    {
        json.WriteStartObject("values");
        foreach (var (name, value) in values)
        {
            if (name == Template)
                continue;
            switch (value)
            {
                case null:
                    json.WriteNull(name);
                    break;
                case int or long:
                    json.WriteNumber(name, Convert.ToInt64(value, CultureInfo.InvariantCulture));
                    break;
                case bool truth:
                    json.WriteBoolean(name, truth);
                    break;
                default:
                    json.WriteString(name, Safe(Convert.ToString(value, CultureInfo.InvariantCulture)));
                    break;
            }
        }

        json.WriteEndObject();
    }

    // JSON escapes control characters by itself; the text is escaped all the same, so that it is safe when a program prints it.
    private string Safe(string? text) => text is null ? "" : LogText.Escape(secrets.Redact(text));

    private static string LevelName(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "information",
        LogLevel.Warning => "warning",
        LogLevel.Error => "error",
        _ => "critical",
    };
}
