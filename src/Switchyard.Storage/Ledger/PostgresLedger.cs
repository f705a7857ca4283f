using Microsoft.Extensions.Logging;
using Npgsql;
using Switchyard.Money;
using Switchyard.Storage.Migrations;

namespace Switchyard.Storage.Ledger;

/// <summary>
/// A ledger that several processes share: each writes its calls to its own file, which is copied to PostgreSQL. While PostgreSQL is away
/// calls continue, and nothing is lost: it is copied later. Thread-safe.
/// </summary>
internal sealed class PostgresLedger : ILedger
{
    private static readonly TimeSpan s_startPatience = TimeSpan.FromSeconds(3);

    private readonly SqliteLedger _own;
    private readonly NpgsqlDataSource _source;
    private readonly LedgerCopier _copier;
    private readonly BudgetShares _shares;
    private readonly PostgresUnknownCalls _unknown;
    private readonly TimeProvider _time;
    private int _disposed;

    private PostgresLedger(SqliteLedger own, NpgsqlDataSource source, LedgerCopier copier, BudgetShares shares, TimeProvider time)
    {
        (_own, _source, _copier, _shares, _time) = (own, source, copier, shares, time);
        _unknown = new PostgresUnknownCalls(source);
    }

    // The database decides what was spent: the parts that it grants are what is left.
    public LedgerState Opening => LedgerState.Empty;

    public IBudgetShares Shares => _shares;

    public long SetAside => _copier.SetAside;

    public LedgerTrouble? Trouble => _own.Trouble ?? _copier.Trouble;

    /// <summary>
    /// Opens this process's file, and begins to copy it. Waits for PostgreSQL for at most three seconds: without it calls are served all
    /// the same, except those of strict budgets.
    /// </summary>
    public static async ValueTask<ILedger> OpenAsync(
        string file,
        string connection,
        bool isDurable,
        TimeProvider time,
        ILogger logger,
        CancellationToken cancellationToken,
        MigrationNews? news = null)
    {
        var own = SqliteLedger.Open(file, isDurable, time, logger, isCopied: true);
        var source = NpgsqlDataSource.Create(connection);
        var shares = new BudgetShares(source, own.Node, time, logger);
        var copier = new LedgerCopier(file, connection, source, own.Node, time, shares, logger, news);
        own.Writer.Written += copier.Wake;
        copier.Start();
        var ledger = new PostgresLedger(own, source, copier, shares, time);
        try
        {
            await shares.WaitAsync(s_startPatience, cancellationToken).ConfigureAwait(false);
            return ledger;
        }
        catch
        {
            // A start that is cancelled must not keep the file.
            await ledger.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public void Begin(LedgerEntry intent) => _own.Begin(intent);

    public void Settle(IReadOnlyList<LedgerEntry> entries) => _own.Settle(entries);

    public ValueTask SettleDurablyAsync(IReadOnlyList<LedgerEntry> entries) => _own.SettleDurablyAsync(entries);

    public ValueTask<IReadOnlyList<LedgerEntry>> FindUnknownAsync(CancellationToken cancellationToken) =>
        _unknown.FindAsync(cancellationToken);

    public ValueTask<bool> ResolveAsync(Guid call, long cost, CancellationToken cancellationToken) =>
        _unknown.ResolveAsync(call, cost, cancellationToken);

    public ValueTask<IReadOnlyList<LedgerEntry>> BookUnknownAsync(DateTimeOffset startedBefore, CancellationToken cancellationToken) =>
        _unknown.BookAsync(startedBefore, cancellationToken);

    public ValueTask<bool> TryClaimAsync(string name, CancellationToken cancellationToken) =>
        _unknown.TryClaimAsync(name, cancellationToken);

    // Directly to the database that has the claims: entries in this process's file could be lost after the claim is made.
    public ValueTask<bool> TrySettleOnceAsync(
        string name, IReadOnlyList<LedgerEntry> entries, CancellationToken cancellationToken) =>
        PostgresEntries.TryWriteOnceAsync(_source, name, entries, _own.Node, _time.GetUtcNow(), cancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        // First everything is in the file, then in the database, and then this process's parts of budgets go back.
        await _own.Writer.DisposeAsync().ConfigureAwait(false);
        await _copier.DisposeAsync().ConfigureAwait(false);
        await _shares.DisposeAsync().ConfigureAwait(false);
        await _own.DisposeAsync().ConfigureAwait(false);
        await _source.DisposeAsync().ConfigureAwait(false);
    }
}
