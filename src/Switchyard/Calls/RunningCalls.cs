using System.Collections.Concurrent;

namespace Switchyard.Calls;

/// <summary>
/// The running calls, for inspection and for ending them. Every call enters, so entering is cheap: a free seat is taken by one
/// exchange, each thread begins its search at a different seat, and memory is allocated only once for each <see cref="SeatsOfTable"/>
/// parallel calls. Thread-safe, without a lock.
/// </summary>
internal sealed class RunningCalls
{
    /// <summary>The seat of a call that is not listed.</summary>
    public const int NoSeat = -1;

    /// <summary>The number of calls in a table; further tables are made on demand.</summary>
    internal const int SeatsOfTable = 1024;

    /// <summary>The most calls that can be listed; further calls run unlisted.</summary>
    internal const int MostCalls = 64 * SeatsOfTable;

    // Two threads share neither a processor cache line (64 bytes, eight references) nor the one that is prefetched with it.
    private const int SeatsApart = 16;

    private const int SeatsTried = 64;

    private readonly ModelCall?[]?[] _tables = new ModelCall?[]?[MostCalls / SeatsOfTable];
    private readonly ConcurrentDictionary<ModelCall, CallError> _ended = new();
    private volatile int _endedCount;

    public RunningCalls() => _tables[0] = new ModelCall?[SeatsOfTable];

    /// <summary>Every running call, in no order.</summary>
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

    /// <summary>Removes a call from the list.</summary>
    public void Leave(ModelCall call, int seat)
    {
        if (seat == NoSeat)
            return;
        // A full fence: a concurrent end of the call either sees that it has left, or is seen here.
        Interlocked.Exchange(ref _tables[seat / SeatsOfTable]![seat % SeatsOfTable], null);
        Forget(call);
    }

    /// <summary>Records that a call is ended, and the error for its client. It does not stop the call's waits.</summary>
    public void End(ModelCall call, CallError error)
    {
        if (!_ended.TryAdd(call, error))
            return;
        Interlocked.Increment(ref _endedCount);
        // The call may have ended by itself meanwhile, and its error would stay recorded for ever.
        if (!All.Contains(call))
            Forget(call);
    }

    /// <summary>The error for the client of a call that was ended from outside; null if it was not.</summary>
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
