using System.Data.Common;
using System.Globalization;
using System.Runtime.CompilerServices;
using Switchyard.Money;

namespace Switchyard.Storage.Ledger;

/// <summary>Reads the ledger in SQLite or PostgreSQL.</summary>
internal sealed class UsageReader(ReadingConnections connections, TimeProvider time) : IUsageReader
{
    private const int LargestPage = 1000;
    private const int MostGroups = 10_000;
    private const int MostGroupings = 3;

    /// <summary>The most groups that are queried by their names.</summary>
    private const int MostRanked = 1000;

    public Task<UsageSummary> SummarizeAsync(UsageQuery query, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        if (query.Limit is < 1 or > MostGroups || query.Skip < 0)
            throw Invalid($"A summary lists 1 to {MostGroups} groups.");
        if (query.By.Count > MostGroupings || query.By.Distinct().Count() < query.By.Count)
            throw Invalid($"A summary is split by at most {MostGroupings} different things.");
        return connections.ReadAsync(
            (connection, transaction, stop) => SummarizeAsync(connection, transaction, query, stop), cancellationToken);
    }

    public async Task<LedgerPage> ListAsync(UsageFilter filter, int limit, string? after, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(filter);
        if (limit is < 1 or > LargestPage)
            throw Invalid($"A page has 1 to {LargestPage} entries.");
        var rows = await PageAsync(filter, limit + 1, after is null ? null : Cursor.Parse(after), newestFirst: true, cancellationToken)
            .ConfigureAwait(false);
        var next = rows.Count > limit ? Cursor.Of(rows[limit - 1]).ToString() : null;
        return new LedgerPage([.. rows.Take(limit).Select(row => row.Entry)], next);
    }

    public async IAsyncEnumerable<LedgerEntry> ReadAsync(
        UsageFilter filter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(filter);
        // Page by page: however slow a reader is, it keeps no snapshot of the database open. Entries written meanwhile are left out, or
        // reading might never end.
        var upToNow = filter with { Until = filter.Until ?? time.GetUtcNow() };
        Cursor? after = null;
        while (true)
        {
            var rows = await PageAsync(upToNow, LargestPage, after, newestFirst: false, cancellationToken).ConfigureAwait(false);
            foreach (var (_, entry) in rows)
                yield return entry;
            if (rows.Count < LargestPage)
                yield break;
            after = Cursor.Of(rows[^1]);
        }
    }

    private Task<List<(long Seq, LedgerEntry Entry)>> PageAsync(
        UsageFilter filter, int limit, Cursor? after, bool newestFirst, CancellationToken cancellationToken) => connections.ReadAsync(
        (connection, transaction, stop) => new EntryPages(connection, transaction, filter, newestFirst) { IsOfCalls = newestFirst }
            .ReadAsync(after is { } cursor ? (cursor.Started, cursor.Seq) : null, limit, stop),
        cancellationToken);

    private static async Task<UsageSummary> SummarizeAsync(
        DbConnection connection, DbTransaction transaction, UsageQuery query, CancellationToken cancellationToken)
    {
        var gathered = await RollupGatherer.ReadUntilAsync(connection, transaction, "", cancellationToken).ConfigureAwait(false);
        var groups = query.By switch
        {
            [] => [],
            // Keys or tenants may be very many: first the most expensive are found, then their figures.
            [UsageGrouping.Key or UsageGrouping.Tenant] when query.Limit <= MostRanked => await RankAsync().ConfigureAwait(false),
            _ => await RowsAsync(command => SummarySql.WriteGroups(command, query, gathered), query.By).ConfigureAwait(false),
        };
        var hasMore = groups.Count > query.Limit;
        // If all groups are on this page, they add up to the total; else it is queried separately.
        var total = query.By.Count > 0 && query.Skip == 0 && !hasMore
            ? Add(groups)
            : (await RowsAsync(command => SummarySql.WriteTotal(command, query, gathered), []).ConfigureAwait(false))[0].Sums;
        return new UsageSummary
        {
            Query = query,
            Total = SummarySql.Figures(total),
            Groups = [.. groups.Take(query.Limit).Select(group => new UsageGroup(group.Names, SummarySql.Figures(group.Sums)))],
            HasMore = hasMore,
        };

        Task<List<(string[] Names, long[] Sums)>> RowsAsync(Action<DbCommand> write, IReadOnlyList<UsageGrouping> by) => Rows.ReadAsync(
            connection, transaction, write, row => (SummarySql.Names(row, by), SummarySql.SumsOf(row, by.Count)), cancellationToken);

        // First the names of the most expensive, then every figure of these.
        async Task<List<(string[] Names, long[] Sums)>> RankAsync()
        {
            var names = await Rows.ReadAsync(
                connection, transaction, command => SummarySql.WriteRanks(command, query, gathered), static row => row.GetString(0),
                cancellationToken).ConfigureAwait(false);
            if (names.Count == 0)
                return [];
            var rows = (await RowsAsync(command => SummarySql.WriteNamed(command, query, gathered, names), query.By).ConfigureAwait(false))
                .ToDictionary(row => row.Names[0], StringComparer.Ordinal);
            return [.. names.Select(name => rows[name])];
        }
    }

    private static long[] Add(List<(string[] Names, long[] Sums)> groups)
    {
        var total = new long[RollupFigure.All.Length];
        foreach (var (_, sums) in groups)
        {
            for (var i = 0; i < total.Length; i++)
                total[i] += sums[i];
        }

        return total;
    }

    private static LedgerException Invalid(string message) => new(LedgerFailure.Invalid, message);

    /// <summary>Where a page ends: the time of an entry and its number.</summary>
    private readonly record struct Cursor(long Started, long Seq)
    {
        public static Cursor Of((long Seq, LedgerEntry Entry) row) => new(row.Entry.StartedAt.ToUnixTimeMilliseconds(), row.Seq);

        public static Cursor Parse(string text) =>
            text.Split('-') is [var started, var seq]
            && long.TryParse(started, NumberStyles.None, CultureInfo.InvariantCulture, out var at)
            && long.TryParse(seq, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                ? new(at, number)
                : throw Invalid("There is no such page: it must be the 'next' of the previous page.");

        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Started}-{Seq}");
    }
}
