using System.Collections.Concurrent;
using Switchyard.Calls;

namespace Switchyard.Egress.Exchange;

/// <summary>
/// Checks the clocks of all running attempts every <see cref="Tick"/>, instead of a timer for each; timeouts are therefore accurate to one
/// tick. It has a part for each processor, to avoid lock contention; without running attempts no timer runs. Thread-safe.
/// </summary>
internal sealed class ClockWheel(TimeProvider time) : IDisposable
{
    /// <summary>The interval between checks: 100 milliseconds.</summary>
    public static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);

    private const int KeptSources = 1024;

    private readonly WheelPart[] _parts =
        [.. Enumerable.Range(0, Math.Clamp(Environment.ProcessorCount, 1, 64)).Select(_ => new WheelPart(time))];

    // A reused source keeps its registration nodes, of which the HTTP client needs several for each request.
    private readonly ConcurrentQueue<CancellationTokenSource> _sources = new();
    private int _sourceCount;
    private volatile bool _stopped;

    public TimeProvider Time => time;

    /// <summary>The number of clocks being checked.</summary>
    public int Count => _parts.Sum(part => part.Count);

    public void Add(AttemptClock clock)
    {
        _parts[(uint)Environment.CurrentManagedThreadId % _parts.Length].Add(clock);
        if (_stopped)
            clock.Stop();
    }

    /// <summary>Stops every clock, and from now on each as it is added.</summary>
    public void StopAll()
    {
        _stopped = true;
        foreach (var part in _parts)
            part.StopAll();
    }

    /// <summary>Stops the clocks of a call's attempts, because the call was ended from outside.</summary>
    public void EndAllOf(ModelCall call)
    {
        foreach (var part in _parts)
            part.EndAllOf(call);
    }

    /// <summary>Takes a source that is not cancelled from the pool, or creates one.</summary>
    public CancellationTokenSource RentSource()
    {
        if (!_sources.TryDequeue(out var source))
            return new CancellationTokenSource();
        Interlocked.Decrement(ref _sourceCount);
        return source;
    }

    /// <summary>Returns a source that is not cancelled, and no longer used, to the pool.</summary>
    public void Return(CancellationTokenSource source)
    {
        if (!source.TryReset() || Interlocked.Increment(ref _sourceCount) > KeptSources)
        {
            source.Dispose();
            return;
        }

        _sources.Enqueue(source);
    }

    public void Dispose()
    {
        foreach (var part in _parts)
            part.Dispose();
    }
}

/// <summary>The position of a clock in the wheel.</summary>
/// <param name="Part">Its part; null before it is added and after it is removed.</param>
/// <param name="Index">Its index in the part's array.</param>
internal readonly record struct WheelPlace(WheelPart? Part, int Index);

/// <summary>One part of the wheel: an array of clocks, a lock and a timer. A clock is added to the part of its thread.</summary>
internal sealed class WheelPart : IDisposable
{
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly ITimer _timer;
    private AttemptClock?[] _clocks = new AttemptClock?[16];
    private AttemptClock?[] _copy = [];
    private int _count;
    private bool _ticking;

    public WheelPart(TimeProvider time)
    {
        _time = time;
        _timer = time.CreateTimer(static state => ((WheelPart)state!).OnTick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public int Count => Volatile.Read(ref _count);

    public void Add(AttemptClock clock)
    {
        lock (_gate)
        {
            if (_count == _clocks.Length)
                Array.Resize(ref _clocks, _count * 2);
            clock.Place = new(this, _count);
            _clocks[_count++] = clock;
            if (_ticking)
                return;
            _ticking = true;
            _timer.Change(ClockWheel.Tick, ClockWheel.Tick);
        }
    }

    public void Remove(AttemptClock clock)
    {
        lock (_gate)
        {
            if (clock.Place.Part is null)
                return;
            // The last clock moves to the free index.
            var last = _clocks[--_count]!;
            _clocks[_count] = null;
            if (!ReferenceEquals(last, clock))
            {
                _clocks[clock.Place.Index] = last;
                last.Place = last.Place with { Index = clock.Place.Index };
            }

            clock.Place = default;
        }
    }

    public void StopAll()
    {
        foreach (var clock in Running())
            clock!.Stop();
    }

    public void EndAllOf(ModelCall call)
    {
        foreach (var clock in Running())
        {
            if (clock!.IsOf(call))
                clock.End();
        }
    }

    public void Dispose() => _timer.Dispose();

    /// <summary>The clocks, copied: cancelling runs callbacks of others, which must not run under the lock.</summary>
    private AttemptClock?[] Running()
    {
        lock (_gate)
            return _clocks.AsSpan(0, _count).ToArray();
    }

    private void OnTick()
    {
        int count;
        AttemptClock?[] copy;
        lock (_gate)
        {
            count = _count;
            if (count == 0)
            {
                // No clock is left: stop the timer until one is added.
                _ticking = false;
                _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                return;
            }

            // Checked outside the lock, because cancelling runs callbacks of others. Overlapping ticks use different arrays.
            copy = Interlocked.Exchange(ref _copy, []);
            if (copy.Length < count)
                copy = new AttemptClock?[_clocks.Length];
            _clocks.AsSpan(0, count).CopyTo(copy);
        }

        var now = _time.GetTimestamp();
        for (var i = 0; i < count; i++)
            copy[i]!.Check(now);
        Array.Clear(copy, 0, count);
        _copy = copy;
    }
}
