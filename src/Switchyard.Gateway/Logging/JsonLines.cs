using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Switchyard.Common;

namespace Switchyard.Gateway.Logging;

/// <summary>Lines for programs: one JSON object each, with the message and, by their names, the values in it.</summary>
internal sealed class JsonLines(SecretRedactor secrets) : ILineFormat
{
    // The name of the message template among the values.
    private const string Template = "{OriginalFormat}";

    public bool ShowsValues => true;

    public void Write(in LogLine line, IBufferWriter<byte> output)
    {
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            json.WriteString("time", line.At);
            json.WriteString("level", LevelName(line.Level));
            json.WriteString("category", line.Category);
            json.WriteNumber("event", line.Event);
            json.WriteString("message", Safe(line.State.ToString()));
            if (line.Exception is { } exception)
                json.WriteString("exception", Safe(exception));
            if (line.Values is { } values)
                WriteValues(json, values);
            json.WriteEndObject();
        }

        Encoding.UTF8.GetBytes(Environment.NewLine, output);
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
                case int or long or short or byte or uint:
                    json.WriteNumber(name, Convert.ToInt64(value, CultureInfo.InvariantCulture));
                    break;
                // JSON has no infinity.
                case double number when double.IsFinite(number):
                    json.WriteNumber(name, number);
                    break;
                case decimal number:
                    json.WriteNumber(name, number);
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
