using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Pipeline;

namespace Switchyard.Money;

/// <summary>
/// Where calls reserve and settle: the ledger and the accounts, which outlive every configuration. Thread-safe.
/// </summary>
internal sealed partial class MoneyDesk(
    ILedgerFactory? factory, BudgetAlerts alerts, TimeProvider time, ILogger<MoneyDesk>? logger = null)
    : ICallEndObserver
{
    // A share that is asked for may be taken by another call before this one has it.
    private const int MostAsked = 4;

    /// <summary>How often it is looked for calls that have been unknown for long enough.</summary>
    private static readonly TimeSpan s_bookingEvery = TimeSpan.FromMinutes(1);

    private ITimer? _booking;
    private int _closed;

    private readonly ILogger _logger = logger ?? NullLogger<MoneyDesk>.Instance;

    /// <summary>The accounts.</summary>
    public BudgetBook Book { get; } = new(time);

    /// <summary>The ledger; null where none is configured.</summary>
    public ILedger? Ledger { get; private set; }

    /// <summary>Whether an answer waits for its settlement to be on disk.</summary>
    public bool IsStrict { get; private set; }

    /// <summary>Opens the ledger that the configuration names, once.</summary>
    /// <exception cref="InvalidOperationException">It names one, and nothing is there that could open it.</exception>
    public async ValueTask OpenAsync(StorageOptions options, CancellationToken cancellationToken)
    {
        if (Ledger is not null || string.IsNullOrWhiteSpace(options.Ledger))
            return;
        if (factory is null)
        {
            throw new InvalidOperationException(
                "'storage.ledger' is set, and nothing here can open it: call AddSwitchyardStorage() on what AddSwitchyard() returns.");
        }

        Ledger = await factory.OpenAsync(options, cancellationToken).ConfigureAwait(false);
        IsStrict = string.Equals(options.Durability, "strict", StringComparison.OrdinalIgnoreCase);
        alerts.Ledger = Ledger;
        Book.Open(Ledger.Opening, Ledger.Shares);
        _booking = time.CreateTimer(_ => _ = BookUnknownAsync(), null, s_bookingEvery, s_bookingEvery);
        if (Ledger.Opening.Unknown.Count > 0)
            LogUnknown(Ledger.Opening.Unknown.Count);
    }

    /// <summary>Holds an amount of all accounts of a call, asking for more of those that are shared; the one without room, or
    /// null.</summary>
    public async ValueTask<BudgetAccount?> HoldAsync(Reservation reservation, long more, CancellationToken aborted)
    {
        for (var asked = 0; ; asked++)
        {
            if (reservation.TryHold(more, time.GetUtcNow()) is not { } full)
                return null;
            if (asked == MostAsked || Ledger?.Shares is not { } shares)
                return full;
            await shares.AskAsync(full, more, aborted).ConfigureAwait(false);
        }
    }

    /// <summary>Holds the accounts of an attempt's target; the one without room, or null.</summary>
    public async ValueTask<BudgetAccount?> HoldAsync(
        Reservation reservation, Attempt attempt, IReadOnlyList<BudgetAccount> accounts, long amount)
    {
        for (var asked = 0; ; asked++)
        {
            if (reservation.TryHold(attempt, accounts, amount, time.GetUtcNow()) is not { } full)
                return null;
            if (asked == MostAsked || Ledger?.Shares is not { } shares)
                return full;
            await shares.AskAsync(full, amount, attempt.Aborted).ConfigureAwait(false);
        }
    }

    /// <summary>How long a call whose end is not known holds its worst case (<c>budgets.unknown_after</c>).</summary>
    public TimeSpan UnknownAfter { get; set; } = TimeSpan.FromHours(24);

    /// <summary>Decides what a call cost whose end is not known; false where no such call is unknown.</summary>
    public async ValueTask<bool> ResolveAsync(Guid call, long cost, CancellationToken cancellationToken)
    {
        if (Ledger is not { } ledger)
            return false;
        var unknown = (await ledger.FindUnknownAsync(cancellationToken).ConfigureAwait(false)).FirstOrDefault(entry => entry.Call == call);
        if (unknown is null || !await ledger.ResolveAsync(call, cost, cancellationToken).ConfigureAwait(false))
            return false;
        if (ledger.Shares is null)
            Book.Resolve(unknown, cost);
        return true;
    }

    /// <summary>Settles a call before its last byte is given out; done when that is on disk.</summary>
    /// <exception cref="CallException">It could not be written. It stays in the journal, and is written when it can be.</exception>
    public async ValueTask SettleDurablyAsync(ModelCall call, MoneyCall money)
    {
        if (!money.TakeSettlement() || Ledger is not { } ledger)
            return;
        try
        {
            await ledger.SettleDurablyAsync(Settle(call, money, LedgerOutcome.Finished)).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            throw new CallException(new CallError(
                CallErrorKind.Overloaded,
                "The call was made, but the ledger cannot be written, and storage.durability is strict: its answer is held back. The call "
                    + "is charged.")
            {
                Code = "ledger_unavailable",
                Cause = e,
            });
        }
    }

    public void OnCallEnded(ModelCall call, CallResponse response, CallOutcome outcome)
    {
        if (call.Get(MoneyCall.Slot) is not { } money)
        {
            // An answer that was kept reserves nothing, and is written down all the same.
            if (Ledger is { } ledger && call.Cache is { IsFree: true } kept)
                ledger.Settle([Settlement.CachedOf(call, kept, time.GetUtcNow() - call.Elapsed)]);
            return;
        }

        if (!money.TakeSettlement())
            return;
        var entries = Settle(call, money, outcome switch
        {
            CallOutcome.Finished => LedgerOutcome.Finished,
            CallOutcome.Failed => LedgerOutcome.Failed,
            _ => LedgerOutcome.Abandoned,
        });
        Ledger?.Settle(entries);
    }

    /// <summary>Writes what is left, and closes the ledger. The engine calls it when the last call has ended.</summary>
    public async ValueTask CloseAsync()
    {
        if (_booking is { } booking)
            await booking.DisposeAsync().ConfigureAwait(false);
        if (Interlocked.Exchange(ref _closed, 1) == 0 && Ledger is { } ledger)
            await ledger.DisposeAsync().ConfigureAwait(false);
    }

    private async Task BookUnknownAsync()
    {
        try
        {
            var booked = await Ledger!.BookUnknownAsync(time.GetUtcNow() - UnknownAfter, default).ConfigureAwait(false);
            if (booked.Count > 0)
                LogBooked(booked.Count, UnknownAfter);
            if (Ledger.Shares is not null)
                return;
            foreach (var unknown in booked)
                Book.Resolve(unknown, unknown.WorstCase);
        }
        catch (Exception e)
        {
            // It is tried again in a minute.
            LogNotBooked(e);
        }
    }

    private IReadOnlyList<LedgerEntry> Settle(ModelCall call, MoneyCall money, LedgerOutcome outcome)
    {
        if (money.Reservation is { } reservation)
        {
            reservation.Settle(call, time.GetUtcNow());
            foreach (var account in reservation.AllAccounts)
                alerts.Look(account);
        }

        return Ledger is null ? [] : Settlement.EntriesOf(call, money, outcome);
    }

    [LoggerMessage(1, LogLevel.Warning,
        "{Count} calls began before the process last ended and are not known to have ended; each holds the most it can have cost")]
    private partial void LogUnknown(int count);

    [LoggerMessage(2, LogLevel.Warning, "{Count} calls whose end was not known for {After} are booked at the most they can have cost")]
    private partial void LogBooked(int count, TimeSpan after);

    [LoggerMessage(3, LogLevel.Debug, "The calls whose end is not known could not be looked for")]
    private partial void LogNotBooked(Exception e);
}
