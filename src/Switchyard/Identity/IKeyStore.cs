namespace Switchyard.Identity;

/// <summary>
/// Stores the keys and tenants created by the admin API (<c>storage.ledger</c>) as opaque documents. No call waits for it: a gateway keeps
/// all documents in memory and polls for changes every second. Thread-safe; it may throw any exception of its database.
/// </summary>
public interface IKeyStore
{
    /// <summary>The rows with a higher revision, ordered by revision; 0 returns all.</summary>
    /// <remarks>
    /// A row gets its revision on commit, so that no row appears later with a lower revision than one already read. A store that was set
    /// back, as by a restored backup, is the exception: asked for rows after a revision that it does not have, it returns all; if
    /// it has none then, one deleted row with revision 0 and without a kind and a name.
    /// </remarks>
    Task<IReadOnlyList<KeyStoreRow>> ReadAsync(long since, CancellationToken cancellationToken);

    /// <summary>
    /// Writes a row whose revision is that of the row it replaces; 0 for a new row, which may also replace a deleted one.
    /// </summary>
    /// <returns>Whether it was written; false if the existing row has another revision.</returns>
    Task<bool> WriteAsync(KeyStoreRow row, CancellationToken cancellationToken);

    /// <summary>
    /// The time of last use by key name, of the keys used after a time. All are read when a gateway starts, and once a minute those that
    /// were used lately, for the uses at other gateways.
    /// </summary>
    /// <param name="since">The time; the earliest possible one for all keys.</param>
    /// <param name="cancellationToken">Cancels.</param>
    Task<IReadOnlyDictionary<string, DateTimeOffset>> ReadUsesAsync(DateTimeOffset since, CancellationToken cancellationToken);

    /// <summary>Records when keys were last used; a later time already stored is kept.</summary>
    Task WriteUsesAsync(IReadOnlyDictionary<string, DateTimeOffset> uses, CancellationToken cancellationToken);
}

/// <summary>A key or tenant as a store keeps it.</summary>
public sealed record KeyStoreRow
{
    /// <summary><c>key</c> or <c>tenant</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>Its name in lower case: the lookup key.</summary>
    public required string Name { get; init; }

    /// <summary>The number of its last change, higher than that of any change before.</summary>
    public required long Revision { get; init; }

    /// <summary>Its content as JSON; null if it was deleted. It holds hashes of keys, never keys.</summary>
    public string? Document { get; init; }
}
