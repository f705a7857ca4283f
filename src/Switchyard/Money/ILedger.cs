using Switchyard.Configuration;

namespace Switchyard.Money;

/// <summary>Opens the ledger that the configuration names. Registered by <c>AddSwitchyardStorage</c>.</summary>
public interface ILedgerFactory
{
    /// <summary>Opens it, updates its schema, and takes over the unfinished work of the previous process.</summary>
    /// <exception cref="FormatException">The address is invalid.</exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    ValueTask<ILedger> OpenAsync(StorageOptions options, CancellationToken cancellationToken);

    /// <summary>Opens it without the accounts of conversations that were not continued for long.</summary>
    /// <param name="options">The storage.</param>
    /// <param name="isOfConversation">
    /// Whether an account, given by its id, belongs to one conversation and has a period that never ends. Called on any thread.
    /// </param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="FormatException">The address is invalid.</exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    ValueTask<ILedger> OpenAsync(StorageOptions options, Func<string, bool> isOfConversation, CancellationToken cancellationToken) =>
        OpenAsync(options, cancellationToken);
}

/// <summary>
/// Records calls: an intent before a call is sent, and its entries when it has ended. Thread-safe; disposing it writes pending entries.
/// </summary>
public interface ILedger : IAsyncDisposable
{
    /// <summary>The amounts spent before this process started.</summary>
    LedgerState Opening { get; }

    /// <summary>The shares of budgets that several processes share; null if only this process uses them.</summary>
    IBudgetShares? Shares { get; }

    /// <summary>The number of entries whose content the summing database refuses: they are stored separately, and are in no sum.</summary>
    long SetAside => 0;

    /// <summary>Why the ledger, or the database that it is copied to, cannot be written now; null if it can.</summary>
    LedgerTrouble? Trouble => null;

    /// <summary>Records that a call has begun. Survives the end of the process as soon as it returns.</summary>
    /// <param name="intent">The call, as recorded if it is never settled (<see cref="LedgerOutcome.Unknown"/>).</param>
    void Begin(LedgerEntry intent);

    /// <summary>Records how a call has ended. Survives the end of the process as soon as it returns.</summary>
    /// <param name="entries">Its entries, at least one.</param>
    void Settle(IReadOnlyList<LedgerEntry> entries);

    /// <summary>Records how a call has ended; completes when the record is on disk, so that it survives a power loss.</summary>
    /// <param name="entries">Its entries, at least one.</param>
    ValueTask SettleDurablyAsync(IReadOnlyList<LedgerEntry> entries);

    /// <summary>The calls whose outcome is unknown, oldest first.</summary>
    ValueTask<IReadOnlyList<LedgerEntry>> FindUnknownAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Books every call with an unknown outcome that began before a time at its worst-case cost, and likewise the share of a budget held by
    /// a process that has been silent since.
    /// </summary>
    /// <returns>The booked calls.</returns>
    ValueTask<IReadOnlyList<LedgerEntry>> BookUnknownAsync(DateTimeOffset startedBefore, CancellationToken cancellationToken);

    /// <summary>
    /// Claims a name for an event that is reported only once; false if any process has claimed it before, also before a restart.
    /// </summary>
    ValueTask<bool> TryClaimAsync(string name, CancellationToken cancellationToken);

    /// <summary>
    /// Records entries unless any process has claimed this name before, also before a restart. A ledger in a database claims and writes in
    /// one transaction, so that claimed entries are never lost.
    /// </summary>
    /// <param name="name">The name that is claimed.</param>
    /// <param name="entries">The entries, at least one.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>True if they were written; false if the name was claimed before.</returns>
    async ValueTask<bool> TrySettleOnceAsync(string name, IReadOnlyList<LedgerEntry> entries, CancellationToken cancellationToken)
    {
        if (!await TryClaimAsync(name, cancellationToken).ConfigureAwait(false))
            return false;
        Settle(entries);
        return true;
    }

    /// <summary>Sets the cost of a call whose outcome is unknown; false if it is known.</summary>
    /// <param name="call">The call's id in the ledger.</param>
    /// <param name="cost">The cost in nano-dollars.</param>
    /// <param name="cancellationToken">Cancels.</param>
    ValueTask<bool> ResolveAsync(Guid call, long cost, CancellationToken cancellationToken);
}

/// <summary>Why a ledger cannot be written.</summary>
public sealed record LedgerTrouble
{
    /// <summary>The reason, as a sentence.</summary>
    public required string Reason { get; init; }

    /// <summary>The time since when.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>
    /// Whether <see cref="ILedger.SettleDurablyAsync"/> fails meanwhile, or what it writes does not outlive the process: strict calls are
    /// not sent. False if only another database is unavailable, to which entries are copied later.
    /// </summary>
    public bool StopsDurableCalls { get; init; }
}

/// <summary>The amounts spent before a process started.</summary>
public sealed record LedgerState
{
    /// <summary>Nano-dollars by account; only accounts whose period has not ended.</summary>
    public required IReadOnlyDictionary<string, long> Spent { get; init; }

    /// <summary>The calls whose outcome is unknown.</summary>
    public required IReadOnlyList<LedgerEntry> Unknown { get; init; }

    /// <summary>
    /// For accounts of rolling budgets: the parts of <see cref="Spent"/> by time, oldest first. The rest of <see cref="Spent"/> counts as
    /// spent now.
    /// </summary>
    public IReadOnlyDictionary<string, IReadOnlyList<SpentThen>> Rolling { get; init; } =
        new Dictionary<string, IReadOnlyList<SpentThen>>();

    /// <summary>Nothing.</summary>
    public static LedgerState Empty { get; } = new() { Spent = new Dictionary<string, long>(), Unknown = [] };
}

/// <summary>An amount spent at a time.</summary>
/// <param name="At">The time.</param>
/// <param name="Amount">Nano-dollars.</param>
public readonly record struct SpentThen(DateTimeOffset At, long Amount);

/// <summary>
/// Budgets that several processes share: each process is granted a share of what is left, and spends from it without asking. Shares and
/// spending never add up to more than the budget.
/// </summary>
public interface IBudgetShares
{
    /// <summary>
    /// Follows an account. For a strict account it sets this process's share and returns what is not needed; for one that only warns it
    /// sets the amount spent by others.
    /// </summary>
    void Follow(BudgetAccount account);

    /// <summary>
    /// Stops following an account that was not used for long and of which this process holds nothing. <see cref="AskAsync"/> follows it
    /// again.
    /// </summary>
    void Leave(BudgetAccount account)
    {
    }

    /// <summary>
    /// Asks for a larger share of an account; completes when the answer arrived and a granted share was added to the account.
    /// </summary>
    /// <param name="account">The account.</param>
    /// <param name="need">The amount needed in addition to the current share, in nano-dollars.</param>
    /// <param name="cancellationToken">Cancels waiting.</param>
    ValueTask AskAsync(BudgetAccount account, long need, CancellationToken cancellationToken);
}
