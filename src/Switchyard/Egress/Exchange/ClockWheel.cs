using System.Collections.Concurrent;

namespace Switchyard.Egress.Exchange;

/// <summary>
/// Looks at the clocks of all attempts under way every <see cref="Tick"/>, instead of a timer for each: a limit is kept to within a tick.
/// Split by processor, so that attempts do not wait for one another; with no attempt under way nothing ticks. Thread-safe.
/// </summary>
internal sealed class ClockWheel(TimeProvider time) : IDisposable
{
    /// <summary>How often the clocks are looked at: 100 milliseconds.</summary>
    public static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);

    private const int KeptSources = 1024;

    private readonly WheelPart[] _parts =
        [.. Enumerable.Range(0, Math.Clamp(Environment.ProcessorCount, 1, 64)).Select(_ => new WheelPart(time))];

    // A source keeps its nodes for registrations, of which the HTTP client makes several for each request.
    private readonly ConcurrentQueue<CancellationTokenSource> _sources = new();
    private int _sourceCount;

    public TimeProvider Time => time;

    /// <summary>How many clocks are being looked at.</summary>
    public int Count => _parts.Sum(part => part.Count);

    public void Add(AttemptClock clock) => _parts[(uint)Environment.CurrentManagedThreadId % _parts.Length].Add(clock);

    /// <summary>A source that has not fired.</summary>
    public CancellationTokenSource RentSource()
    {
        if (!_sources.TryDequeue(out var source))
            return new CancellationTokenSource();
        Interlocked.Decrement(ref _sourceCount);
        return source;
    }

    /// <summary>Takes back a source that has not fired and never will.</summary>
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

/// <summary>Where a clock stands in the wheel.</summary>
/// <param name="Part">Its part; null before it is added and after it is removed.</param>
/// <param name="Index">Its place there.</param>
internal readonly record struct WheelPlace(WheelPart? Part, int Index);

/// <summary>The clocks that one processor's attempts added.</summary>
internal sealed class WheelPart : IDisposable
{
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly ITimer _timer;
    private AttemptClock?[] _clocks = new AttemptClock?[16];
    private AttemptClock?[] _seen = [];
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
            // The last one takes the place that becomes free.
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

    public void Dispose() => _timer.Dispose();

    private void OnTick()
    {
        int count;
        AttemptClock?[] seen;
        lock (_gate)
        {
            count = _count;
            if (count == 0)
            {
                // Nothing came and stayed since the last tick: sleep until something is added.
                _ticking = false;
                _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                return;
            }

            // Looked at outside the lock, because firing runs what others registered. A tick that overlaps another takes an array of its own.
            seen = Interlocked.Exchange(ref _seen, []);
            if (seen.Length < count)
                seen = new AttemptClock?[_clocks.Length];
            _clocks.AsSpan(0, count).CopyTo(seen);
        }

        var now = _time.GetTimestamp();
        for (var i = 0; i < count; i++)
            seen[i]!.Check(now);
        Array.Clear(seen, 0, count);
        _seen = seen;
    }
}
