using Switchyard.Calls;
using Switchyard.Pipeline;

namespace Switchyard.Overview;

/// <summary>
/// The last calls that ended, with their attempts and decisions, for the inspection of one. Only in memory. Thread-safe.
/// </summary>
/// <remarks>Register it as an <see cref="ICallSink"/>. The records contain no text of requests and answers.</remarks>
public sealed class RecentCalls : ICallSink
{
    /// <summary>The number of calls kept.</summary>
    public const int Most = 1000;

    private readonly CallRecord?[] _ring = new CallRecord?[Most];
    private long _count;

    /// <summary>Keeps a call and drops the oldest beyond the maximum.</summary>
    public void OnCallEnded(CallRecord record) =>
        Volatile.Write(ref _ring[(Interlocked.Increment(ref _count) - 1) % Most], record);

    /// <summary>The last call of an id; null if it is not among the calls kept.</summary>
    public CallRecord? Find(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        return List().FirstOrDefault(record => record.Id == id);
    }

    /// <summary>All calls kept, the newest first.</summary>
    public IEnumerable<CallRecord> List()
    {
        var newest = Interlocked.Read(ref _count) - 1;
        for (var number = newest; number >= 0 && number > newest - Most; number--)
        {
            if (Volatile.Read(ref _ring[number % Most]) is { } record)
                yield return record;
        }
    }
}
