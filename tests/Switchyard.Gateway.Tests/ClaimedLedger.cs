using Switchyard.Configuration;
using Switchyard.Money;

namespace Switchyard.Gateway.Tests;

/// <summary>A ledger that several gateways share, in memory.</summary>
internal sealed class ClaimedLedger : ILedger, ILedgerFactory
{
    private readonly Lock _gate = new();
    private readonly HashSet<string> _claims = [];
    private readonly List<LedgerEntry> _entries = [];
    private int _asked;

    /// <summary>All entries.</summary>
    public IReadOnlyList<LedgerEntry> Entries
    {
        get
        {
            lock (_gate)
                return [.. _entries];
        }
    }

    /// <summary>The entries of batches.</summary>
    public IReadOnlyList<LedgerEntry> Batches
    {
        get
        {
            lock (_gate)
                return [.. _entries.Where(entry => entry.Operation == "batch")];
        }
    }

    /// <summary>The number of attempts to write a batch.</summary>
    public int Asked => Volatile.Read(ref _asked);

    public bool IsAway { get; set; }

    /// <summary>Whether it takes no entries.</summary>
    public bool IsFull { get; set; }

    public LedgerState Opening => LedgerState.Empty;

    public IBudgetShares? Shares => null;

    public LedgerTrouble? Trouble { get; set; }

    public ValueTask<ILedger> OpenAsync(StorageOptions options, CancellationToken cancellationToken) => new(this);

    public void Begin(LedgerEntry intent)
    {
    }

    public void Settle(IReadOnlyList<LedgerEntry> entries)
    {
        if (IsFull)
            throw new IOException("the secret of a database");
        lock (_gate)
            _entries.AddRange(entries);
    }

    public ValueTask SettleDurablyAsync(IReadOnlyList<LedgerEntry> entries)
    {
        Settle(entries);
        return ValueTask.CompletedTask;
    }

    public ValueTask<IReadOnlyList<LedgerEntry>> FindUnknownAsync(CancellationToken cancellationToken) => new([]);

    public ValueTask<bool> ResolveAsync(Guid call, long cost, CancellationToken cancellationToken) => new(false);

    public ValueTask<IReadOnlyList<LedgerEntry>> BookUnknownAsync(
        DateTimeOffset startedBefore, CancellationToken cancellationToken) => new([]);

    public ValueTask<bool> TryClaimAsync(string name, CancellationToken cancellationToken)
    {
        // Budgets claim their alerts.
        if (!name.StartsWith("batch|", StringComparison.Ordinal))
            return new(true);
        Interlocked.Increment(ref _asked);
        if (IsAway)
            throw new InvalidOperationException("the secret of a database");
        lock (_gate)
            return new(_claims.Add(name));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
