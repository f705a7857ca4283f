using Switchyard.Configuration;
using Switchyard.Money;

namespace Switchyard.Tests.Money;

/// <summary>A ledger whose writes the test can block.</summary>
internal sealed class HeldLedger : ILedger, ILedgerFactory
{
    public TaskCompletionSource Asked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TaskCompletionSource Written { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public List<LedgerEntry> Begun { get; } = [];

    public List<LedgerEntry> Entries { get; } = [];

    public LedgerState Opening => LedgerState.Empty;

    public IBudgetShares? Shares => null;

    public long SetAside { get; init; }

    public LedgerTrouble? Trouble { get; set; }

    public ValueTask<ILedger> OpenAsync(StorageOptions options, CancellationToken cancellationToken) => new(this);

    public void Begin(LedgerEntry intent) => Begun.Add(intent);

    public void Settle(IReadOnlyList<LedgerEntry> entries) => Entries.AddRange(entries);

    public async ValueTask SettleDurablyAsync(IReadOnlyList<LedgerEntry> entries)
    {
        Entries.AddRange(entries);
        Asked.TrySetResult();
        await Written.Task;
    }

    public ValueTask<IReadOnlyList<LedgerEntry>> FindUnknownAsync(CancellationToken cancellationToken) => new([]);

    public ValueTask<bool> ResolveAsync(Guid call, long cost, CancellationToken cancellationToken) => new(false);

    public ValueTask<IReadOnlyList<LedgerEntry>> BookUnknownAsync(DateTimeOffset startedBefore, CancellationToken cancellationToken) =>
        new([]);

    public ValueTask<bool> TryClaimAsync(string name, CancellationToken cancellationToken) => new(true);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
