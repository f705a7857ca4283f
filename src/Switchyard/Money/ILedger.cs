using Switchyard.Configuration;

namespace Switchyard.Money;

/// <summary>Opens the ledger that the configuration names. Registered by <c>AddSwitchyardStorage</c>.</summary>
public interface ILedgerFactory
{
    /// <summary>Opens it, brings its shape up to date, and takes over what the process before left behind.</summary>
    /// <exception cref="FormatException">The address is none.</exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    ValueTask<ILedger> OpenAsync(StorageOptions options, CancellationToken cancellationToken);
}

/// <summary>
/// Where calls are written down: an intent before a call is sent, and its entries when it has ended. Thread-safe; disposing it writes what
/// is left.
/// </summary>
public interface ILedger : IAsyncDisposable
{
    /// <summary>What was spent before this process began.</summary>
    LedgerState Opening { get; }

    /// <summary>Several processes share the budgets of this ledger; null where they are this one's own.</summary>
    IBudgetShares? Shares { get; }

    /// <summary>
    /// How many entries the database that keeps the sums refuses for what they hold: they are kept beside it, and are in no sum.
    /// </summary>
    long SetAside => 0;

    /// <summary>Writes down that a call has begun. Survives the end of the process as soon as it returns.</summary>
    /// <param name="intent">The call, as it will be recorded if nothing more is heard of it (<see cref="LedgerOutcome.Unknown"/>).</param>
    void Begin(LedgerEntry intent);

    /// <summary>Writes down how a call has ended. Survives the end of the process as soon as it returns.</summary>
    /// <param name="entries">Its entries, at least one.</param>
    void Settle(IReadOnlyList<LedgerEntry> entries);

    /// <summary>Writes down how a call has ended; done when that is on disk, and survives a loss of power.</summary>
    /// <param name="entries">Its entries, at least one.</param>
    ValueTask SettleDurablyAsync(IReadOnlyList<LedgerEntry> entries);

    /// <summary>The calls whose end is not known, oldest first.</summary>
    ValueTask<IReadOnlyList<LedgerEntry>> FindUnknownAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Books every call whose end is not known and that began before a time, at the most it can have cost, and likewise what a process that
    /// has not been heard of since held of a shared budget.
    /// </summary>
    /// <returns>The calls.</returns>
    ValueTask<IReadOnlyList<LedgerEntry>> BookUnknownAsync(DateTimeOffset startedBefore, CancellationToken cancellationToken);

    /// <summary>Whether nobody has claimed this name before, over restarts and processes: for what is to be said once.</summary>
    ValueTask<bool> TryClaimAsync(string name, CancellationToken cancellationToken);

    /// <summary>Decides what a call cost whose end is not known; false where it is known.</summary>
    /// <param name="call">The call's id in the ledger.</param>
    /// <param name="cost">Nano-dollars.</param>
    /// <param name="cancellationToken">Cancels.</param>
    ValueTask<bool> ResolveAsync(Guid call, long cost, CancellationToken cancellationToken);
}

/// <summary>What was spent before a process began.</summary>
/// <param name="Spent">Nano-dollars by account; only accounts whose period has not ended.</param>
/// <param name="Unknown">The calls whose end is not known.</param>
public sealed record LedgerState(IReadOnlyDictionary<string, long> Spent, IReadOnlyList<LedgerEntry> Unknown)
{
    /// <summary>
    /// When it was spent, of accounts whose period always is the last of its length: the parts of <see cref="Spent"/>, oldest first. What
    /// is in none counts as spent now.
    /// </summary>
    public IReadOnlyDictionary<string, IReadOnlyList<SpentThen>> Rolling { get; init; } =
        new Dictionary<string, IReadOnlyList<SpentThen>>();

    /// <summary>Nothing.</summary>
    public static LedgerState Empty { get; } = new(new Dictionary<string, long>(), []);
}

/// <summary>What was spent at a time.</summary>
/// <param name="At">The time.</param>
/// <param name="Amount">Nano-dollars.</param>
public readonly record struct SpentThen(DateTimeOffset At, long Amount);

/// <summary>
/// Budgets that several processes share: each is given a part of what is left, and spends from that without asking. The parts and what is
/// spent never add up to more than the budget.
/// </summary>
public interface IBudgetShares
{
    /// <summary>
    /// Follows an account. Of a strict one: sets what this process was given of it, gives back what it does not need. Of one that only
    /// warns: sets what others have spent.
    /// </summary>
    void Follow(BudgetAccount account);

    /// <summary>Asks for more of an account; done when the answer is there. The account then has it, if there was any.</summary>
    /// <param name="account">The account.</param>
    /// <param name="need">What is needed beside what is there, in nano-dollars.</param>
    /// <param name="cancellationToken">Cancels waiting.</param>
    ValueTask AskAsync(BudgetAccount account, long need, CancellationToken cancellationToken);
}
