using System.Globalization;
using Switchyard.Targets;

namespace Switchyard.Limits;

/// <summary>
/// What was counted for one subject of a limit, kept across reloads. Thread-safe: what its lock guards is said of each member.
/// </summary>
/// <param name="subject">What it is of, the same on all nodes.</param>
/// <param name="shared">Where several nodes count together; null where each counts for itself.</param>
internal sealed class LimitState(string subject, SharedCounting? shared = null)
{
    private const double FirstOutput = 256;
    private const double OutputWeight = 0.1;

    private static long s_last;

    private readonly List<(LimitUnit Unit, SlidingWindow Window)> _windows = [];
    private readonly List<SharedCounter> _counters = [];
    private TaskCompletionSource? _room;
    private double _usualOutput = FirstOutput;

    /// <summary>Where several nodes count together; null where each counts for itself.</summary>
    public SharedCounting? Shared => shared;

    /// <summary>Its place in the order in which the locks of several are taken.</summary>
    public long Order { get; } = Interlocked.Increment(ref s_last);

    /// <summary>The lock. Who needs several takes them in their <see cref="Order"/>.</summary>
    public Lock Gate { get; } = new();

    /// <summary>Where calls wait for their turn: one at the head, the others behind it.</summary>
    public ConcurrencyGate Line { get; } = new();

    /// <summary>How many run. Guarded by the lock.</summary>
    public int Running { get; set; }

    /// <summary>How many tokens an answer has of late, for requests that say nothing of it or allow more.</summary>
    public long UsualOutput => (long)Volatile.Read(ref _usualOutput);

    /// <summary>The window of a rule: the one there is for its unit and length, else a new one.</summary>
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

    /// <summary>What several nodes count of a rule, or of what runs at once; null where each counts for itself.</summary>
    /// <param name="unit">What is counted; null for what runs at once.</param>
    /// <param name="window">The window; zero for what runs at once.</param>
    /// <param name="max">The most.</param>
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

    /// <summary>A second is over: adds the counters that have something to tell the store.</summary>
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

    /// <summary>The node begins anew under another name.</summary>
    public void BeginAnew()
    {
        lock (Gate)
            _counters.ForEach(counter => counter.BeginAnew(Running));
    }

    /// <summary>Notes how many tokens an answer had.</summary>
    public void Answered(long output)
    {
        var before = Volatile.Read(ref _usualOutput);
        // Of two at once one may be lost: it is an estimate.
        Volatile.Write(ref _usualOutput, before + (OutputWeight * (output - before)));
    }

    /// <summary>Waits until there may be room: something was given back, or the time is over.</summary>
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
            // It is tried again either way.
        }
    }

    /// <summary>Tells who waits that there may be room.</summary>
    public void MakeRoom()
    {
        TaskCompletionSource? room;
        lock (Gate)
            (room, _room) = (_room, null);
        room?.SetResult();
    }

    /// <summary>Forgets what was counted. What runs goes on running.</summary>
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
