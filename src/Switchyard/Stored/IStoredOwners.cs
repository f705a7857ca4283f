namespace Switchyard.Stored;

/// <summary>
/// Records the account that stores a file or a batch, and its owner. Only the owner may use it, and only at that account. Thread-safe; it
/// may throw any exception of its database.
/// </summary>
public interface IStoredOwners
{
    /// <summary>The owner of an id; null if it was not created through this gateway.</summary>
    Task<StoredOwner?> FindAsync(string id, CancellationToken cancellationToken);

    /// <summary>The ids of one kind that an owner has at a provider.</summary>
    Task<IReadOnlySet<string>> ListAsync(string kind, string provider, string holder, CancellationToken cancellationToken);

    /// <summary>Adds an owner; an existing one is kept.</summary>
    Task AddAsync(StoredOwner owner, CancellationToken cancellationToken);

    /// <summary>Removes a deleted id.</summary>
    Task RemoveAsync(string id, CancellationToken cancellationToken);
}

/// <summary>The owner of a file or a batch.</summary>
public sealed record StoredOwner
{
    /// <summary>The id issued by the provider.</summary>
    public required string Id { get; init; }

    /// <summary>
    /// <c>file</c>, <c>batch</c> or <c>message_batch</c>; a mark, which records a further fact about one of them, has its own kind.
    /// </summary>
    public required string Kind { get; init; }

    /// <summary>The provider's name.</summary>
    public required string Provider { get; init; }

    /// <summary>An opaque name for the account behind the provider's credential.</summary>
    public required string Account { get; init; }

    /// <summary>Its owner: a tenant, or a key without one; for a mark, its value.</summary>
    public required string Holder { get; init; }

    /// <summary>When it was created.</summary>
    public required DateTimeOffset At { get; init; }
}
