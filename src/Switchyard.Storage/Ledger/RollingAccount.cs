using System.Globalization;

namespace Switchyard.Storage.Ledger;

/// <summary>
/// Accounts of budgets whose period always is the last of its length. What they have spent is added up from the entries: the sum in
/// <c>budget_accounts</c> only grows.
/// </summary>
internal static class RollingAccount
{
    /// <summary>In how many parts of its length the time of a rolling period goes by, as in the account of the process.</summary>
    public const int Parts = 96;

    /// <summary>The length of an account's period, which its name says: <c>name|rolling-86400s</c>. Null for any other account.</summary>
    public static TimeSpan? LengthOf(string account)
    {
        const string Word = "rolling-";
        var isName = true;
        foreach (var range in account.AsSpan().Split('|'))
        {
            var part = account.AsSpan()[range];
            if (!isName && part.StartsWith(Word, StringComparison.Ordinal) && part[^1] == 's'
                && long.TryParse(part[Word.Length..^1], CultureInfo.InvariantCulture, out var seconds))
                return TimeSpan.FromSeconds(seconds);
            // What follows another period is whose account it is, which a client may have named.
            if (!isName && (part is "lifetime" || (part.Length > 4 && part[4] == '-' && char.IsAsciiDigit(part[0]))))
                return null;
            isName = false;
        }

        return null;
    }
}
