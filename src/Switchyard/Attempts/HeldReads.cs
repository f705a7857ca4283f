using Switchyard.Calls;
using Switchyard.Targets;

namespace Switchyard.Attempts;

/// <summary>
/// The first reads of an open stream, made before its client gets any of them. Where the time is up while a read is under way, that one is
/// the next to be given out. Not thread-safe.
/// </summary>
/// <typeparam name="T">What a read gives.</typeparam>
/// <param name="attempt">The attempt whose answer it is; it can be cut off.</param>
/// <param name="inner">The answer.</param>
/// <param name="read">Reads on.</param>
/// <param name="keep">Makes what was read last beyond the next read.</param>
/// <param name="measure">The chunks and bytes of what was read; no chunks and no bytes at the end.</param>
internal sealed class HeldReads<T>(
    Attempt attempt, CallResponse inner, Func<ValueTask<T>> read, Func<T, T> keep, Func<T, (int Chunks, int Size)?> measure)
{
    /// <summary>The most that is held, 256 KiB: it is memory of ours, whatever the configuration says.</summary>
    private const int MostBytes = 256 * 1024;

    private readonly Queue<T> _held = new();
    private Task<T>? _reading;
    private bool _ended;
    private T _end = default!;

    /// <summary>Whether all that has been read so far was given out, and no read is under way.</summary>
    public bool HoldsNothing => _held.Count == 0 && _reading is null;

    /// <summary>Reads until enough is held, the time is up, or the stream has ended.</summary>
    public async Task FillAsync(HoldRule rule, TimeProvider time)
    {
        using var stop = new CancellationTokenSource();
        var timeUp = Task.Delay(rule.Time, time, stop.Token);
        var (chunks, size) = (0, 0);
        // An error event that came with the chunks before it is not one of them: its failure is told by the read after it.
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

    /// <summary>What was held, then what is read after it.</summary>
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

    /// <summary>Gives the answer back, after the read that may be under way.</summary>
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
