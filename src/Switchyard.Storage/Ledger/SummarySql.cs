using System.Data.Common;
using System.Globalization;
using Switchyard.Canonical;
using Switchyard.Money;

namespace Switchyard.Storage.Ledger;

/// <summary>The statements of a summary, and the reading of their rows.</summary>
internal static class SummarySql
{
    private static readonly RollupFigure[] s_cost = [.. RollupFigure.All.Where(measure => measure.Name == "cost")];

    /// <summary>Makes a command yield the total.</summary>
    public static void WriteTotal(DbCommand command, UsageQuery query, GatheredUntil gathered) =>
        command.CommandText = FilterSql.Spellings(query.Filter)
            + $"select {Sums(RollupFigure.All)} from ({Source(command, query, [], RollupFigure.All, gathered)}) as used";

    /// <summary>Makes a command yield the groups of a page, and one more, which shows whether there is another page.</summary>
    public static void WriteGroups(DbCommand command, UsageQuery query, GatheredUntil gathered) =>
        WritePage(command, query, RollupFigure.All, gathered);

    /// <summary>The same with the cost only: for very many groups, this finds the most expensive ones in a fraction of the time.</summary>
    public static void WriteRanks(DbCommand command, UsageQuery query, GatheredUntil gathered) =>
        WritePage(command, query, s_cost, gathered);

    /// <summary>Makes a command yield some groups, in no order.</summary>
    /// <param name="command">The command.</param>
    /// <param name="query">The question, which splits figures by one thing.</param>
    /// <param name="gathered">How far days and months have been gathered.</param>
    /// <param name="names">Their names.</param>
    public static void WriteNamed(DbCommand command, UsageQuery query, GatheredUntil gathered, IReadOnlyList<string> names)
    {
        var source = Source(command, query, query.By, RollupFigure.All, gathered, names);
        command.CommandText = FilterSql.Spellings(query.Filter)
            + $"select name1, {Sums(RollupFigure.All)} from ({source}) as used group by 1";
    }

    /// <summary>Reads the names of a row's groups.</summary>
    public static string[] Names(DbDataReader row, IReadOnlyList<UsageGrouping> by) => [.. by.Select((group, i) => Name(row, i, group))];

    /// <summary>Reads the sums of a row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="column">The first of them.</param>
    public static long[] SumsOf(DbDataReader row, int column)
    {
        var sums = new long[RollupFigure.All.Length];
        for (var i = 0; i < sums.Length; i++)
            sums[i] = row.GetInt64(column + i);
        return sums;
    }

    /// <summary>The figures of sums.</summary>
    /// <param name="sums">A sum for each of <see cref="RollupFigure.All"/>.</param>
    public static UsageFigures Figures(long[] sums)
    {
        var i = 0;
        // In the order of RollupFigure.All.
        return new()
        {
            Lines = sums[i++],
            Finished = sums[i++],
            Failed = sums[i++],
            Abandoned = sums[i++],
            Cached = sums[i++],
            Unknown = sums[i++],
            Resolved = sums[i++],
            Estimates = sums[i++],
            Unpriced = new() { NoPrice = sums[i++], NoRate = sums[i++], NoUsage = sums[i++], OtherUnit = sums[i++] },
            Usage = new TokenUsage
            {
                Input = sums[i++],
                Output = sums[i++],
                CacheRead = sums[i++],
                CacheWrite = sums[i++],
                Reasoning = sums[i++],
                InputAudio = sums[i++],
                OutputAudio = sums[i++],
            },
            Cost = new TokenCost
            {
                Input = sums[i++],
                Output = sums[i++],
                CacheRead = sums[i++],
                CacheWrite = sums[i++],
                Reasoning = sums[i++],
                InputAudio = sums[i++],
                OutputAudio = sums[i++],
                Request = sums[i],
            },
        };
    }

    private static void WritePage(DbCommand command, UsageQuery query, RollupFigure[] measures, GatheredUntil gathered)
    {
        var places = Enumerable.Range(1, query.By.Count).ToList();
        var times = places.Where(place => query.By[place - 1] is UsageGrouping.Day or UsageGrouping.Hour);
        // The most expensive first, and in a fixed order if two cost the same.
        var order = times.Select(Place).Append("sum(cost) desc").Concat(places.Select(Place));
        command.CommandText = FilterSql.Spellings(query.Filter)
            + $"select {string.Join(", ", places.Select(place => $"name{Place(place)}"))}, {Sums(measures)} "
                + $"from ({Source(command, query, query.By, measures, gathered)}) as used "
                + $"group by {string.Join(", ", places.Select(Place))} order by {string.Join(", ", order)} limit @limit offset @skip";
        command.Add("limit", query.Limit + 1);
        command.Add("skip", query.Skip);
    }

    private static string Source(
        DbCommand command,
        UsageQuery query,
        IReadOnlyList<UsageGrouping> by,
        IReadOnlyList<RollupFigure> measures,
        GatheredUntil gathered,
        IReadOnlyList<string>? names = null)
    {
        var ofEntries = !FilterSql.IsOfRollups(query.Filter)
            || query.By.Any(group => group is UsageGrouping.Tag or UsageGrouping.EndUser);
        return new SummarySource(command, query.Filter, by, ofEntries, measures, gathered, names).Write();
    }

    private static string Sums(IEnumerable<RollupFigure> measures) =>
        string.Join(", ", measures.Select(measure => $"cast(coalesce(sum({measure.Name}), 0) as bigint)"));

    private static string Name(DbDataReader row, int column, UsageGrouping group) => group switch
    {
        UsageGrouping.Day => Time(row.GetInt64(column), "yyyy-MM-dd"),
        UsageGrouping.Hour => Time(row.GetInt64(column), "yyyy-MM-dd'T'HH:mm'Z'"),
        _ => row.GetString(column),
    };

    private static string Place(int place) => place.ToString(CultureInfo.InvariantCulture);

    private static string Time(long milliseconds, string format) =>
        DateTimeOffset.FromUnixTimeMilliseconds(milliseconds).ToString(format, CultureInfo.InvariantCulture);
}
