namespace Switchyard.TestKit;

/// <summary>
/// Virtual time: it stands still until a test advances it, and timers fire then, in order, on the advancing thread. Thread-safe.
/// </summary>
public sealed class FakeTimeProvider : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<FakeTimer> _timers = [];
    private readonly List<(int Count, TaskCompletionSource Reached)> _waiting = [];
    private readonly DateTimeOffset _start;
    private TimeSpan _elapsed;
    private long _sequence;

    /// <summary>Time that begins at a date nobody confuses with today.</summary>
    public FakeTimeProvider()
        : this(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero))
    {
    }

    /// <summary>Time that begins at a date.</summary>
    public FakeTimeProvider(DateTimeOffset start) => _start = start;

    /// <summary>The time zone is UTC, on every machine.</summary>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <summary>Timestamps count ticks.</summary>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>How much time has gone by.</summary>
    public TimeSpan Elapsed
    {
        get
        {
            lock (_gate)
                return _elapsed;
        }
    }

    /// <summary>How many timers are waiting to fire.</summary>
    public int TimerCount
    {
        get
        {
            lock (_gate)
                return _timers.Count;
        }
    }

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => _start + Elapsed;

    /// <inheritdoc/>
    public override long GetTimestamp() => Elapsed.Ticks;

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new FakeTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Lets time go by. Whatever falls due fires at its own time, so that a callback sees the clock it was set for.</summary>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        TimeSpan end;
        lock (_gate)
            end = _elapsed + by;
        while (true)
        {
            FakeTimer? due;
            lock (_gate)
            {
                due = _timers.Where(timer => timer.Due <= end).OrderBy(timer => timer.Due).ThenBy(timer => timer.Sequence).FirstOrDefault();
                if (due is null)
                {
                    _elapsed = end > _elapsed ? end : _elapsed;
                    return;
                }

                _elapsed = due.Due > _elapsed ? due.Due : _elapsed;
                Reschedule(due);
            }

            due.Fire();
        }
    }

    /// <summary>Waits, in real time, until so many timers are waiting: until the code under test has come to its delay.</summary>
    /// <param name="count">How many.</param>
    /// <param name="patience">How long to wait in real time; null takes 10 seconds.</param>
    /// <exception cref="TimeoutException">It did not come to that.</exception>
    public async Task WaitForTimersAsync(int count = 1, TimeSpan? patience = null)
    {
        TaskCompletionSource reached;
        lock (_gate)
        {
            if (_timers.Count >= count)
                return;
            reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((count, reached));
        }

        await reached.Task.WaitAsync(patience ?? TimeSpan.FromSeconds(10));
    }

    private void Schedule(FakeTimer timer, TimeSpan dueTime, TimeSpan period)
    {
        lock (_gate)
        {
            _timers.Remove(timer);
            timer.Period = period;
            if (dueTime == Timeout.InfiniteTimeSpan)
                return;
            timer.Due = _elapsed + dueTime;
            timer.Sequence = ++_sequence;
            if (dueTime > TimeSpan.Zero)
            {
                _timers.Add(timer);
                foreach (var (_, reached) in _waiting.Where(one => one.Count <= _timers.Count).ToList())
                    reached.TrySetResult();
                _waiting.RemoveAll(one => one.Count <= _timers.Count);
                return;
            }

            Reschedule(timer);
        }

        timer.Fire();
    }

    private void Reschedule(FakeTimer timer)
    {
        _timers.Remove(timer);
        if (timer.Period <= TimeSpan.Zero)
            return;
        timer.Due += timer.Period;
        timer.Sequence = ++_sequence;
        _timers.Add(timer);
    }

    private void Remove(FakeTimer timer)
    {
        lock (_gate)
            _timers.Remove(timer);
    }

    private sealed class FakeTimer(FakeTimeProvider clock, TimerCallback callback, object? state) : ITimer
    {
        private volatile bool _isDisposed;

        public TimeSpan Due { get; set; }

        public TimeSpan Period { get; set; }

        public long Sequence { get; set; }

        public void Fire()
        {
            if (!_isDisposed)
                callback(state);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (_isDisposed)
                return false;
            clock.Schedule(this, dueTime, period);
            return true;
        }

        public void Dispose()
        {
            _isDisposed = true;
            clock.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
