using System.Globalization;

namespace Switchyard.Storage.Ledger;

/// <summary>
/// Accounts of rolling budgets, whose period is always the given length of time up to now. Their spending is summed from the entries: the
/// sum in <c>budget_accounts</c> only grows.
/// </summary>
internal static class RollingAccount
{
    /// <summary>The number of parts in which a rolling period moves on, as in the process's own account.</summary>
    public const int Parts = 96;

    /// <summary>The length of an account's rolling period, from its name: <c>name|rolling-86400s</c>. Null for any other account.</summary>
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
            // The text after any other period is the account's owner, which a client may have named.
            if (!isName && (part is "lifetime" || (part.Length > 4 && part[4] == '-' && char.IsAsciiDigit(part[0]))))
                return null;
            isName = false;
        }

        return null;
    }
}
