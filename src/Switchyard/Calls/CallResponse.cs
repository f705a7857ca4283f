namespace Switchyard.Calls;

/// <summary>
/// An answer that is open: its provider has accepted the request and, for a stream, sent its first content. It is then read to its end
/// or disposed early; disposing the answer that the engine returned ends the call, exactly once. Read by one flow at a time.
/// </summary>
public abstract class CallResponse : IAsyncDisposable
{
    private ModelCall? _call;
    private int _disposed;

    /// <summary>The call it answers: which attempt answered, what was lost on the way.</summary>
    /// <exception cref="InvalidOperationException">It is not the answer that the engine returned.</exception>
    public ModelCall Call => _call ?? throw new InvalidOperationException("Only the answer that the engine returned knows its call.");

    /// <summary>Why there is no answer, or why it broke off; null while it is well.</summary>
    public CallError? Error { get; protected set; }

    /// <summary>Whether the client has already been shown the error: the provider's own error event passed through.</summary>
    public bool ErrorWasSent { get; protected set; }

    /// <summary>Whether it was read to its end.</summary>
    public bool IsComplete { get; protected set; }

    /// <summary>Gives the provider's connection back and ends the call. Further calls do nothing.</summary>
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

        if (!released.IsCompletedSuccessfully)
            return EndAfterAsync(released);
        _call?.End(this);
        return ValueTask.CompletedTask;
    }

    /// <summary>This is the answer the engine returns: the call ends with it.</summary>
    internal CallResponse EndsCall(ModelCall call)
    {
        _call = call;
        return this;
    }

    /// <summary>Gives back what the answer holds.</summary>
    protected virtual ValueTask ReleaseAsync() => ValueTask.CompletedTask;

    private async ValueTask EndAfterAsync(ValueTask released)
    {
        try
        {
            await released.ConfigureAwait(false);
        }
        finally
        {
            _call?.End(this);
        }
    }
}

/// <summary>No answer: the call failed before anything could be shown to the client.</summary>
public sealed class FailedResponse : CallResponse
{
    /// <summary>A failure.</summary>
    public FailedResponse(CallError error)
    {
        ArgumentNullException.ThrowIfNull(error);
        Error = error;
    }
}

/// <summary>An answer whose bytes pass as the provider sent them, in the client's own dialect.</summary>
public abstract class ForwardedResponse : CallResponse
{
    /// <summary>The status the provider answered with.</summary>
    public abstract int Status { get; }

    /// <summary>The content type the provider answered with.</summary>
    public abstract string ContentType { get; }

    /// <summary>How many bytes will come; null when that is not known.</summary>
    public abstract long? ContentLength { get; }

    /// <summary>Whether the answer is a stream of events.</summary>
    public abstract bool IsStream { get; }

    /// <summary>
    /// The next bytes; empty at the end. A stream's bytes come in whole frames. When the answer breaks off, the end comes early and
    /// <see cref="CallResponse.Error"/> says why. The memory is valid until the next call.
    /// </summary>
    public abstract ValueTask<ReadOnlyMemory<byte>> ReadAsync();
}
