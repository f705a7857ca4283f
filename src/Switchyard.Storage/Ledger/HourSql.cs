using System.Data.Common;
using Switchyard.Money;

namespace Switchyard.Storage.Ledger;

/// <summary>The statements that find, in the roll-ups, the hours with entries that match a filter.</summary>
internal static class HourSql
{
    // A tenant with more tenants within it has so many calls that a page is found without an index, too.
    private const int MostTenants = 20;

    /// <summary>Whether a filter names anything that the roll-ups distinguish.</summary>
    public static bool Narrows(UsageFilter filter) =>
        filter.Key is not null || filter.Tenant is not null || filter.Provider is not null || filter.Model is not null
        || filter.Alias is not null;

    /// <summary>Makes a command yield the hours, at most as many as a page has entries.</summary>
    /// <param name="command">The command.</param>
    /// <param name="filter">Which entries.</param>
    /// <param name="tenants">The tenants that match the filter's tenant; null without one.</param>
    /// <param name="period">The time.</param>
    /// <param name="direction">Which hours come first.</param>
    /// <param name="limit">The most hours.</param>
    public static void Write(
        DbCommand command, UsageFilter filter, IReadOnlyList<string>? tenants, Stretch period, string direction, int limit)
    {
        var few = tenants is { Count: <= MostTenants };
        var known = new UsageFilter
        {
            Provider = filter.Provider, Model = filter.Model, Key = filter.Key, Tenant = few ? null : filter.Tenant,
        };
        var conditions = FilterSql.Conditions(known, command, hasSpellings: true).Prepend("hour > @before and hour < @to");
        if (few)
            conditions = conditions.Append($"tenant in ({string.Join(", ", tenants!.Select(Parameter))})");
        if (filter.Alias is { } alias)
        {
            // Calls that reached no provider are in the roll-ups without their alias.
            conditions = conditions.Append("(alias = @alias or provider = '')");
            command.Add("alias", alias);
        }

        command.Add("before", period.From - RollupKey.HourLength);
        command.Add("to", period.To);
        command.Add("limit", limit);
        var level = RollupLevel.For(filter, [UsageGrouping.Hour]);
        command.CommandText = $"{FilterSql.Spellings(known)}select hour from {level.Table} where {string.Join(" and ", conditions)} "
            + $"group by hour having sum(lines) > 0 order by hour {direction} limit @limit";

        string Parameter(string tenant, int place)
        {
            command.Add($"tenant{place}", tenant);
            return $"@tenant{place}";
        }
    }

    /// <summary>Makes a command yield a tenant and those within it that have calls; at most one more than count as few.</summary>
    public static void WriteTenants(DbCommand command, string tenant)
    {
        var condition = FilterSql.Conditions(new() { Tenant = tenant }, command)[0];
        command.Add("limit", MostTenants + 1);
        command.CommandText =
            $"select distinct tenant from {RollupLevel.Months.Table} where {condition} "
                + $"union select distinct tenant from {RollupLevel.Hours.Table} "
                + $"where hour >= (select until from rollups_gathered) and {condition} limit @limit";
    }
}
