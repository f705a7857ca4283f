namespace Switchyard.Dialects.Framing;

/// <summary>One event of a stream, in any framing. The spans point into the reader's buffer: copy what must outlive the call.</summary>
/// <param name="eventName">The event's name where the framing has one (<c>event:</c>, <c>:event-type</c>); empty otherwise.</param>
/// <param name="data">The event's payload; empty when there was none.</param>
/// <param name="isException">Whether the framing itself marks the event as an error.</param>
public readonly ref struct StreamFrame(ReadOnlySpan<byte> eventName, ReadOnlySpan<byte> data, bool isException = false)
{
    /// <summary>The event's name where the framing has one (<c>event:</c>, <c>:event-type</c>); empty otherwise.</summary>
    public ReadOnlySpan<byte> EventName { get; } = eventName;

    /// <summary>
    /// The event's payload: the <c>data:</c> lines joined by line feeds, a line of JSON, a message's body; empty when there was none.
    /// </summary>
    public ReadOnlySpan<byte> Data { get; } = data;

    /// <summary>Whether the framing itself marks the event as an error; <see cref="EventName"/> is then the error's type.</summary>
    public bool IsException { get; } = isException;

    /// <summary>Whether it is bare JSON between events, not an event: a client's reader skips it, so it must not be passed on.</summary>
    internal bool IsBare { get; init; }
}
