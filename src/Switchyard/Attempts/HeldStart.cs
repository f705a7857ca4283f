using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Targets;

namespace Switchyard.Attempts;

/// <summary>
/// Holds back the beginning of a stream (<c>buffer</c>): a stream that breaks off within it has failed before its client received any of
/// it, so that another target may still be tried.
/// </summary>
internal static class HeldStart
{
    /// <summary>Holds an open answer's beginning. An answer that is not a stream is returned unchanged.</summary>
    /// <returns>The answer, or its failure; the attempt has then ended.</returns>
    public static async ValueTask<CallResponse> OpenAsync(ModelCall call, Attempt attempt, CallResponse response, HoldRule rule)
    {
        var filling = Task.CompletedTask;
        CallResponse held;
        switch (response)
        {
            case ForwardedResponse { IsStream: true } forwarded:
                var frames = new HeldFrames(attempt, forwarded);
                (held, filling) = (frames, frames.Reads.FillAsync(rule, call.Time));
                break;
            case UpdatesResponse stream:
                var updates = new HeldUpdates(attempt, stream);
                (held, filling) = (updates, updates.Reads.FillAsync(rule, call.Time));
                break;
            default:
                return response;
        }

        try
        {
            await filling.ConfigureAwait(false);
        }
        catch
        {
            await held.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        if (response.Error is not { } error)
            return held;
        await held.DisposeAsync().ConfigureAwait(false);
        // It has interrupted no answer: the client has received none of it.
        return new FailedResponse(
            error.Kind == CallErrorKind.StreamInterrupted ? error with { Kind = CallErrorKind.UpstreamUnavailable } : error);
    }
}

/// <summary>A forwarded stream with a held beginning.</summary>
internal sealed class HeldFrames : ForwardedResponse
{
    private readonly ForwardedResponse _inner;

    public HeldFrames(Attempt attempt, ForwardedResponse inner)
    {
        _inner = inner;
        Reads = new(
            attempt, inner, inner.ReadAsync, bytes => bytes.ToArray(), bytes => bytes.IsEmpty ? null : (Chunks(bytes.Span), bytes.Length));
    }

    public HeldReads<ReadOnlyMemory<byte>> Reads { get; }

    public override int Status => _inner.Status;

    public override string ContentType => _inner.ContentType;

    public override long? ContentLength => _inner.ContentLength;

    public override bool IsStream => true;

    // What was read ahead may be the end, long before it is returned.
    public override bool IsEnding => Reads.HoldsNothing && _inner.IsEnding;

    public override async ValueTask<ReadOnlyMemory<byte>> ReadAsync()
    {
        var bytes = await Reads.NextAsync().ConfigureAwait(false);
        if (bytes.IsEmpty)
            (Error, IsComplete, ErrorWasSent) = (Error ?? _inner.Error, _inner.IsComplete, _inner.ErrorWasSent);
        return bytes;
    }

    protected override ValueTask ReleaseAsync() => Reads.ReleaseAsync();

    /// <summary>The number of events in whole frames; at least one.</summary>
    private static int Chunks(ReadOnlySpan<byte> frames)
    {
        var count = 0;
        foreach (var line in frames.Split((byte)'\n'))
        {
            if (frames[line].StartsWith("data:"u8))
                count++;
        }

        return Math.Max(count, 1);
    }
}

/// <summary>A stream in the canonical form with a held beginning.</summary>
internal sealed class HeldUpdates : UpdatesResponse
{
    private readonly UpdatesResponse _inner;

    public HeldUpdates(Attempt attempt, UpdatesResponse inner)
    {
        _inner = inner;
        Reads = new(attempt, inner, inner.ReadAsync, update => update, update => update is null ? null : (1, 0));
    }

    public HeldReads<ChatResponseUpdate?> Reads { get; }

    public override async ValueTask<ChatResponseUpdate?> ReadAsync()
    {
        var update = await Reads.NextAsync().ConfigureAwait(false);
        if (update is null)
            (Error, IsComplete) = (Error ?? _inner.Error, _inner.IsComplete);
        return update;
    }

    protected override ValueTask ReleaseAsync() => Reads.ReleaseAsync();
}
