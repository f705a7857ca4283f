namespace Switchyard.Calls;

/// <summary>
/// An open answer: the provider has accepted the request and, for a stream, sent its first content. It is read to its end or disposed
/// early; disposing the answer that the engine returned ends the call, exactly once. Not thread-safe: one reader at a time.
/// </summary>
public abstract class CallResponse : IAsyncDisposable
{
    private ModelCall? _call;
    private int _disposed;

    /// <summary>The call it answers, with the attempt that answered and its losses.</summary>
    /// <exception cref="InvalidOperationException">This is not the answer that the engine returned.</exception>
    public ModelCall Call => _call ?? throw new InvalidOperationException("Only the answer that the engine returned knows its call.");

    /// <summary>The error of a call without an answer, or of an answer that broke off; null otherwise.</summary>
    public CallError? Error { get; protected set; }

    /// <summary>Whether the client already received the error, because the provider's own error event was forwarded to it.</summary>
    public bool ErrorWasSent { get; protected set; }

    /// <summary>Whether the provider's answer was read to its end.</summary>
    public bool IsComplete { get; protected set; }

    /// <summary>Whether it has been disposed.</summary>
    internal bool IsDisposed => Volatile.Read(ref _disposed) != 0;

    /// <summary>
    /// Records that the client received this error in place of a complete answer. The call then counts as failed; the attempt does not,
    /// and keeps its usage.
    /// </summary>
    public void Refuse(CallError error)
    {
        ArgumentNullException.ThrowIfNull(error);
        Error ??= error;
    }

    /// <summary>Releases the provider's connection and ends the call. Further calls do nothing.</summary>
    public ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return ValueTask.CompletedTask;
        GC.SuppressFinalize(this);
        ValueTask released;
        try
        {
            released = ReleaseAsync();
        }
        catch
        {
            _call?.End(this);
            throw;
        }

        if (!released.IsCompletedSuccessfully || _call?.Race is { LosersEnded.IsCompleted: false })
            return EndAfterAsync(released);
        // Other clients continue to read the call's answer. Its own client need not wait until they have finished.
        if (_call?.SharedWork is { IsCompleted: false })
        {
            _ = EndAfterAsync(released).AsTask();
            return ValueTask.CompletedTask;
        }

        _call?.End(this);
        return ValueTask.CompletedTask;
    }

    /// <summary>Makes this the answer that the engine returns; its disposal ends the call.</summary>
    internal CallResponse EndsCall(ModelCall call)
    {
        _call = call;
        return this;
    }

    /// <summary>Releases buffers, connection and lease of the answer. Called once.</summary>
    protected virtual ValueTask ReleaseAsync() => ValueTask.CompletedTask;

    private async ValueTask EndAfterAsync(ValueTask released)
    {
        try
        {
            await released.ConfigureAwait(false);
        }
        finally
        {
            // Never fails: the shared work handles its own failures.
            if (_call?.SharedWork is { } work)
                await work.ConfigureAwait(false);
            // A losing attempt may still be reading the request's body, which is released with the call.
            if (_call?.Race is { } race)
                await race.LosersEnded.ConfigureAwait(false);
            _call?.End(this);
        }
    }
}

/// <summary>A failure before any byte of an answer.</summary>
public sealed class FailedResponse : CallResponse
{
    /// <summary>Creates a failed answer.</summary>
    public FailedResponse(CallError error)
    {
        ArgumentNullException.ThrowIfNull(error);
        Error = error;
    }
}

/// <summary>An answer forwarded byte for byte from the provider, in the client's own dialect.</summary>
public abstract class ForwardedResponse : CallResponse
{
    /// <summary>The status of the provider's answer.</summary>
    public abstract int Status { get; }

    /// <summary>The content type of the provider's answer.</summary>
    public abstract string ContentType { get; }

    /// <summary>The number of bytes; null if unknown.</summary>
    public abstract long? ContentLength { get; }

    /// <summary>Whether the answer is a stream of events.</summary>
    public abstract bool IsStream { get; }

    /// <summary>
    /// Whether the last read was the end of the answer, with its usage: only an empty read follows.
    /// </summary>
    public virtual bool IsEnding => IsComplete;

    /// <summary>
    /// Reads the next bytes; empty at the end. A stream's bytes come in whole frames. An answer that breaks off ends early, with
    /// <see cref="CallResponse.Error"/> set; it does not throw. The memory is valid until the next call.
    /// </summary>
    public abstract ValueTask<ReadOnlyMemory<byte>> ReadAsync();
}
