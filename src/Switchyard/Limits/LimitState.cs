using System.Globalization;
using Switchyard.Targets;

namespace Switchyard.Limits;

/// <summary>The counts of one subject of a limit, kept across reloads. Thread-safe; members that need its lock say so.</summary>
/// <param name="subject">The subject's name, the same on all nodes.</param>
/// <param name="shared">The shared counting of several nodes; null if each counts for itself.</param>
internal sealed class LimitState(string subject, SharedCounting? shared = null)
{
    private const double FirstOutput = 256;
    private const double OutputWeight = 0.1;

    private static long s_last;

    private readonly List<(LimitUnit Unit, SlidingWindow Window)> _windows = [];
    private readonly List<SharedCounter> _counters = [];
    private TaskCompletionSource? _room;
    private double _usualOutput = FirstOutput;

    /// <summary>The shared counting of several nodes; null if each counts for itself.</summary>
    public SharedCounting? Shared => shared;

    /// <summary>Its position in the order in which several locks are taken.</summary>
    public long Order { get; } = Interlocked.Increment(ref s_last);

    /// <summary>The lock. Several locks are taken in their <see cref="Order"/>.</summary>
    public Lock Gate { get; } = new();

    /// <summary>The queue: the first call waits for room, the others wait behind it.</summary>
    public ConcurrencyGate Line { get; } = new();

    /// <summary>The number of running calls. Guarded by the lock.</summary>
    public int Running { get; set; }

    /// <summary>The moving average of tokens of recent answers, for requests that set no limit or a higher one.</summary>
    public long UsualOutput => (long)Volatile.Read(ref _usualOutput);

    /// <summary>The window of a rule: the existing one for its unit and length, else a new one.</summary>
    public SlidingWindow WindowOf(LimitRule rule)
    {
        lock (Gate)
        {
            foreach (var (unit, window) in _windows)
            {
                if (unit == rule.Unit && window.Length == rule.Window)
                    return window;
            }

            var added = new SlidingWindow(rule.Window);
            _windows.Add((rule.Unit, added));
            return added;
        }
    }

    /// <summary>The shared counter of a rule, or of concurrency; null if each node counts for itself.</summary>
    /// <param name="unit">The counted unit; null for concurrency.</param>
    /// <param name="window">The window; zero for concurrency.</param>
    /// <param name="max">The maximum.</param>
    public SharedCounter? CounterOf(LimitUnit? unit, TimeSpan window, long max)
    {
        if (shared is null)
            return null;
        var name = string.Create(
            CultureInfo.InvariantCulture,
            $"{subject}:{(unit is { } known ? $"{known}".ToLowerInvariant() : "running")}:{window.TotalSeconds}");
        lock (Gate)
        {
            var counter = _counters.Find(counter => counter.Name == name);
            if (counter is null)
                _counters.Add(counter = new SharedCounter(name, window));
            counter.Max = max;
            shared.Watch(this);
            return counter;
        }
    }

    /// <summary>Called once a second: adds the counters that have something to report to the store.</summary>
    public void AddDue(List<(LimitState State, SharedCounter Counter)> due)
    {
        lock (Gate)
        {
            foreach (var counter in _counters)
            {
                if (counter.Tick(Running))
                    due.Add((this, counter));
            }
        }
    }

    /// <summary>Restarts counting under a new node name.</summary>
    public void BeginAnew()
    {
        lock (Gate)
            _counters.ForEach(counter => counter.BeginAnew(Running));
    }

    /// <summary>Records the number of tokens of an answer.</summary>
    public void Answered(long output)
    {
        var before = Volatile.Read(ref _usualOutput);
        // One of two concurrent updates may be lost: it is an estimate.
        Volatile.Write(ref _usualOutput, before + (OutputWeight * (output - before)));
    }

    /// <summary>Waits until there may be room: an amount was released, or the time has passed.</summary>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public async Task WaitForRoomAsync(TimeSpan longest, TimeProvider time, CancellationToken cancellationToken)
    {
        Task room;
        lock (Gate)
            room = (_room ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        try
        {
            await room.WaitAsync(longest, time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // The caller tries again either way.
        }
    }

    /// <summary>Signals the waiting calls that there may be room.</summary>
    public void MakeRoom()
    {
        TaskCompletionSource? room;
        lock (Gate)
            (room, _room) = (_room, null);
        room?.SetResult();
    }

    /// <summary>Resets the counts. Running calls still count as running.</summary>
    public void Reset()
    {
        lock (Gate)
        {
            foreach (var (_, window) in _windows)
                window.Clear();
            _counters.ForEach(counter => counter.BeginAnew(Running));
            _counters.ForEach(counter => counter.Forget());
            if (_counters.Count > 0)
                shared!.Forget([.. _counters.Select(counter => counter.Name)]);
        }

        MakeRoom();
    }
}
