using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using Switchyard.Common;

namespace Switchyard.Gateway.Logging;

/// <summary>Lines for people: time in UTC, level, category and event, message. Thread-safe.</summary>
internal sealed class TextLogFormatter(SecretRedactor secrets, TimeProvider time) : ConsoleFormatter(FormatName)
{
    public const string FormatName = "switchyard-text";

    private const string Plain = "\u001b[0m";

    // A terminal shows warnings and errors in colour; a file or a pipe gets none.
    private readonly bool _colours =
        !System.Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        Span<char> now = stackalloc char[32];
        time.GetUtcNow().TryFormat(now, out var length, "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ", CultureInfo.InvariantCulture);
        textWriter.Write(now[..length]);
        var (level, colour) = LevelName(logEntry.LogLevel);
        textWriter.Write(_colours ? $"{colour}{level}{Plain}" : level);
        textWriter.Write(": ");
        textWriter.Write(logEntry.Category);
        textWriter.Write('[');
        textWriter.Write(logEntry.EventId.Id);
        textWriter.Write("] ");
        WriteMessage(logEntry, textWriter);
        if (logEntry.Exception is { } exception)
        {
            textWriter.Write(' ');
            textWriter.Write(Safe(exception.ToString()));
        }

        textWriter.WriteLine();
    }

    /// <summary>
    /// Writes the message. A state with named values that formats itself is written without a string, unless it holds what must be masked.
    /// </summary>
    private void WriteMessage<TState>(in LogEntry<TState> logEntry, TextWriter textWriter)
    {
        Span<char> text = stackalloc char[512];
        if (logEntry.State is ISpanFormattable and IReadOnlyList<KeyValuePair<string, object?>>
            && ((ISpanFormattable)logEntry.State).TryFormat(text, out var length, default, CultureInfo.InvariantCulture)
            && secrets.IsClean(text[..length])
            && LogText.IsSafe(text[..length]))
            textWriter.Write(text[..length]);
        else
            textWriter.Write(Safe(logEntry.Formatter(logEntry.State, logEntry.Exception)));
    }

    private string Safe(string? text) => text is null ? "" : LogText.Escape(secrets.Redact(text));

    private static (string Name, string Colour) LevelName(LogLevel level) => level switch
    {
        LogLevel.Trace => ("trce", ""),
        LogLevel.Debug => ("dbug", ""),
        LogLevel.Information => ("info", "\u001b[32m"),
        LogLevel.Warning => ("warn", "\u001b[33m"),
        LogLevel.Error => ("fail", "\u001b[31m"),
        _ => ("crit", "\u001b[31m"),
    };
}
