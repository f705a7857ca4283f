using Microsoft.Extensions.Time.Testing;

namespace Switchyard.TestKit;

/// <summary>
/// Microsoft's fake clock, on which a test can also wait until the code under test has come to its delay. Time stands still until the
/// test advances it; timers fire then, on the advancing thread, the earliest first, and all of them see the time advanced to.
/// </summary>
/// <remarks>Thread-safe.</remarks>
public sealed class TestClock : FakeTimeProvider
{
    private readonly Lock _gate = new();
    private readonly HashSet<WatchedTimer> _waiting = [];
    private readonly List<(int Count, TaskCompletionSource Reached)> _awaited = [];

    /// <summary>Time that begins at a date nobody confuses with today.</summary>
    public TestClock()
        : this(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero))
    {
    }

    /// <summary>Time that begins at a date.</summary>
    public TestClock(DateTimeOffset start)
        : base(start)
    {
    }

    /// <summary>How much time has gone by.</summary>
    public TimeSpan Elapsed => GetUtcNow() - Start;

    /// <summary>How many timers are waiting to fire.</summary>
    public int TimerCount
    {
        get
        {
            lock (_gate)
                return _waiting.Count;
        }
    }

    /// <summary>Waits, in real time, until so many timers are waiting.</summary>
    /// <param name="count">How many.</param>
    /// <param name="patience">How long to wait in real time; null takes 10 seconds.</param>
    /// <exception cref="TimeoutException">It did not come to that.</exception>
    public async Task WaitForTimersAsync(int count = 1, TimeSpan? patience = null)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_waiting.Count >= count)
                return;
            _awaited.Add((count, reached));
        }

        await reached.Task.WaitAsync(patience ?? TimeSpan.FromSeconds(10));
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

    /// <summary>To be called with the lock held.</summary>
    private void AddWaiting(WatchedTimer timer)
    {
        _waiting.Add(timer);
        foreach (var (_, reached) in _awaited.Where(awaited => awaited.Count <= _waiting.Count))
            reached.TrySetResult();
        _awaited.RemoveAll(awaited => awaited.Count <= _waiting.Count);
    }

    /// <summary>Tells the clock whether it waits. The timer inside does the work.</summary>
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
                // Only now, because a test that sees it waiting advances the clock; by now it may have fired already.
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
