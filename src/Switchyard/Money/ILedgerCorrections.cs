namespace Switchyard.Money;

/// <summary>
/// Corrects what entries say of their cost: a price that was wrong, or a call whose end was not known. What they said before stays
/// beside it. Thread-safe.
/// </summary>
public interface ILedgerCorrections
{
    /// <summary>
    /// Puts the later of each pair in the place of the earlier, with the sums by the hour and what budgets have spent, in one transaction.
    /// A pair whose entry says something else by now is left out.
    /// </summary>
    /// <param name="corrections">The pairs.</param>
    /// <param name="reason">Why, in a word: it is kept with what the entries said.</param>
    /// <param name="cancellationToken">Ends the work; then nothing of it has been done.</param>
    /// <returns>How many entries were corrected.</returns>
    /// <exception cref="LedgerException">There is no ledger, or it is away.</exception>
    Task<int> CorrectAsync(IReadOnlyList<LedgerCorrection> corrections, string reason, CancellationToken cancellationToken);
}

/// <summary>An entry, and what it is to say.</summary>
/// <param name="Before">What it says now.</param>
/// <param name="After">What it is to say: the same call, with other tokens, another cost or outcome.</param>
public sealed record LedgerCorrection(LedgerEntry Before, LedgerEntry After);
