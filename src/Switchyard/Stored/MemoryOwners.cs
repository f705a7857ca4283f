namespace Switchyard.Stored;

/// <summary>The owners without a database: the latest ones, as long as the process runs. Thread-safe.</summary>
/// <param name="capacity">The maximum number; the oldest are removed first.</param>
internal sealed class MemoryOwners(int capacity = MemoryOwners.UsualCapacity) : IStoredOwners
{
    public const int UsualCapacity = 100_000;

    private readonly Lock _gate = new();
    private readonly OrderedDictionary<string, StoredOwner> _owners = new(StringComparer.Ordinal);

    public Task<StoredOwner?> FindAsync(string id, CancellationToken cancellationToken)
    {
        lock (_gate)
            return Task.FromResult(_owners.GetValueOrDefault(id));
    }

    public Task<IReadOnlySet<string>> ListAsync(string kind, string provider, string holder, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return Task.FromResult<IReadOnlySet<string>>(_owners.Values
                .Where(owner => (owner.Kind, owner.Provider, owner.Holder) == (kind, provider, holder))
                .Select(owner => owner.Id).ToHashSet(StringComparer.Ordinal));
        }
    }

    public Task AddAsync(StoredOwner owner, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_owners.TryAdd(owner.Id, owner) && _owners.Count > capacity)
                _owners.RemoveAt(0);
        }

        return Task.CompletedTask;
    }

    public Task RemoveAsync(string id, CancellationToken cancellationToken)
    {
        lock (_gate)
            _owners.Remove(id);
        return Task.CompletedTask;
    }
}
