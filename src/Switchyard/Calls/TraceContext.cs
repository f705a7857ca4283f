using System.Diagnostics;

namespace Switchyard.Calls;

/// <summary>
/// A client's position in a distributed trace (W3C Trace Context): the headers <c>traceparent</c> and <c>tracestate</c>. Immutable.
/// </summary>
public sealed class TraceContext
{
    /// <summary>The name of the header with trace and span.</summary>
    internal const string ParentHeader = "traceparent";

    /// <summary>The name of the header with the additions of tracing systems.</summary>
    internal const string StateHeader = "tracestate";

    private const int LongestState = 512;

    private TraceContext(in ActivityContext context)
    {
        TraceId = context.TraceId.ToHexString();
        Parent = $"00-{TraceId}-{context.SpanId}-{((context.TraceFlags & ActivityTraceFlags.Recorded) != 0 ? "01" : "00")}";
        State = context.TraceState;
    }

    /// <summary>The trace: 32 hexadecimal digits.</summary>
    public string TraceId { get; }

    /// <summary>The value of <c>traceparent</c>: trace, span and flags.</summary>
    public string Parent { get; }

    /// <summary>The value of <c>tracestate</c>; null without one.</summary>
    public string? State { get; }

    /// <summary>
    /// Reads the two headers. Null if the first is missing or malformed: the trace then begins anew, as the standard requires.
    /// </summary>
    public static TraceContext? Parse(string? traceparent, string? tracestate)
    {
        if (string.IsNullOrEmpty(traceparent))
            return null;
        var state = tracestate is { Length: > 0 and <= LongestState } && !tracestate.AsSpan().ContainsAnyExceptInRange(' ', '~')
            ? tracestate
            : null;
        return ActivityContext.TryParse(traceparent, state, out var context) ? new TraceContext(context) : null;
    }
}
