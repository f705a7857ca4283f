using System.Buffers;
using Switchyard.Calls;

namespace Switchyard.Stored;

/// <summary>
/// Reads an answer that is charged by what it says: the output of a batch, or the stream of an answer made in the background. If the client
/// leaves before what is charged is known, or the call's time is over, the rest is read without the client. Not thread-safe.
/// </summary>
/// <param name="call">The call.</param>
/// <param name="output">Reads the usage. It takes over this.</param>
/// <param name="charge">Charges what was read; never fails.</param>
internal sealed class ChargedDownload(ModelCall call, IDownloadOutput output, Func<Task> charge) : IDisposable
{
    /// <summary>The most time that the rest may take.</summary>
    private static readonly TimeSpan s_most = TimeSpan.FromMinutes(10);

    private readonly CancellationTokenSource _stop = new();
    private Task<int>? _reading;

    /// <summary>Reads the next bytes for the client; 0 at the end.</summary>
    /// <exception cref="OperationCanceledException">
    /// The client has left, or the call's time is over. The read itself goes on, because its cancellation would close the connection.
    /// </exception>
    public async ValueTask<int> ReadAsync(StoredExchange exchange, Memory<byte> buffer)
    {
        _reading = exchange.Body.ReadAsync(buffer, _stop.Token).AsTask();
        var read = await _reading.WaitAsync(exchange.Token).ConfigureAwait(false);
        _reading = null;
        output.Read(buffer[..read]);
        return read;
    }

    /// <summary>
    /// Charges a complete output, and an incomplete one after the rest was read. The call ends after it; its client does not wait.
    /// </summary>
    /// <param name="exchange">The exchange. It takes over this.</param>
    /// <param name="buffer">The rented buffer of the reads. It takes over this, too.</param>
    /// <param name="isComplete">Whether the output was read to its end.</param>
    public void End(StoredExchange exchange, byte[] buffer, bool isComplete)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        call.ShareWork(done.Task, CancellationToken.None);
        // Clients that leave and ask again would otherwise take all places of 'routing.concurrency'.
        if (!isComplete)
            call.LeavePlace();
        _ = EndAsync(exchange, buffer, isComplete, done);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        output.Dispose();
        _stop.Dispose();
    }

    private async Task EndAsync(StoredExchange exchange, byte[] buffer, bool isComplete, TaskCompletionSource done)
    {
        try
        {
            if (isComplete || await ReadRestAsync(exchange, buffer).ConfigureAwait(false))
                await charge().ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            exchange.Dispose();
            Dispose();
            done.SetResult();
        }
    }

    /// <summary>Reads the rest; false if it is charged only when it is next read.</summary>
    private async Task<bool> ReadRestAsync(StoredExchange exchange, byte[] buffer)
    {
        using var clock = new CancellationTokenSource(s_most, call.Time);
        using var late = clock.Token.UnsafeRegister(static stop => ((CancellationTokenSource)stop!).Cancel(), _stop);
        // The client's leaving no longer cancels this: only an operator does.
        using var ended = call.Ending.UnsafeRegister(static stop => ((CancellationTokenSource)stop!).Cancel(), _stop);
        try
        {
            var goesOn = !output.IsKnown && output.MayReadOn();
            // The last read for the client may still run, or may have failed.
            for (var reading = _reading; ; reading = null)
            {
                // A running read must end before its buffer is returned.
                if (!goesOn || output.IsKnown)
                    await _stop.CancelAsync().ConfigureAwait(false);
                var read = await (reading ?? exchange.Body.ReadAsync(buffer, _stop.Token).AsTask()).ConfigureAwait(false);
                if (read == 0)
                    return true;
                output.Read(buffer.AsMemory(0, read));
            }
        }
        catch (Exception)
        {
            // The provider has broken off, the time is over, an operator has ended the call, or the rest is not needed.
            return output.IsKnown;
        }
    }
}
