using Switchyard.Calls;
using Switchyard.Targets;

namespace Switchyard.Attempts;

/// <summary>
/// The first reads of an open stream, made before its client gets any of them. If the time is up during a read, that read is
/// the next one returned. Not thread-safe.
/// </summary>
/// <typeparam name="T">The result of a read.</typeparam>
/// <param name="attempt">The attempt of the answer; it can be cut off.</param>
/// <param name="inner">The answer.</param>
/// <param name="read">Reads the next part.</param>
/// <param name="keep">Copies the last read, so that it stays valid after the next read.</param>
/// <param name="measure">The chunks and bytes of a read; 0 and 0 at the end.</param>
internal sealed class HeldReads<T>(
    Attempt attempt, CallResponse inner, Func<ValueTask<T>> read, Func<T, T> keep, Func<T, (int Chunks, int Size)?> measure)
{
    /// <summary>The most that is held, 256 KiB. It is the gateway's memory, so the configuration cannot raise it.</summary>
    private const int MostBytes = 256 * 1024;

    private readonly Queue<T> _held = new();
    private Task<T>? _reading;
    private bool _ended;
    private T _end = default!;

    /// <summary>Whether all that was read has been returned, and no read is running.</summary>
    public bool HoldsNothing => _held.Count == 0 && _reading is null;

    /// <summary>Reads until enough is held, the time is up, or the stream has ended.</summary>
    public async Task FillAsync(HoldRule rule, TimeProvider time)
    {
        using var stop = new CancellationTokenSource();
        var timeUp = Task.Delay(rule.Time, time, stop.Token);
        var (chunks, size) = (0, 0);
        // An error event that arrived with the chunks before it is not counted with them: the next read reports its failure.
        while ((chunks < (rule.Chunks ?? int.MaxValue) && size < MostBytes && !timeUp.IsCompleted) || inner.ErrorWasSent)
        {
            var reading = read().AsTask();
            if (!reading.IsCompleted && await Task.WhenAny(reading, timeUp).ConfigureAwait(false) != reading)
            {
                _reading = reading;
                break;
            }

            var next = await reading.ConfigureAwait(false);
            if (measure(next) is not { } more)
            {
                (_ended, _end) = (true, next);
                break;
            }

            _held.Enqueue(keep(next));
            chunks += more.Chunks;
            size += more.Size;
        }

        await stop.CancelAsync().ConfigureAwait(false);
    }

    /// <summary>The held reads first, then further reads.</summary>
    public ValueTask<T> NextAsync()
    {
        if (_held.TryDequeue(out var held))
            return new(held);
        if (_ended)
            return new(_end);
        if (_reading is not { } reading)
            return read();
        _reading = null;
        return new(reading);
    }

    /// <summary>Releases the answer, after the read that may be running.</summary>
    public async ValueTask ReleaseAsync()
    {
        if (_reading is { } reading)
        {
            await attempt.CutOffAsync().ConfigureAwait(false);
            await ((Task)reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await inner.DisposeAsync().ConfigureAwait(false);
    }
}
