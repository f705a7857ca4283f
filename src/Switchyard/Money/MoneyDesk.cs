using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Pipeline;

namespace Switchyard.Money;

/// <summary>Reserves and settles calls: the ledger and the accounts, which outlive every configuration. Thread-safe.</summary>
internal sealed partial class MoneyDesk(
    ILedgerFactory? factory,
    BudgetAlerts alerts,
    TimeProvider time,
    BackgroundAnswers background,
    ILogger<MoneyDesk>? logger = null)
    : ICallEndObserver
{
    // Another call may take a granted share before this one does.
    private const int MostAsked = 4;

    /// <summary>The interval of the search for calls that have been unknown for long enough.</summary>
    private static readonly TimeSpan s_bookingEvery = TimeSpan.FromMinutes(1);

    private ITimer? _booking;
    private int _closed;

    private readonly ILogger _logger = logger ?? NullLogger<MoneyDesk>.Instance;

    /// <summary>The accounts.</summary>
    public BudgetBook Book { get; } = new(time);

    /// <summary>The answers that providers make in the background and whose usage is not known yet.</summary>
    public BackgroundAnswers Background => background;

    /// <summary>The ledger; null if none is configured.</summary>
    public ILedger? Ledger { get; private set; }

    /// <summary>Whether an answer waits until its settlement is on disk.</summary>
    public bool IsStrict { get; private set; }

    /// <summary>
    /// Whether no call can be served, because with <c>storage.durability: strict</c> its answer would be held back. Checked before a call
    /// is sent: its provider would bill it all the same.
    /// </summary>
    public bool IsBlocked => IsStrict && Ledger?.Trouble is { StopsDurableCalls: true };

    /// <summary>Opens the ledger that the configuration names, once.</summary>
    /// <exception cref="InvalidOperationException">It names one, and no ledger factory is registered.</exception>
    public async ValueTask OpenAsync(SwitchyardOptions options, CancellationToken cancellationToken)
    {
        if (Ledger is not null || string.IsNullOrWhiteSpace(options.Storage.Ledger))
            return;
        if (factory is null)
        {
            throw new InvalidOperationException(
                "'storage.ledger' is set, but nothing here can open it: call AddSwitchyardStorage() on what AddSwitchyard() returns.");
        }

        Book.Know(BudgetRules.Of(options));
        Ledger = await factory.OpenAsync(options.Storage, Book.IsOfConversation, cancellationToken).ConfigureAwait(false);
        IsStrict = string.Equals(options.Storage.Durability, "strict", StringComparison.OrdinalIgnoreCase);
        alerts.Ledger = Ledger;
        Background.Open();
        Book.Open(Ledger.Opening, Ledger.Shares);
        _booking = time.CreateTimer(_ => _ = BookUnknownAsync(), null, s_bookingEvery, s_bookingEvery);
        if (Ledger.Opening.Unknown.Count > 0)
            LogUnknown(Ledger.Opening.Unknown.Count);
    }

    /// <summary>
    /// Reserves an amount in all accounts of a call, asking for more of shared ones; returns the account without room, or null.
    /// </summary>
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

    /// <summary>Reserves in the accounts of an attempt's target; returns the account without room, or null.</summary>
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

    /// <summary>
    /// Charges amounts that no call has reserved. They are reserved first, so that shared budgets include them before they are written.
    /// They are charged even without room: the provider has answered.
    /// </summary>
    /// <param name="spent">The amounts by account, in nano-dollars.</param>
    /// <param name="write">Writes their entries; false if they were written before, and nothing is charged.</param>
    /// <param name="now">The time.</param>
    public async Task ChargeAsync(IReadOnlyDictionary<BudgetAccount, long> spent, Func<ValueTask<bool>> write, DateTimeOffset now)
    {
        var held = new Dictionary<BudgetAccount, long>();
        var isMine = false;
        try
        {
            foreach (var (account, cost) in spent)
            {
                if (await HoldAsync(new Reservation([account]), cost, CancellationToken.None).ConfigureAwait(false) is null)
                    held[account] = cost;
            }

            isMine = await write().ConfigureAwait(false);
        }
        finally
        {
            foreach (var (account, cost) in spent)
            {
                account.Settle(held.GetValueOrDefault(account), isMine ? cost : 0, now);
                if (isMine)
                    alerts.Look(account);
            }
        }
    }

    /// <summary>How long a call whose outcome is unknown holds its worst-case cost (<c>budgets.unknown_after</c>).</summary>
    public TimeSpan UnknownAfter { get; set; } = TimeSpan.FromHours(24);

    /// <summary>Sets the cost of a call whose outcome is unknown; false if there is no such call.</summary>
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

    /// <summary>Settles a call before its last byte is sent; completes when the settlement is on disk.</summary>
    /// <exception cref="CallException">It could not be written. It stays in the journal, and is written later.</exception>
    public async ValueTask SettleDurablyAsync(ModelCall call, MoneyCall money)
    {
        if (!money.TakeSettlement() || Ledger is null)
            return;
        var (entries, unfinished) = Settle(call, money, LedgerOutcome.Finished);
        try
        {
            if (unfinished is null)
                await WriteAsync(entries).ConfigureAwait(false);
            else
                await WithinPatienceAsync(KeepAndWriteAsync(unfinished, entries)).ConfigureAwait(false);
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

    /// <summary>
    /// Records the owner of an answer in the background as soon as its stream is open: the client may continue it at another process, or
    /// after a restart.
    /// </summary>
    public Task KeepOwnerAsync(ModelCall call, MoneyCall money) => call.Attempt is { Kept: { } owner } attempt
        ? WithinPatienceAsync(Background.KeepAsync([RecordOf(attempt.KeptId!, owner, money)]))
        : Task.CompletedTask;

    public void OnCallEnded(ModelCall call, CallResponse response, CallOutcome outcome)
    {
        if (call.Get(MoneyCall.Slot) is not { } money)
        {
            // A cached answer reserves nothing, but is recorded too.
            if (Ledger is { } ledger && call.Cache is { IsFree: true } kept)
                ledger.Settle([Settlement.CachedOf(call, kept, time.GetUtcNow() - call.Elapsed)]);
            return;
        }

        if (!money.TakeSettlement())
            return;
        var (entries, unfinished) = Settle(call, money, outcome switch
        {
            CallOutcome.Finished => LedgerOutcome.Finished,
            CallOutcome.Failed => LedgerOutcome.Failed,
            _ => LedgerOutcome.Abandoned,
        });
        // An answer is recorded before its call is settled: a process that ends in between leaves the call unknown, and loses nothing.
        if (unfinished is not null)
            _ = KeepAndWriteAsync(unfinished, entries);
        else
            Ledger?.Settle(entries);
    }

    /// <summary>Writes pending entries, and closes the ledger. The engine calls it when the last call has ended.</summary>
    public async ValueTask CloseAsync()
    {
        if (_booking is { } booking)
            await booking.DisposeAsync().ConfigureAwait(false);
        await Background.DisposeAsync().ConfigureAwait(false);
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
            // The next minute tries again.
            LogNotBooked(e);
        }
    }

    private (IReadOnlyList<LedgerEntry> Entries, List<BackgroundRecord>? Unfinished) Settle(
        ModelCall call, MoneyCall money, LedgerOutcome outcome)
    {
        if (money.Reservation is { } reservation)
        {
            reservation.Settle(call, time.GetUtcNow());
            foreach (var account in reservation.AllAccounts)
                alerts.Look(account);
        }

        var unfinished = NoteUnfinished(call, money);
        return (Ledger is null ? [] : Settlement.EntriesOf(call, money, outcome), unfinished);
    }

    /// <summary>Notes the answers that providers make in the background: they are charged when they are read.</summary>
    /// <returns>Those that must be recorded in the store before the call is settled; null for none.</returns>
    private List<BackgroundRecord>? NoteUnfinished(ModelCall call, MoneyCall money)
    {
        if (call.AttemptCount == 0 || (call.AttemptCount == 1 && call.Attempt!.UnfinishedAnswer is null))
            return null;
        List<BackgroundRecord>? unfinished = null;
        var attempts = call.Attempts;
        for (var i = 0; i < attempts.Count; i++)
        {
            var attempt = attempts[i];
            if (attempt.UnfinishedAnswer is not { } id)
                continue;
            var owed = Settlement.UnfinishedOf(call, money, i);
            var record = RecordOf(id, attempt.Kept!, money) with
            {
                Owed = owed,
                ServiceTier = call.Envelope.ServiceTier,
                Accounts = [.. money.Reservation?.AccountsFor(attempt).Select(account => (account.Budget, account.Scope)) ?? []],
            };
            Background.Add(new BackgroundAnswer
            {
                Id = id,
                Provider = record.Provider,
                Entry = owed,
                Target = attempt.Deployment,
                ServiceTier = record.ServiceTier,
                Accounts = record.Accounts,
                Record = Background.Store is null ? null : record,
            });
            if (Background.Store is not null)
                (unfinished ??= []).Add(record);
        }

        return unfinished;
    }

    private static BackgroundRecord RecordOf(string id, AnswerOwner owner, MoneyCall money) => new()
    {
        Id = id,
        Provider = owner.Provider,
        Account = owner.Account,
        Model = owner.Model ?? "",
        Holder = owner.Holder,
        At = money.StartedAt,
    };

    /// <summary>Waits for the store for a moment: while it is away the call goes on, and is settled when the store is back.</summary>
    private async Task WithinPatienceAsync(Task keeping)
    {
        try
        {
            await keeping.WaitAsync(BackgroundAnswers.Patience, time).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            LogNotWaited(BackgroundAnswers.Patience);
        }
    }

    // A method of its own: a lambda in OnCallEnded would allocate 32 bytes for each call that it ends, whether it settles one or not.
    private Task KeepAndWriteAsync(List<BackgroundRecord> unfinished, IReadOnlyList<LedgerEntry> entries) =>
        Background.KeepAsync(unfinished, () => WriteAsync(entries));

    private ValueTask WriteAsync(IReadOnlyList<LedgerEntry> entries)
    {
        if (IsStrict)
            return Ledger!.SettleDurablyAsync(entries);
        Ledger!.Settle(entries);
        return ValueTask.CompletedTask;
    }

    [LoggerMessage(1, LogLevel.Warning,
        "{Count} calls began before the process last ended and are not known to have ended; each holds the most it can have cost")]
    private partial void LogUnknown(int count);

    [LoggerMessage(2, LogLevel.Warning, "{Count} calls whose end was unknown for {After} were booked at the most they can have cost")]
    private partial void LogBooked(int count, TimeSpan after);

    [LoggerMessage(3, LogLevel.Debug, "The calls with an unknown end could not be looked up")]
    private partial void LogNotBooked(Exception e);

    [LoggerMessage(4, LogLevel.Debug, "The record of a background answer was not written within {Patience}")]
    private partial void LogNotWaited(TimeSpan patience);
}
