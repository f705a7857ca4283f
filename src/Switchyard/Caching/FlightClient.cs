using Microsoft.Extensions.AI;
using Switchyard.Calls;

namespace Switchyard.Caching;

/// <summary>
/// One client of a flight. It leaves once: when its client disconnects, even while nothing is being read, or when it has finished
/// reading. Thread-safe.
/// </summary>
internal sealed class FlightClient
{
    private readonly Flight _flight;
    private readonly ModelCall _call;
    private readonly CancellationToken _client;
    private readonly CancellationTokenRegistration _leaving;
    private int _left;

    /// <param name="flight">The flight, which already counts it.</param>
    /// <param name="reader">Its reader of the answer.</param>
    /// <param name="call">Its call.</param>
    /// <param name="client">Cancelled when its client leaves, or the call is ended from outside.</param>
    public FlightClient(Flight flight, LogReader reader, ModelCall call, CancellationToken client)
    {
        _flight = flight;
        _call = call;
        Reader = reader;
        _client = client;
        _leaving = client.UnsafeRegister(static state => ((FlightClient)state!).Leave(), this);
    }

    /// <summary>Its reader of the answer.</summary>
    public LogReader Reader { get; }

    /// <summary>Cancelled when its client leaves.</summary>
    public CancellationToken Left => _client;

    /// <summary>The client's wishes for this call alone; null for none.</summary>
    public CallWishes? Wishes => _call.Wishes;

    /// <summary>The next piece; null at the end, or if the client has left.</summary>
    public async ValueTask<(Piece? Piece, CallError? Error)> ReadAsync()
    {
        try
        {
            if (await Reader.ReadAsync(_client).ConfigureAwait(false) is { } piece)
                return (piece, null);
            return (null, Reader.IsCut ? TooFarBehind() : _flight.Answer.Error);
        }
        catch (OperationCanceledException e)
        {
            return (null, _call.EndedWith ?? CallError.ClientLeft(e));
        }
    }

    /// <summary>Leaves. Further calls do nothing.</summary>
    public void Leave()
    {
        if (Interlocked.Exchange(ref _left, 1) != 0)
            return;
        _leaving.Unregister();
        Reader.Close();
        _flight.Leave();
    }

    private static CallError TooFarBehind() => new(
        CallErrorKind.StreamInterrupted,
        "The answer is larger than what is held for those who share it (cache.max_entry_bytes), and was read too slowly. Send the request "
            + "again, with x-switchyard-cache: off.");
}

/// <summary>A shared answer as bytes, for a client over HTTP.</summary>
internal sealed class SharedBytes(Flight flight, FlightClient client, bool isFirst) : ForwardedResponse
{
    public override int Status => flight.Answer.Head.Status;

    public override string ContentType => flight.Answer.Head.ContentType;

    public override long? ContentLength { get; } = flight.Answer.ContentLength;

    public override bool IsStream => flight.Answer.Head.IsStream;

    public override async ValueTask<ReadOnlyMemory<byte>> ReadAsync()
    {
        var (piece, error) = await client.ReadAsync().ConfigureAwait(false);
        if (piece is { } next)
            return next.Bytes;
        Error ??= error;
        ErrorWasSent = error is not null && flight.Answer.ErrorWasSent && ReferenceEquals(error, flight.Answer.Error);
        IsComplete = error is null;
        return default;
    }

    protected override ValueTask ReleaseAsync() => Shared.Release(flight, client, isFirst);
}

/// <summary>A shared stream as objects, for a caller in this process.</summary>
internal sealed class SharedUpdates(Flight flight, FlightClient client, bool isFirst) : UpdatesResponse
{
    public override async ValueTask<ChatResponseUpdate?> ReadAsync()
    {
        while (true)
        {
            var (piece, error) = await client.ReadAsync().ConfigureAwait(false);
            if (piece is not { } next)
            {
                Error ??= error;
                IsComplete = error is null;
                return null;
            }

            if (client.Reader.TakesOriginals && next.Original is ChatResponseUpdate own)
                return own;
            if (next.IsOpaque)
            {
                Error = new CallError(
                    CallErrorKind.StreamInterrupted,
                    "The provider's answer holds an object that cannot be given to two callers. Ask again with x-switchyard-cache: off.");
                return null;
            }

            if (!next.Bytes.IsEmpty)
                return AnswerObjects.ReadUpdate(next.Bytes.Span);
        }
    }

    protected override ValueTask ReleaseAsync() => Shared.Release(flight, client, isFirst);
}

/// <summary>The common part of the two kinds of shared answers.</summary>
file static class Shared
{
    /// <summary>Leaves. If that was the last client, the call's own client waits until the provider's connection is
    /// closed.</summary>
    public static ValueTask Release(Flight flight, FlightClient client, bool isFirst)
    {
        client.Leave();
        return isFirst && flight.IsCut ? new(flight.Ended) : ValueTask.CompletedTask;
    }
}
