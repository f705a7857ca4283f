namespace Switchyard.Money;

/// <summary>
/// Corrects the cost of entries: after a wrong price, or for a call whose outcome was unknown. The original values are kept. Thread-safe.
/// </summary>
public interface ILedgerCorrections
{
    /// <summary>
    /// Replaces the earlier entry of each pair by the later one, and updates the hourly sums and the spending of budgets, in one
    /// transaction. A pair whose entry has changed meanwhile is skipped.
    /// </summary>
    /// <param name="corrections">The pairs.</param>
    /// <param name="reason">The reason in one word, stored with the original values.</param>
    /// <param name="cancellationToken">Cancels; nothing is changed then.</param>
    /// <returns>The number of corrected entries.</returns>
    /// <exception cref="LedgerException">There is no ledger, or it is unavailable.</exception>
    Task<int> CorrectAsync(IReadOnlyList<LedgerCorrection> corrections, string reason, CancellationToken cancellationToken);
}

/// <summary>An entry and its corrected version.</summary>
/// <param name="Before">The current entry.</param>
/// <param name="After">The corrected entry: the same call, with other tokens, another cost or outcome.</param>
public sealed record LedgerCorrection(LedgerEntry Before, LedgerEntry After);
