namespace Switchyard.Money;

/// <summary>
/// Reads sums and single calls from the ledger. It never delays a call: it uses separate connections, and cancels a query that takes too
/// long. Thread-safe.
/// </summary>
public interface IUsageReader
{
    /// <summary>The figures of the calls of a period, in total and by group.</summary>
    /// <exception cref="LedgerException">There is no ledger, it is unavailable, or the query takes too long.</exception>
    Task<UsageSummary> SummarizeAsync(UsageQuery query, CancellationToken cancellationToken);

    /// <summary>A page of entries, the newest first.</summary>
    /// <param name="filter">
    /// The entries to list. Its outcome is that of the call: an attempt after which the call went on is listed only without it.
    /// </param>
    /// <param name="limit">The maximum number of entries: 1 to 1,000.</param>
    /// <param name="after">The <see cref="LedgerPage.Next"/> of the page before; null for the first.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="LedgerException">There is no ledger, it is unavailable, the query takes too long, or there is no such
    /// page.</exception>
    Task<LedgerPage> ListAsync(UsageFilter filter, int limit, string? after, CancellationToken cancellationToken);

    /// <summary>All entries, the oldest first, streamed: only a few are in memory at a time.</summary>
    /// <exception cref="LedgerException">There is no ledger, or it is unavailable.</exception>
    IAsyncEnumerable<LedgerEntry> ReadAsync(UsageFilter filter, CancellationToken cancellationToken);
}

/// <summary>A page of entries, the newest first.</summary>
/// <param name="Entries">The entries.</param>
/// <param name="Next">The cursor of the next page; null on the last one.</param>
public sealed record LedgerPage(IReadOnlyList<LedgerEntry> Entries, string? Next);
