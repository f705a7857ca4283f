namespace Switchyard.Money;

/// <summary>
/// Records the answers that providers make in the background: the account that stores each, its owner, and what is still to be charged for
/// it. Every process that shares the store may read and charge them. Thread-safe; it may throw any exception of its database.
/// </summary>
public interface IBackgroundStore
{
    /// <summary>
    /// Adds an answer. One that is recorded already stays as it is, except that its owner's record of what is owed is added if there is
    /// none.
    /// </summary>
    /// <param name="answer">The answer.</param>
    /// <param name="due">When its provider is to be asked for it, if it is not charged by then.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="ArgumentException">
    /// The store can never take this answer, for example because its database does not take a text in it. It is not tried again; after any
    /// other exception it is.
    /// </exception>
    Task AddAsync(BackgroundRecord answer, DateTimeOffset due, CancellationToken cancellationToken);

    /// <summary>The answer of an id; null if there is none.</summary>
    Task<BackgroundRecord?> FindAsync(string id, CancellationToken cancellationToken);

    /// <summary>Records that nothing is owed for an answer any more. Its owner stays recorded.</summary>
    Task CloseAsync(string id, CancellationToken cancellationToken);

    /// <summary>
    /// Takes answers that are owed and due, so that no other process takes them at the same time: each is due again after
    /// <paramref name="again"/>, doubled each time it is taken.
    /// </summary>
    /// <param name="now">The time.</param>
    /// <param name="again">The shortest time after which an answer is due again.</param>
    /// <param name="longest">The longest one.</param>
    /// <param name="most">The maximum number of answers.</param>
    /// <param name="except">The providers whose answers are not taken: they are slow, and the others must not wait for them.</param>
    /// <param name="cancellationToken">Cancels.</param>
    Task<IReadOnlyList<BackgroundRecord>> TakeDueAsync(
        DateTimeOffset now, TimeSpan again, TimeSpan longest, int most, IReadOnlyCollection<string> except,
        CancellationToken cancellationToken);

    /// <summary>Deletes the answers that were recorded before a time.</summary>
    /// <returns>The deleted answers for which something was still owed.</returns>
    Task<IReadOnlyList<BackgroundRecord>> DeleteAsync(DateTimeOffset before, CancellationToken cancellationToken);
}

/// <summary>An answer that its provider makes in the background, as a store keeps it. Immutable.</summary>
public sealed record BackgroundRecord
{
    /// <summary>The id issued by the provider.</summary>
    public required string Id { get; init; }

    /// <summary>The provider's name.</summary>
    public required string Provider { get; init; }

    /// <summary>An opaque name for the account behind the provider's credential.</summary>
    public required string Account { get; init; }

    /// <summary>The provider's own model id.</summary>
    public required string Model { get; init; }

    /// <summary>Its owner: a tenant, or a key without one.</summary>
    public required string Holder { get; init; }

    /// <summary>When it was requested.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The name under which it is settled, once: <see cref="ILedger.TrySettleOnceAsync"/>.</summary>
    public string Claim => $"background|{Provider}|{Id}";

    /// <summary>Its line in the ledger, still without usage; null if nothing is owed.</summary>
    public LedgerEntry? Owed { get; init; }

    /// <summary>The requested service tier; null if the client left it to the provider.</summary>
    public string? ServiceTier { get; init; }

    /// <summary>The budgets that the call counted for, and the owner if a budget has an account for each.</summary>
    public IReadOnlyList<(string Budget, string? Scope)> Accounts { get; init; } = [];
}
