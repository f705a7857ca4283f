namespace Switchyard.Auditing;

/// <summary>The audit log without a database: the last entries, until the process ends. Thread-safe.</summary>
/// <param name="capacity">The most entries that are kept.</param>
internal sealed class MemoryAuditStore(int capacity = MemoryAuditStore.UsualCapacity) : IAuditStore
{
    public const int UsualCapacity = 10_000;

    private readonly Lock _gate = new();
    private readonly Queue<AuditEntry> _entries = [];
    private AuditEntry? _last;

    public Task AppendAsync(Func<AuditEntry?, IReadOnlyList<AuditEntry>> make, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            foreach (var entry in make(_last))
            {
                _entries.Enqueue(_last = entry);
                if (_entries.Count > capacity)
                    _entries.Dequeue();
            }
        }

        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<AuditEntry>> ReadAfterAsync(long number, int limit, CancellationToken cancellationToken)
    {
        lock (_gate)
            return Task.FromResult<IReadOnlyList<AuditEntry>>([.. _entries.Where(entry => entry.Number > number).Take(limit)]);
    }

    public Task<IReadOnlyList<AuditEntry>> ReadBeforeAsync(long number, int limit, CancellationToken cancellationToken)
    {
        lock (_gate)
            return Task.FromResult<IReadOnlyList<AuditEntry>>([.. _entries.Reverse().Where(entry => entry.Number < number).Take(limit)]);
    }
}
