using System.Globalization;

namespace Switchyard.Storage.Ledger;

/// <summary>
/// Accounts of budgets whose period always is the last of its length. What they have spent is added up from the entries: the sum in
/// <c>budget_accounts</c> only grows.
/// </summary>
internal static class RollingAccount
{
    /// <summary>The length of an account's period, which its name says: <c>name|rolling-86400s</c>. Null for any other account.</summary>
    public static TimeSpan? LengthOf(string account)
    {
        const string Word = "|rolling-";
        var at = account.IndexOf(Word, StringComparison.Ordinal);
        var end = at < 0 ? -1 : account.IndexOf('s', at + Word.Length);
        return end > 0 && long.TryParse(account.AsSpan((at + Word.Length)..end), CultureInfo.InvariantCulture, out var seconds)
            ? TimeSpan.FromSeconds(seconds)
            : null;
    }
}
