namespace Switchyard.Stored;

/// <summary>
/// Which account keeps a file or a batch, and whose it is. Only who made one may use it, and only at the account that keeps it.
/// Thread-safe; it may throw whatever its database throws.
/// </summary>
public interface IStoredOwners
{
    /// <summary>The owner of an id; null where nobody here has made it.</summary>
    Task<StoredOwner?> FindAsync(string id, CancellationToken cancellationToken);

    /// <summary>The ids of one kind that somebody has at a provider.</summary>
    Task<IReadOnlySet<string>> ListAsync(string kind, string provider, string holder, CancellationToken cancellationToken);

    /// <summary>Adds an owner; one that is there already stays.</summary>
    Task AddAsync(StoredOwner owner, CancellationToken cancellationToken);

    /// <summary>Forgets an id that was deleted.</summary>
    Task RemoveAsync(string id, CancellationToken cancellationToken);
}

/// <summary>The owner of a file or a batch.</summary>
/// <param name="Id">The id that the provider has given it.</param>
/// <param name="Kind"><c>file</c> or <c>batch</c>; of a mark, which says more of one of them, a name of its own.</param>
/// <param name="Provider">The provider's name.</param>
/// <param name="Account">A name for the account behind the provider's credential, from which neither can be read.</param>
/// <param name="Holder">Whose it is: a tenant, or a key without one; of a mark, what it says.</param>
/// <param name="At">When it was made.</param>
public sealed record StoredOwner(string Id, string Kind, string Provider, string Account, string Holder, DateTimeOffset At);
