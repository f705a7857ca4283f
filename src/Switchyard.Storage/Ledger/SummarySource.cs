using System.Data.Common;
using System.Globalization;
using Switchyard.Money;

namespace Switchyard.Storage.Ledger;

/// <summary>
/// The source of a summary: lines with the names of their groups, <c>name1</c> and so on, and the requested figures. Whole hours, days
/// and months come from the roll-ups; the rest of the first and last hour, and parts that the roll-ups lack, from the entries.
/// </summary>
/// <param name="command">The command, which gets the parameters.</param>
/// <param name="filter">Which entries.</param>
/// <param name="by">What figures are split by.</param>
/// <param name="ofEntries">Whether it is summed entry by entry, because the roll-ups lack a part of the question.</param>
/// <param name="measures">The figures.</param>
/// <param name="gathered">How far days and months have been gathered.</param>
/// <param name="names">The names of the one grouping to include; null for all.</param>
internal sealed class SummarySource(
    DbCommand command,
    UsageFilter filter,
    IReadOnlyList<UsageGrouping> by,
    bool ofEntries,
    IReadOnlyList<RollupFigure> measures,
    GatheredUntil gathered,
    IReadOnlyList<string>? names)
{
    private const int MostListed = 100;

    private readonly IReadOnlyList<string> _conditions = FilterSql.Conditions(filter, command, hasSpellings: true);
    private readonly string? _names = names is null ? null : Listed(command, names);
    private readonly List<string> _parts = [];

    /// <summary>The statement that yields the lines, within one that starts with <see cref="FilterSql.Spellings"/>.</summary>
    public string Write()
    {
        var since = Math.Max(0, filter.Since?.ToUnixTimeMilliseconds() ?? 0);
        var until = Math.Max(since, filter.Until?.ToUnixTimeMilliseconds() ?? long.MaxValue);
        var first = RollupSpan.Hour.Next(since);
        var last = filter.Until is null ? until : RollupSpan.Hour.Begin(until);
        if (ofEntries || first >= last)
        {
            AddEntries(since, until);
            return _parts[0];
        }

        if (GatheredRollups.For(filter, by) is { } rollups)
            AddDays(rollups, gathered.Of(rollups), first, last);
        else
            AddHours(RollupLevel.For(filter, by), first, last);
        AddEntries(since, first);
        AddEntries(last, until);
        return string.Join(" union all ", _parts);
    }

    /// <summary>Whole months, the whole days before and after them, and the hours that are left.</summary>
    private void AddDays(GatheredRollups rollups, long until, long first, long last)
    {
        // A day or a month that is not over holds what has been gathered of it, which counts in full if the period ends then or later.
        var isOpen = last >= until;
        var (dayBegin, dayEnd) = (RollupSpan.Day.Next(first), End(RollupSpan.Day));
        if (dayBegin >= dayEnd)
        {
            AddHours(RollupLevel.Hours, first, last);
            return;
        }

        var (monthBegin, monthEnd) = (RollupSpan.Month.Next(first), End(RollupSpan.Month));
        AddHours(RollupLevel.Hours, first, dayBegin);
        if (monthBegin < monthEnd)
        {
            AddDays(rollups.Days, dayBegin, monthBegin);
            AddDays(rollups.Months, monthBegin, monthEnd);
            AddDays(rollups.Days, monthEnd, dayEnd);
        }
        else
        {
            AddDays(rollups.Days, dayBegin, dayEnd);
        }

        AddHours(RollupLevel.Hours, isOpen ? until : dayEnd, last);

        long End(RollupSpan span) => isOpen ? span.Next(until) : span.Begin(last);
    }

    private void AddHours(RollupLevel level, long from, long to)
    {
        if (from < to)
            AddLines(level, Within("hour", from, to));
    }

    private void AddDays(RollupLevel level, long from, long to)
    {
        if (from >= to)
            return;
        // Each by its number, so that those of some keys are found without reading the others.
        var begins = new List<string>();
        for (var begin = from; begin < to && begins.Count <= MostListed; begin = level.Span.Next(begin + 1))
            begins.Add(begin.ToString(CultureInfo.InvariantCulture));
        AddLines(level, begins.Count > MostListed ? Within("hour", from, to) : $"hour in ({string.Join(", ", begins)})");
    }

    private void AddLines(RollupLevel level, string time)
    {
        IEnumerable<string> all = [time, .. _conditions];
        if (_names is not null)
            all = all.Append($"{Expression(by[0])} in ({_names})");
        _parts.Add($"select {Columns(Expression, measure => measure.Name)} from {level.Table} where {All(all)}");
    }

    private void AddEntries(long from, long to)
    {
        if (from >= to && _parts.Count > 0)
            return;
        IEnumerable<string> all = [Within("started", from, to), .. _conditions];
        // As in the roll-ups: a call that reached no provider has no alias.
        if (filter.Alias is not null)
            all = all.Append("provider <> ''");
        if (_names is not null)
            all = all.Append($"{ExpressionOfEntry(by[0])} in ({_names})");
        _parts.Add($"select {Columns(ExpressionOfEntry, measure => $"{measure.Sql} as {measure.Name}")} from entries where {All(all)}");
    }

    private string Columns(Func<UsageGrouping, string> expression, Func<RollupFigure, string> figure) => string.Join(
        ", ", by.Select((group, i) => string.Create(CultureInfo.InvariantCulture, $"{expression(group)} as name{i + 1}"))
            .Concat(measures.Select(figure)));

    private string Within(string column, long from, long to)
    {
        var (name, next) = ($"from{_parts.Count}", $"to{_parts.Count}");
        command.Add(name, from);
        command.Add(next, to);
        return $"{column} >= @{name} and {column} < @{next}";
    }

    private static string Listed(DbCommand command, IReadOnlyList<string> names)
    {
        for (var i = 0; i < names.Count; i++)
            command.Add($"is{i}", names[i]);
        return string.Join(", ", Enumerable.Range(0, names.Count).Select(i => $"@is{i}"));
    }

    private static string All(IEnumerable<string> conditions) => string.Join(" and ", conditions);

    private static string Expression(UsageGrouping group) => group switch
    {
        UsageGrouping.Provider => "provider",
        UsageGrouping.Model => "case when provider = '' then '' else provider || '/' || model end",
        UsageGrouping.Key => "key",
        UsageGrouping.Tenant => "tenant",
        UsageGrouping.Alias => "alias",
        UsageGrouping.Day => "hour - hour % 86400000",
        UsageGrouping.Hour => "hour",
        _ => throw new ArgumentOutOfRangeException(nameof(group), group, null),
    };

    private static string ExpressionOfEntry(UsageGrouping group) => group switch
    {
        UsageGrouping.Key => "coalesce(key, '')",
        UsageGrouping.Tenant => "coalesce(tenant, '')",
        UsageGrouping.Alias => "case when provider = '' then '' else alias end",
        UsageGrouping.Tag => "coalesce(tag, '')",
        UsageGrouping.EndUser => "coalesce(end_user, '')",
        UsageGrouping.Day => "started - started % 86400000",
        UsageGrouping.Hour => "started - started % 3600000",
        _ => Expression(group),
    };
}
