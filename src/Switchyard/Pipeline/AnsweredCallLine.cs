using System.Collections;
using System.Globalization;
using Switchyard.Calls;
using Switchyard.Canonical;

namespace Switchyard.Pipeline;

/// <summary>
/// The state of the log line of an answered call. It formats itself into a log's buffer, so that a busy gateway allocates no string per
/// call, and exposes its values by name for structured logs. A logger boxes it and may format it later, on another thread: it holds copies,
/// not the call.
/// </summary>
/// <param name="call">The call, which has ended.</param>
/// <param name="response">Its answer.</param>
internal readonly struct AnsweredCallLine(ModelCall call, CallResponse response)
    : IReadOnlyList<KeyValuePair<string, object?>>, ISpanFormattable
{
    private const string Template =
        "Call {RequestId}{Trace}: {Operation} of {Model} answered by {Provider}/{TargetModel}: {Status} in {Milliseconds} ms";

    /// <summary>Formats the state as the log message.</summary>
    public static readonly Func<AnsweredCallLine, Exception?, string> Message = static (line, _) => line.ToString();

    private readonly string _model = call.Envelope.Model;

    /// <summary>The target that was called, or the original target of a cached answer; null if none was called.</summary>
    private readonly string? _target = call.Cache?.Source is { } source
        ? $"{source.Provider}/{source.Model}"
        : call.Attempt?.Deployment.Model;

    /// <summary>Negative if the provider reported no counts.</summary>
    private readonly long _inputTokens = call.Attempt?.Usage is { IsEmpty: false } usage ? usage.Input ?? 0 : -1;

    private readonly long _outputTokens = call.Attempt?.Usage.Output ?? 0;

    public string RequestId { get; } = call.Id;

    /// <summary>The client's trace; null without one.</summary>
    public string? TraceId { get; } = call.Trace?.TraceId;

    public CallOperation Operation { get; } = call.Envelope.Operation;

    public string Model => CallLog.Shown(_model);

    /// <summary>The provider that was called; <c>cache</c> for a cached answer.</summary>
    public string Provider { get; } = call.Cache?.Source is null ? call.Attempt?.Deployment.Provider ?? "-" : "cache";

    /// <summary>The model that was called; for a cached answer, the target that had given it.</summary>
    public string TargetModel => CallLog.Shown(_target ?? "-");

    public int Status { get; } = response is ForwardedResponse forwarded ? forwarded.Status : 200;

    /// <summary>The duration of the whole call in milliseconds, to hundredths.</summary>
    public double Milliseconds { get; } = Math.Round(call.Elapsed.TotalMilliseconds, 2);

    /// <summary>Null if the provider reported no counts; the message then omits tokens.</summary>
    public (long Input, long Output)? Tokens => _inputTokens < 0 ? null : (_inputTokens, _outputTokens);

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
