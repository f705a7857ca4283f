using Switchyard.Money;

namespace Switchyard.Storage.Ledger;

/// <summary>
/// A table of roll-ups: how much of an entry it tells apart. Each is written with the entries; a question is answered by the one with the
/// fewest lines that knows what it asks. Immutable.
/// </summary>
/// <param name="Table">The table. All have the columns of <see cref="RollupKey"/>; what is not told apart is empty.</param>
/// <param name="Kept">What is told apart.</param>
/// <param name="IsOfMonths">Whether a line is for a month; else for an hour.</param>
internal sealed record RollupLevel(string Table, RollupParts Kept, bool IsOfMonths)
{
    /// <summary>Everything, by the hour.</summary>
    public static readonly RollupLevel Hours = new("rollups", RollupParts.Callers | RollupParts.Models, IsOfMonths: false);

    /// <summary>Without keys and tenants: as few lines an hour as there are models, however many keys call them.</summary>
    public static readonly RollupLevel OfModels = new("rollups_of_models", RollupParts.Models, IsOfMonths: false);

    /// <summary>Keys and tenants by the month: a line for each key.</summary>
    public static readonly RollupLevel OfKeys = new("rollups_of_keys", RollupParts.Callers, IsOfMonths: true);

    /// <summary>All of them, in the order in which they are written.</summary>
    public static readonly RollupLevel[] All = [Hours, OfModels, OfKeys];

    // After it no month begins that a date can name.
    private static readonly long s_lastMonth = new DateTimeOffset(9999, 12, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();

    /// <summary>The level that answers a question from the fewest lines.</summary>
    /// <param name="filter">Which entries are meant.</param>
    /// <param name="by">What figures are split by.</param>
    public static RollupLevel For(UsageFilter filter, IReadOnlyList<UsageGrouping> by)
    {
        var asked = RollupParts.None;
        if (filter.Key is not null || filter.Tenant is not null)
            asked |= RollupParts.Callers;
        if (filter.Provider is not null || filter.Model is not null || filter.Alias is not null)
            asked |= RollupParts.Models;
        foreach (var group in by)
        {
            asked |= group switch
            {
                UsageGrouping.Key or UsageGrouping.Tenant => RollupParts.Callers,
                UsageGrouping.Provider or UsageGrouping.Model or UsageGrouping.Alias => RollupParts.Models,
                _ => RollupParts.None,
            };
        }

        var byTime = by.Any(group => group is UsageGrouping.Day or UsageGrouping.Hour);
        return (asked & RollupParts.Callers) == 0 ? OfModels
            : (asked & RollupParts.Models) == 0 && !byTime ? OfKeys
            : Hours;
    }

    /// <summary>The line of this level to which a line of <see cref="Hours"/> belongs.</summary>
    public RollupKey Of(RollupKey line) => new(
        IsOfMonths ? MonthOf(line.Hour) : line.Hour,
        Kept.HasFlag(RollupParts.Callers) ? line.Key : "",
        Kept.HasFlag(RollupParts.Callers) ? line.Tenant : "",
        Kept.HasFlag(RollupParts.Models) ? line.Provider : "",
        Kept.HasFlag(RollupParts.Models) ? line.Model : "",
        Kept.HasFlag(RollupParts.Models) ? line.Alias : "");

    /// <summary>The first millisecond of the month in which a moment lies, UTC.</summary>
    public static long MonthOf(long milliseconds)
    {
        var time = DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
        return new DateTimeOffset(time.Year, time.Month, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();
    }

    /// <summary>The first millisecond of the first month that begins at a moment or after it, UTC.</summary>
    public static long NextMonth(long milliseconds)
    {
        if (milliseconds > s_lastMonth)
            return long.MaxValue;
        var month = MonthOf(milliseconds);
        return month == milliseconds
            ? month
            : DateTimeOffset.FromUnixTimeMilliseconds(month).AddMonths(1).ToUnixTimeMilliseconds();
    }
}

/// <summary>What roll-ups may tell apart.</summary>
[Flags]
internal enum RollupParts
{
    /// <summary>Times alone.</summary>
    None = 0,

    /// <summary>Keys and tenants.</summary>
    Callers = 1,

    /// <summary>Providers, models, and the names asked for.</summary>
    Models = 2,
}
