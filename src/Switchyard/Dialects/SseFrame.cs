namespace Switchyard.Dialects;

/// <summary>One server-sent event. The spans point into the reader's buffer: copy what must outlive the call.</summary>
/// <param name="eventName">The value of the <c>event:</c> line; empty when there was none.</param>
/// <param name="data">The <c>data:</c> lines, joined by line feeds; empty when there were none.</param>
public readonly ref struct SseFrame(ReadOnlySpan<byte> eventName, ReadOnlySpan<byte> data)
{
    /// <summary>The value of the <c>event:</c> line; empty when there was none.</summary>
    public ReadOnlySpan<byte> EventName { get; } = eventName;

    /// <summary>The <c>data:</c> lines, joined by line feeds; empty when there were none.</summary>
    public ReadOnlySpan<byte> Data { get; } = data;
}
