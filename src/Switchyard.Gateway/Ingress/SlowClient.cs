using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Switchyard.Calls;

namespace Switchyard.Gateway.Ingress;

/// <summary>
/// Waits for a client that reads more slowly than it is written to, for at most <c>timeouts.write</c> and the rest of
/// <c>timeouts.total</c>; then closes its connection, because nothing else can reach it. Created only for an answer whose client has
/// fallen behind.
/// </summary>
internal sealed class SlowClient : IDisposable
{
    /// <summary>The least wait, 1 s, also after the call's time has run out: the error event that reports this should arrive.</summary>
    private static readonly TimeSpan s_least = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly HttpContext _http;
    private readonly ModelCall _call;
    private readonly ITimer _timer;
    private bool _waits;
    private bool _gaveUp;

    private SlowClient(HttpContext http, ModelCall call)
    {
        _http = http;
        _call = call;
        _timer = call.Time.CreateTimer(
            static state => ((SlowClient)state!).GiveUp(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Waits until a write has been accepted.</summary>
    /// <param name="write">The write.</param>
    /// <param name="slow">The result of the previous write of this answer; null before the first.</param>
    /// <param name="http">The client's request.</param>
    /// <param name="call">Its call.</param>
    /// <returns>The value to pass to the next write, and to dispose at the end. Null as long as no write had to wait.</returns>
    /// <exception cref="ClientStalledException">The client did not read in time.</exception>
    public static ValueTask<SlowClient?> AwaitAsync(ValueTask<FlushResult> write, SlowClient? slow, HttpContext http, ModelCall call)
    {
        if (!write.IsCompletedSuccessfully)
            return (slow ?? new SlowClient(http, call)).WaitAsync(write);
        _ = write.Result;
        return new(slow);
    }

    public void Dispose() => _timer.Dispose();

    private async ValueTask<SlowClient?> WaitAsync(ValueTask<FlushResult> write)
    {
        var clocks = _call.Snapshot.Clocks;
        var left = clocks.Total - _call.Elapsed;
        var limit = left > clocks.Write ? clocks.Write : left > s_least ? left : s_least;
        lock (_gate)
            _waits = true;
        _timer.Change(limit, Timeout.InfiniteTimeSpan);
        try
        {
            await write;
        }
        catch (OperationCanceledException) when (_gaveUp)
        {
            // Thrown below, with the reason.
        }
        finally
        {
            // Under the lock: Kestrel reuses the context for the next request, which a late timer must not close.
            lock (_gate)
                _waits = false;
            _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        return _gaveUp ? throw new ClientStalledException(limit) : this;
    }

    private void GiveUp()
    {
        lock (_gate)
        {
            if (!_waits)
                return;
            _gaveUp = true;
            _http.Abort();
        }
    }
}

/// <summary>The client did not read its answer for too long; its connection has been closed.</summary>
/// <param name="limit">The time limit that the client exceeded.</param>
internal sealed class ClientStalledException(TimeSpan limit) : Exception("The client does not read its answer.")
{
    public TimeSpan Limit { get; } = limit;
}
