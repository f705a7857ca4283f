namespace Switchyard.Identity;

/// <summary>
/// Where keys and tenants are kept that the admin API makes (<c>storage.ledger</c>). It holds documents and knows nothing of what they say.
/// No call waits for it: a gateway has all of it in memory and asks every second what has changed. Thread-safe; it may throw whatever its
/// database throws.
/// </summary>
public interface IKeyStore
{
    /// <summary>The rows whose revision is higher, in the order of their revisions; 0 gets all.</summary>
    /// <remarks>A revision is given to a row with its commit, so that no row appears later with a lower one than was read before.</remarks>
    Task<IReadOnlyList<KeyStoreRow>> ReadAsync(long since, CancellationToken cancellationToken);

    /// <summary>
    /// Writes a row whose revision is the one that it replaces, 0 for a new one: which also takes the place of one that was deleted.
    /// </summary>
    /// <returns>Whether it was written: the row there is of another revision otherwise.</returns>
    Task<bool> WriteAsync(KeyStoreRow row, CancellationToken cancellationToken);

    /// <summary>When keys were last used, by their names; read when a gateway starts.</summary>
    Task<IReadOnlyDictionary<string, DateTimeOffset>> ReadUsesAsync(CancellationToken cancellationToken);

    /// <summary>Notes when keys were last used; a later time that is there already stays.</summary>
    Task WriteUsesAsync(IReadOnlyDictionary<string, DateTimeOffset> uses, CancellationToken cancellationToken);
}

/// <summary>A key or tenant as a store keeps it.</summary>
/// <param name="Kind"><c>key</c> or <c>tenant</c>.</param>
/// <param name="Name">Its name in lower case, by which it is found.</param>
/// <param name="Revision">The number of its last change, higher than that of any change before.</param>
/// <param name="Document">What it is, as JSON; null when it was deleted. It holds hashes of keys, never keys.</param>
public sealed record KeyStoreRow(string Kind, string Name, long Revision, string? Document);
