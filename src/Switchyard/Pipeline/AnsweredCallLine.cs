using System.Collections;
using System.Globalization;
using Switchyard.Canonical;

namespace Switchyard.Pipeline;

/// <summary>
/// The state of the log's line about an answered call. It writes itself into a log's buffer, so that a busy gateway makes no string for
/// each call, and has its values by name for logs that programs read. Immutable.
/// </summary>
internal readonly struct AnsweredCallLine : IReadOnlyList<KeyValuePair<string, object?>>, ISpanFormattable
{
    private const string Template =
        "Call {RequestId}{Trace}: {Operation} of {Model} answered by {Provider}/{TargetModel}: {Status} in {Milliseconds} ms";

    /// <summary>How a logger turns the state into its message.</summary>
    public static readonly Func<AnsweredCallLine, Exception?, string> Message = static (line, _) => line.ToString();

    public required string RequestId { get; init; }

    /// <summary>The client's trace; null without one.</summary>
    public required string? TraceId { get; init; }

    public required CallOperation Operation { get; init; }

    public required string Model { get; init; }

    public required string Provider { get; init; }

    public required string TargetModel { get; init; }

    public required int Status { get; init; }

    /// <summary>The whole call's time, to hundredths.</summary>
    public required double Milliseconds { get; init; }

    /// <summary>Null where the provider reported no counts at all; the words about tokens are then left out.</summary>
    public required (long Input, long Output)? Tokens { get; init; }

    public int Count => Tokens is null ? 9 : 11;

    public KeyValuePair<string, object?> this[int index] => index switch
    {
        0 => new(nameof(RequestId), RequestId),
        1 => new("Trace", TraceId is null ? "" : $" (trace {TraceId})"),
        2 => new(nameof(Operation), Operation),
        3 => new(nameof(Model), Model),
        4 => new(nameof(Provider), Provider),
        5 => new(nameof(TargetModel), TargetModel),
        6 => new(nameof(Status), Status),
        7 => new(nameof(Milliseconds), Milliseconds),
        8 when Tokens is { } tokens => new("InputTokens", tokens.Input),
        9 when Tokens is { } tokens => new("OutputTokens", tokens.Output),
        8 or 10 => new("{OriginalFormat}", Tokens is null ? Template : Template + ", {InputTokens} + {OutputTokens} tokens"),
        _ => throw new ArgumentOutOfRangeException(nameof(index)),
    };

    public bool TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider)
    {
        var (trace, traceEnd) = TraceId is null ? ("", "") : (" (trace ", ")");
        if (!destination.TryWrite(
                CultureInfo.InvariantCulture,
                $"Call {RequestId}{trace}{TraceId}{traceEnd}: {Operation} of {Model} "
                    + $"answered by {Provider}/{TargetModel}: {Status} in {Milliseconds:F2} ms",
                out charsWritten))
            return false;
        if (Tokens is not { } tokens)
            return true;
        if (!destination[charsWritten..].TryWrite(
                CultureInfo.InvariantCulture, $", {tokens.Input} + {tokens.Output} tokens", out var length))
            return false;
        charsWritten += length;
        return true;
    }

    public string ToString(string? format, IFormatProvider? formatProvider) => ToString();

    public override string ToString()
    {
        for (var size = 512; ; size *= 2)
        {
            Span<char> text = new char[size];
            if (TryFormat(text, out var length, default, null))
                return new string(text[..length]);
        }
    }

    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator()
    {
        for (var i = 0; i < Count; i++)
            yield return this[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
