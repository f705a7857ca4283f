using Microsoft.Extensions.Time.Testing;

namespace Switchyard.TestKit;

/// <summary>
/// Microsoft's fake clock, with which a test can also wait until the code under test has reached its delay. Time does not move until the
/// test advances it; timers then fire on the advancing thread, the earliest first, and all of them see the new time.
/// </summary>
/// <remarks>Thread-safe.</remarks>
public sealed class TestClock : FakeTimeProvider
{
    private readonly Lock _gate = new();
    private readonly HashSet<WatchedTimer> _waiting = [];
    private readonly List<(int Count, TaskCompletionSource Reached)> _awaited = [];

    /// <summary>A clock that starts at a fixed date far from today.</summary>
    public TestClock()
        : this(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero))
    {
    }

    /// <summary>A clock that starts at a date.</summary>
    public TestClock(DateTimeOffset start)
        : base(start)
    {
    }

    /// <summary>The time that has passed.</summary>
    public TimeSpan Elapsed => GetUtcNow() - Start;

    /// <summary>The number of timers that wait to fire.</summary>
    public int TimerCount
    {
        get
        {
            lock (_gate)
                return _waiting.Count;
        }
    }

    /// <summary>Waits, in real time, until the given number of timers wait.</summary>
    /// <param name="count">The number of timers.</param>
    /// <param name="patience">How long to wait in real time; null takes 30 seconds.</param>
    /// <exception cref="TimeoutException">The number was not reached in time.</exception>
    public async Task WaitForTimersAsync(int count = 1, TimeSpan? patience = null)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_waiting.Count >= count)
                return;
            _awaited.Add((count, reached));
        }

        await reached.Task.WaitAsync(patience ?? TimeSpan.FromSeconds(30));
    }

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new WatchedTimer(this, callback, state);
        timer.Start(
            base.CreateTimer(static timer => ((WatchedTimer)timer!).Fire(), timer, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan));
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Must be called with the lock held.</summary>
    private void AddWaiting(WatchedTimer timer)
    {
        _waiting.Add(timer);
        foreach (var (_, reached) in _awaited.Where(awaited => awaited.Count <= _waiting.Count))
            reached.TrySetResult();
        _awaited.RemoveAll(awaited => awaited.Count <= _waiting.Count);
    }

    /// <summary>Reports to the clock whether it waits. The inner timer does the work.</summary>
    private sealed class WatchedTimer(TestClock clock, TimerCallback callback, object? state) : ITimer
    {
        private ITimer? _timer;
        private bool _repeats;
        private int _changes;
        private int _changesWhenFired;

        public void Start(ITimer timer) => _timer = timer;

        public void Fire()
        {
            lock (clock._gate)
            {
                _changesWhenFired = _changes;
                if (!_repeats)
                    clock._waiting.Remove(this);
            }

            callback(state);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            int change;
            lock (clock._gate)
            {
                change = ++_changes;
                _repeats = period > TimeSpan.Zero;
                clock._waiting.Remove(this);
            }

            var isChanged = _timer!.Change(dueTime, period);
            lock (clock._gate)
            {
                // Only after the change, because a test that sees it waiting advances the clock; it may have fired already.
                if (isChanged && dueTime != Timeout.InfiniteTimeSpan && (_repeats || _changesWhenFired != change))
                    clock.AddWaiting(this);
            }

            return isChanged;
        }

        public void Dispose()
        {
            _timer!.Dispose();
            lock (clock._gate)
                clock._waiting.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
