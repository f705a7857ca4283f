using System.Data.Common;
using System.Globalization;
using Switchyard.Canonical;
using Switchyard.Money;

namespace Switchyard.Storage.Ledger;

/// <summary>
/// The statements behind a summary. Whole hours and months come from the roll-ups; the rest of the first and last hour, and what the
/// roll-ups do not know, from the entries.
/// </summary>
internal static class SummarySql
{
    private static readonly string s_sums =
        string.Join(", ", Measure.All.Select(measure => $"cast(coalesce(sum({measure.Name}), 0) as bigint)"));

    private static readonly string s_added = string.Join(", ", Measure.All.Select(measure => $"{measure.Sql} as {measure.Name}"));

    private static readonly string s_kept = string.Join(", ", Measure.All.Select(measure => measure.Name));

    /// <summary>Makes a command yield the total, without groups, or the groups.</summary>
    public static void Write(DbCommand command, UsageQuery query, bool total)
    {
        var groups = total ? "" : string.Concat(query.By.Select(group => $"{Expression(group)}, "));
        var from = Source(command, query, total);
        command.CommandText = $"select {groups}{s_sums} from ({from}) as used";
        if (total)
            return;
        var places = Enumerable.Range(1, query.By.Count);
        var times = places.Where(place => IsTime(query.By[place - 1]));
        // The dearest first, and in a fixed order where two cost the same.
        var order = times.Select(Place).Append("sum(cost) desc").Concat(places.Select(Place));
        command.CommandText +=
            $" group by {string.Join(", ", places.Select(Place))} order by {string.Join(", ", order)} limit @limit offset @skip";
        // One more says whether there is another page.
        command.Add("limit", query.Limit + 1);
        command.Add("skip", query.Skip);
    }

    /// <summary>Reads the figures of a row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="column">The first of its figures.</param>
    public static UsageFigures Figures(DbDataReader row, int column) => new()
    {
        // In the order of Measure.All.
        Lines = row.GetInt64(column++),
        Finished = row.GetInt64(column++),
        Failed = row.GetInt64(column++),
        Abandoned = row.GetInt64(column++),
        Cached = row.GetInt64(column++),
        Unknown = row.GetInt64(column++),
        Resolved = row.GetInt64(column++),
        Estimates = row.GetInt64(column++),
        Unpriced = new(row.GetInt64(column++), row.GetInt64(column++), row.GetInt64(column++), row.GetInt64(column++)),
        Usage = new TokenUsage
        {
            Input = row.GetInt64(column++),
            Output = row.GetInt64(column++),
            CacheRead = row.GetInt64(column++),
            CacheWrite = row.GetInt64(column++),
            Reasoning = row.GetInt64(column++),
            InputAudio = row.GetInt64(column++),
            OutputAudio = row.GetInt64(column++),
        },
        Cost = new TokenCost
        {
            Input = row.GetInt64(column++),
            Output = row.GetInt64(column++),
            CacheRead = row.GetInt64(column++),
            CacheWrite = row.GetInt64(column++),
            Reasoning = row.GetInt64(column++),
            InputAudio = row.GetInt64(column++),
            OutputAudio = row.GetInt64(column++),
            Request = row.GetInt64(column),
        },
    };

    /// <summary>Reads the name of a group.</summary>
    public static string Name(DbDataReader row, int column, UsageGrouping group) => group switch
    {
        UsageGrouping.Day => Time(row.GetInt64(column), "yyyy-MM-dd"),
        UsageGrouping.Hour => Time(row.GetInt64(column), "yyyy-MM-dd'T'HH:mm'Z'"),
        _ => row.GetString(column),
    };

    private static string Source(DbCommand command, UsageQuery query, bool total)
    {
        var conditions = FilterSql.Conditions(query.Filter, command);
        var since = Math.Max(0, query.Filter.Since?.ToUnixTimeMilliseconds() ?? 0);
        var until = Math.Max(since, query.Filter.Until?.ToUnixTimeMilliseconds() ?? long.MaxValue);
        var first = (since + RollupKey.HourLength - 1) / RollupKey.HourLength * RollupKey.HourLength;
        var last = query.Filter.Until is null ? until : until - (until % RollupKey.HourLength);
        var ofRollups = FilterSql.IsOfRollups(query.Filter) && !query.By.Any(group => group is UsageGrouping.Tag or UsageGrouping.EndUser);
        var parts = new List<string>();
        if (!ofRollups || first >= last)
        {
            AddEntries(since, until);
            return parts[0];
        }

        AddRollups(RollupLevel.For(query.Filter, total ? [] : query.By), first, last);
        AddEntries(since, first);
        AddEntries(last, until);
        return string.Join(" union all ", parts);

        // Whole months from where a line is for a month, and what is left of the first and the last from the hours.
        void AddRollups(RollupLevel level, long from, long to)
        {
            if (!level.IsOfMonths)
            {
                Add(level, from, to);
                return;
            }

            var begin = RollupLevel.NextMonth(from);
            var end = query.Filter.Until is null ? to : Math.Max(begin, RollupLevel.MonthOf(to));
            Add(RollupLevel.Hours, from, Math.Min(begin, to));
            Add(level, begin, end);
            Add(RollupLevel.Hours, end, to);
        }

        void Add(RollupLevel level, long from, long to)
        {
            if (from >= to)
                return;
            parts.Add(
                $"select hour, key, tenant, provider, model, alias, '' as tag, '' as end_user, {s_kept} from {level.Table} "
                    + $"where {string.Join(" and ", conditions.Prepend(Within("hour", from, to)))}");
        }

        void AddEntries(long from, long to)
        {
            if (from >= to && parts.Count > 0)
                return;
            var all = conditions.Prepend(Within("started", from, to));
            // As in the roll-ups, a name that led nowhere is nobody's alias.
            if (query.Filter.Alias is not null)
                all = all.Append("provider <> ''");
            parts.Add(
                $"select started - started % {RollupKey.HourLength} as hour, coalesce(key, '') as key, coalesce(tenant, '') as tenant, "
                    + "provider, model, case when provider = '' then '' else alias end as alias, coalesce(tag, '') as tag, "
                    + $"coalesce(end_user, '') as end_user, {s_added} from entries where {string.Join(" and ", all)}");
        }

        string Within(string column, long from, long to)
        {
            var (name, next) = ($"from{parts.Count}", $"to{parts.Count}");
            command.Add(name, from);
            command.Add(next, to);
            return $"{column} >= @{name} and {column} < @{next}";
        }
    }

    private static string Expression(UsageGrouping group) => group switch
    {
        UsageGrouping.Provider => "provider",
        UsageGrouping.Model => "case when provider = '' then '' else provider || '/' || model end",
        UsageGrouping.Key => "key",
        UsageGrouping.Tenant => "tenant",
        UsageGrouping.Alias => "alias",
        UsageGrouping.Tag => "tag",
        UsageGrouping.EndUser => "end_user",
        UsageGrouping.Day => "hour - hour % 86400000",
        UsageGrouping.Hour => "hour",
        _ => throw new ArgumentOutOfRangeException(nameof(group), group, null),
    };

    private static bool IsTime(UsageGrouping group) => group is UsageGrouping.Day or UsageGrouping.Hour;

    private static string Place(int place) => place.ToString(CultureInfo.InvariantCulture);

    private static string Time(long milliseconds, string format) =>
        DateTimeOffset.FromUnixTimeMilliseconds(milliseconds).ToString(format, CultureInfo.InvariantCulture);
}
