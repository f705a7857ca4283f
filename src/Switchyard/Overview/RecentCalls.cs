using Switchyard.Calls;
using Switchyard.Pipeline;

namespace Switchyard.Overview;

/// <summary>
/// The last calls that ended, with their attempts and decisions, for whoever looks into one. In memory alone. Thread-safe.
/// </summary>
/// <remarks>Register it as an <see cref="ICallSink"/>. What is kept holds no text of requests and answers.</remarks>
public sealed class RecentCalls : ICallSink
{
    /// <summary>How many are kept.</summary>
    public const int Most = 1000;

    private readonly CallRecord?[] _ring = new CallRecord?[Most];
    private long _count;

    /// <summary>Keeps a call in place of the oldest.</summary>
    public void OnCallEnded(CallRecord record) =>
        Volatile.Write(ref _ring[(Interlocked.Increment(ref _count) - 1) % Most], record);

    /// <summary>The last call of an id; null where it is not among those that are kept.</summary>
    public CallRecord? Find(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        return List().FirstOrDefault(record => record.Id == id);
    }

    /// <summary>All that are kept, the newest first.</summary>
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
