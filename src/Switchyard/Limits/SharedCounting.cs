using System.Collections.Concurrent;

namespace Switchyard.Limits;

/// <summary>
/// This node among several that count limits together. A call takes from the node's credit without asking the store; the store is asked
/// only when the credit is used up, and gets a report of the use once a second. While the store is unavailable no call waits for it: the
/// node uses its share, the limit divided by the number of nodes. Thread-safe.
/// </summary>
internal sealed class SharedCounting : IDisposable
{
    private const int LimitsEach = 50;

    /// <summary>How long a refusal of the store is valid before asking again: other nodes may return credit.</summary>
    public static readonly TimeSpan LongestRefusal = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan s_tick = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_lease = TimeSpan.FromSeconds(15);

    private readonly ISharedLimits _store;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<LimitState, byte> _states = new();
    private readonly string _id = Guid.NewGuid().ToString("N")[..12];
    private readonly ITimer _timer;
    private int _life;
    private int _isTicking;
    private volatile bool _together;
    private volatile int _nodes = 1;
    private volatile int _timesAlone = 1;

    public SharedCounting(ISharedLimits store, TimeProvider time)
    {
        (_store, _time) = (store, time);
        // Alone until the store has answered once, so that no call waits for the connection.
        _timer = time.CreateTimer(static self => _ = ((SharedCounting)self!).TickAsync(), this, TimeSpan.Zero, s_tick);
    }

    /// <summary>Whether the store is available.</summary>
    public bool IsTogether => _together;

    /// <summary>How often the store became unavailable, from 1.</summary>
    public int TimesAlone => _timesAlone;

    /// <summary>How long a call waits for the store.</summary>
    public TimeSpan Patience => _store.Patience;

    /// <summary>The number of nodes that count together, by the store's last answer.</summary>
    public int Nodes => _nodes;

    /// <summary>
    /// The part of a limit that this node may take: all of it while the store is available and tracks what is left, else its share.
    /// </summary>
    public long ShareOf(long max) => _together ? max : Math.Max(1, max / _nodes);

    /// <summary>From now on this limit is reported to the store.</summary>
    public void Watch(LimitState state) => _states.TryAdd(state, 0);

    /// <summary>Asks the store for what a call needs; null if it is unavailable, and the node counts alone from now on.</summary>
    public async ValueTask<SharedLimitAnswer?> AskAsync(IReadOnlyList<SharedLimitAsk> asks, TimeSpan patience)
    {
        var answer = await _store.ExchangeAsync($"{_id}-{Volatile.Read(ref _life)}", asks, s_lease, patience).ConfigureAwait(false);
        if (answer is not null)
            _nodes = answer.Nodes;
        else if (_together)
            (_timesAlone, _together) = (_timesAlone + 1, false);
        return answer;
    }

    /// <summary>Resets limits in the store.</summary>
    public void Forget(IReadOnlyList<string> names) => _ = _store.ForgetAsync(names).AsTask();

    /// <summary>Reports the use to the store, and detects whether it is available again.</summary>
    public async Task TickAsync()
    {
        if (Interlocked.Exchange(ref _isTicking, 1) != 0)
            return;
        try
        {
            if (!_together)
            {
                if (await _store.ExchangeAsync(_id, [], s_lease, s_tick).ConfigureAwait(false) is null)
                    return;
                // Credit under the old name, including any granted in a lost answer, ends with its lease.
                Interlocked.Increment(ref _life);
                foreach (var state in _states.Keys)
                    state.BeginAnew();
                _together = true;
            }

            await ReportAsync().ConfigureAwait(false);
        }
        finally
        {
            Volatile.Write(ref _isTicking, 0);
        }
    }

    public void Dispose() => _timer.Dispose();

    private async ValueTask ReportAsync()
    {
        List<(LimitState State, SharedCounter Counter)> due = [];
        foreach (var state in _states.Keys)
            state.AddDue(due);
        foreach (var batch in due.Chunk(LimitsEach))
        {
            var asks = new SharedLimitAsk[batch.Length];
            for (var i = 0; i < batch.Length; i++)
            {
                lock (batch[i].State.Gate)
                    asks[i] = batch[i].Counter.Ask(needed: 0);
            }

            if (await AskAsync(asks, s_tick).ConfigureAwait(false) is not { } answer)
                return;
            var now = _time.GetElapsedTime(0);
            for (var i = 0; i < batch.Length; i++)
            {
                lock (batch[i].State.Gate)
                    batch[i].Counter.Grant(answer.Limits[i], now);
                if (answer.Limits[i].Granted > 0)
                    batch[i].State.MakeRoom();
            }
        }
    }
}
