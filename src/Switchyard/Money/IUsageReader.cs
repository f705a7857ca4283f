namespace Switchyard.Money;

/// <summary>
/// Reads what the ledger holds: sums, and single calls. It never holds a call up: it reads on connections of its own, and gives up where a
/// question takes too long. Thread-safe.
/// </summary>
public interface IUsageReader
{
    /// <summary>What the calls of a period come to, in all and by group.</summary>
    /// <exception cref="LedgerException">There is no ledger, it is away, or the question takes too long.</exception>
    Task<UsageSummary> SummarizeAsync(UsageQuery query, CancellationToken cancellationToken);

    /// <summary>A page of entries, the newest first.</summary>
    /// <param name="filter">Which.</param>
    /// <param name="limit">The most entries: 1 to 1,000.</param>
    /// <param name="after">The <see cref="LedgerPage.Next"/> of the page before; null for the first.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="LedgerException">There is no ledger, it is away, the question takes too long, or there is no such page.</exception>
    Task<LedgerPage> ListAsync(UsageFilter filter, int limit, string? after, CancellationToken cancellationToken);

    /// <summary>All entries, the oldest first, read as they are asked for: however many there are, few are in memory.</summary>
    /// <exception cref="LedgerException">There is no ledger, or it is away.</exception>
    IAsyncEnumerable<LedgerEntry> ReadAsync(UsageFilter filter, CancellationToken cancellationToken);
}

/// <summary>A page of entries, the newest first.</summary>
/// <param name="Entries">The entries.</param>
/// <param name="Next">What leads to the next page; null on the last one.</param>
public sealed record LedgerPage(IReadOnlyList<LedgerEntry> Entries, string? Next);
