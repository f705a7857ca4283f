using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Extensions.Logging;
using Switchyard.Common;

namespace Switchyard.Gateway.Logging;

/// <summary>Lines to be read by a human: time in UTC, level, category and event, message.</summary>
internal sealed class TextLines(SecretRedactor secrets) : ILineFormat
{
    private const string Plain = "\u001b[0m";

    // A terminal shows warnings and errors in colour; a file or a pipe gets none.
    private readonly bool _colours =
        !System.Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));

    public bool ShowsValues => false;

    public void Write(in LogLine line, IBufferWriter<byte> output)
    {
        var text = new DefaultInterpolatedStringHandler(0, 0, CultureInfo.InvariantCulture, stackalloc char[1024]);
        text.AppendFormatted(line.At, "s");
        text.AppendLiteral(".");
        text.AppendFormatted(line.At.Millisecond, "000");
        text.AppendLiteral("Z ");
        text.AppendLiteral(_colours ? Coloured(line.Level) : LevelName(line.Level));
        text.AppendLiteral(": ");
        text.AppendLiteral(line.Category);
        text.AppendLiteral("[");
        text.AppendFormatted(line.Event);
        text.AppendLiteral("] ");
        var head = text.Text.Length;
        text.AppendFormatted(line.State);

        Encoding.UTF8.GetBytes(text.Text[..head], output);
        WriteSafely(text.Text[head..], output);
        text.Clear();
        if (line.Exception is { } exception)
        {
            output.Write(" "u8);
            WriteSafely(exception, output);
        }

        Encoding.UTF8.GetBytes(Environment.NewLine, output);
    }

    private void WriteSafely(ReadOnlySpan<char> text, IBufferWriter<byte> output)
    {
        if (!secrets.IsClean(text) || !LogText.IsSafe(text))
            text = LogText.Escape(secrets.Redact(text.ToString()));
        Encoding.UTF8.GetBytes(text, output);
    }

    private static string Coloured(LogLevel level) => level switch
    {
        LogLevel.Information => $"\u001b[32m{LevelName(level)}{Plain}",
        LogLevel.Warning => $"\u001b[33m{LevelName(level)}{Plain}",
        LogLevel.Error or LogLevel.Critical => $"\u001b[31m{LevelName(level)}{Plain}",
        _ => LevelName(level),
    };

    private static string LevelName(LogLevel level) => level switch
    {
        LogLevel.Trace => "trce",
        LogLevel.Debug => "dbug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        LogLevel.Error => "fail",
        _ => "crit",
    };
}
