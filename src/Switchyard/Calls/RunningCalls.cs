using System.Collections.Concurrent;

namespace Switchyard.Calls;

/// <summary>
/// The calls that run, to be looked at and ended. Every call enters, so entering costs as little as it can: a free seat is taken by one
/// exchange, each thread begins to look at another place, and nothing is allocated but once for each <see cref="SeatsOfTable"/> calls that
/// run at the same time. Thread-safe, without a lock.
/// </summary>
internal sealed class RunningCalls
{
    /// <summary>The seat of a call that is not listed.</summary>
    public const int NoSeat = -1;

    /// <summary>How many calls a table takes; further tables are made as they are needed.</summary>
    internal const int SeatsOfTable = 1024;

    /// <summary>How many calls can be listed; those beyond run all the same.</summary>
    internal const int MostCalls = 64 * SeatsOfTable;

    // Two threads do not share a line of the processor's cache (64 bytes, eight references), nor the one that is fetched with it.
    private const int SeatsApart = 16;

    private const int SeatsTried = 64;

    private readonly ModelCall?[]?[] _tables = new ModelCall?[]?[MostCalls / SeatsOfTable];
    private readonly ConcurrentDictionary<ModelCall, CallError> _ended = new();
    private volatile int _endedCount;

    public RunningCalls() => _tables[0] = new ModelCall?[SeatsOfTable];

    /// <summary>Every call that runs now, in no order.</summary>
    public IEnumerable<ModelCall> All
    {
        get
        {
            foreach (var table in _tables)
            {
                if (table is null)
                    yield break;
                for (var i = 0; i < table.Length; i++)
                {
                    if (Volatile.Read(ref table[i]) is { } call)
                        yield return call;
                }
            }
        }
    }

    /// <summary>Lists a call.</summary>
    /// <returns>Its seat, for <see cref="Leave"/>.</returns>
    public int Enter(ModelCall call)
    {
        var start = (int)((uint)Environment.CurrentManagedThreadId * SeatsApart % SeatsOfTable);
        for (var number = 0; number < _tables.Length; number++)
        {
            var table = _tables[number] ?? MakeTable(number);
            for (var tried = 0; tried < SeatsTried; tried++)
            {
                var seat = (start + tried) % SeatsOfTable;
                if (table[seat] is null && Interlocked.CompareExchange(ref table[seat], call, null) is null)
                    return (number * SeatsOfTable) + seat;
            }
        }

        return NoSeat;
    }

    /// <summary>Takes a call off the list.</summary>
    public void Leave(ModelCall call, int seat)
    {
        if (seat == NoSeat)
            return;
        // A full fence: whoever ends it meanwhile sees that it has left, or is seen here.
        Interlocked.Exchange(ref _tables[seat / SeatsOfTable]![seat % SeatsOfTable], null);
        Forget(call);
    }

    /// <summary>Notes that somebody ends a call, and what its client is told. What stops it is not done here.</summary>
    public void End(ModelCall call, CallError error)
    {
        if (!_ended.TryAdd(call, error))
            return;
        Interlocked.Increment(ref _endedCount);
        // It may have ended by itself meanwhile, and would be remembered for ever.
        if (!All.Contains(call))
            Forget(call);
    }

    /// <summary>What the client of a call is told that somebody has ended; null while nobody has.</summary>
    public CallError? EndOf(ModelCall call) => _endedCount > 0 ? _ended.GetValueOrDefault(call) : null;

    private void Forget(ModelCall call)
    {
        if (_endedCount > 0 && _ended.TryRemove(call, out _))
            Interlocked.Decrement(ref _endedCount);
    }

    private ModelCall?[] MakeTable(int number)
    {
        var table = new ModelCall?[SeatsOfTable];
        return Interlocked.CompareExchange(ref _tables[number], table, null) ?? table;
    }
}
