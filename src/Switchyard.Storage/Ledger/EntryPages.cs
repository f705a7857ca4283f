using System.Data.Common;
using Microsoft.Data.Sqlite;
using Switchyard.Money;

namespace Switchyard.Storage.Ledger;

/// <summary>
/// Reads a page of entries, and no more than it needs, however many there are: a filter with an index uses it; for any other the roll-ups
/// name the hours that contain its entries.
/// </summary>
/// <param name="connection">The connection.</param>
/// <param name="transaction">Its transaction.</param>
/// <param name="filter">Which entries.</param>
/// <param name="newestFirst">The direction.</param>
internal sealed class EntryPages(DbConnection connection, DbTransaction transaction, UsageFilter filter, bool newestFirst)
{
    private readonly string _direction = newestFirst ? "desc" : "asc";

    /// <summary>
    /// Whether a filter for an outcome is about calls: the entry of an attempt that was followed by another is left out, because the call
    /// may have ended otherwise.
    /// </summary>
    public bool IsOfCalls { get; init; }

    /// <summary>Reads the page after an entry.</summary>
    /// <param name="after">The time and the number of the last entry of the page before.</param>
    /// <param name="limit">The most entries.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<List<(long Seq, LedgerEntry Entry)>> ReadAsync(
        (long At, long Seq)? after, int limit, CancellationToken cancellationToken)
    {
        // Both bounds of the index: entries before the page are not read again.
        var period = new Stretch(
            Math.Max(0, filter.Since?.ToUnixTimeMilliseconds() ?? 0), filter.Until?.ToUnixTimeMilliseconds() ?? long.MaxValue);
        if (after is { At: var at })
            period = newestFirst ? period with { To = Math.Min(period.To, at + 1) } : period with { From = Math.Max(period.From, at) };
        if (FilterSql.IndexOf(filter) is not null || !HourSql.Narrows(filter))
            return await ReadAsync(period, after, limit, cancellationToken).ConfigureAwait(false);

        var found = new List<(long, LedgerEntry)>();
        while (found.Count < limit && period.From < period.To)
        {
            var hours = await HoursAsync(period, limit, cancellationToken).ConfigureAwait(false);
            foreach (var stretch in Stretch.Of(hours, period))
            {
                if (found.Count == limit)
                    break;
                found.AddRange(await ReadAsync(stretch, after, limit - found.Count, cancellationToken).ConfigureAwait(false));
            }

            // An hour may contain fewer entries than its roll-ups count, because old entries are deleted.
            if (hours.Count < limit)
                break;
            period = newestFirst ? period with { To = hours[^1] } : period with { From = hours[^1] + RollupKey.HourLength };
        }

        return found;
    }

    /// <summary>Makes a command yield the entries of a stretch of time.</summary>
    internal void Write(DbCommand command, Stretch stretch, (long At, long Seq)? after, int limit)
    {
        var conditions = FilterSql.Conditions(filter, command).Prepend("started >= @from and started < @to");
        if (IsOfCalls && filter.Outcome is not null)
            conditions = conditions.Append("attempt = 0");
        command.Add("from", stretch.From);
        command.Add("to", stretch.To);
        if (after is var (at, seq))
        {
            conditions = conditions.Append(newestFirst ? "(started < @at or seq < @seq)" : "(started > @at or seq > @seq)");
            command.Add("at", at);
            command.Add("seq", seq);
        }

        command.Add("limit", limit);
        var by = command is SqliteCommand ? $" indexed by {FilterSql.IndexOf(filter) ?? "entries_by_time"}" : "";
        command.CommandText = $"select {EntryReader.Columns} from entries{by} where {string.Join(" and ", conditions)} "
            + $"order by started {_direction}, seq {_direction} limit @limit";
    }

    private Task<List<(long Seq, LedgerEntry Entry)>> ReadAsync(
        Stretch stretch, (long At, long Seq)? after, int limit, CancellationToken cancellationToken) => Rows.ReadAsync(
        connection, transaction, command => Write(command, stretch, after, limit), EntryReader.ReadNumbered, cancellationToken);

    private async Task<List<long>> HoursAsync(Stretch period, int limit, CancellationToken cancellationToken)
    {
        var tenants = filter.Tenant is null ? null : await Rows.ReadAsync(
            connection, transaction, command => HourSql.WriteTenants(command, filter.Tenant), static row => row.GetString(0),
            cancellationToken).ConfigureAwait(false);
        return tenants is [] ? [] : await Rows.ReadAsync(
            connection, transaction, command => HourSql.Write(command, filter, tenants, period, _direction, limit),
            static row => row.GetInt64(0), cancellationToken).ConfigureAwait(false);
    }
}
