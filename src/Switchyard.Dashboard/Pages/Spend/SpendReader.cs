using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Money;

namespace Switchyard.Dashboard.Pages.Spend;

/// <summary>Reads what calls came to, in the words of <c>GET /admin/usage</c>. Thread-safe.</summary>
internal sealed class SpendReader(IServiceProvider services, TimeProvider time)
{
    private const int MostGroups = 100;
    private const int MostModels = 1000;

    /// <summary>By what figures can be split.</summary>
    public static readonly IReadOnlyList<string> Groupings = ["model", "provider", "key", "tenant", "alias", "tag", "end_user"];

    /// <summary>Since when they can be asked for.</summary>
    public static readonly IReadOnlyList<string> Periods = ["today", "yesterday", "7d", "month", "30d"];

    /// <summary>
    /// What stands below an hour or a day in a plot. Each has a name of its own: what has the same is drawn in one place.
    /// </summary>
    /// <param name="time">The hour or the day, as the ledger names it.</param>
    /// <param name="since">Since when is shown.</param>
    public static string ShortOf(string time, string since) => time.Length <= 10 ? time[^5..]
        : since == "today" ? time[11..16]
        : $"{time[5..10]} {time[11..16]}";

    /// <summary>The hours or the days of a plot, those without calls too: columns that stand side by side are to be neighbours.</summary>
    /// <param name="times">Those with calls, as the ledger names them.</param>
    /// <param name="begin">Since when is shown; null for always.</param>
    /// <param name="now">Until when.</param>
    /// <param name="byHour">Whether they are hours.</param>
    public static IReadOnlyList<UsageGroup> Filled(
        IReadOnlyList<UsageGroup> times, DateTimeOffset? begin, DateTimeOffset now, bool byHour)
    {
        var length = byHour ? TimeSpan.FromHours(1) : TimeSpan.FromDays(1);
        // A plot of more than the ledger was asked for lacks some in any case.
        if (times.Count == 0 || begin is not { } since || now < since || (now - since) / length >= MostGroups)
            return times;
        var filled = times.ToDictionary(time => time.Name, StringComparer.Ordinal);
        for (var at = new DateTimeOffset(since.UtcTicks - (since.UtcTicks % length.Ticks), TimeSpan.Zero); at <= now; at += length)
        {
            var name = at.ToString(byHour ? "yyyy-MM-dd'T'HH:mm'Z'" : "yyyy-MM-dd", CultureInfo.InvariantCulture);
            filled.TryAdd(name, new([name], new()));
        }

        return [.. filled.Values.OrderBy(time => time.Name, StringComparer.Ordinal)];
    }

    /// <summary>Reads them; without the groups where those are added up entry by entry.</summary>
    /// <exception cref="LedgerException">There is no ledger, it is away, or what is asked is nothing.</exception>
    public async Task<SpendReading> ReadAsync(string since, string by)
    {
        var (now, begin) = BeginOf(since);
        var isLater = by is "tag" or "end_user";
        var groups = await SumAsync(isLater ? "" : by, MostGroups);
        var byHour = since is "today" or "yesterday";
        var times = Filled((await SumAsync(byHour ? "hour" : "day", MostGroups)).Groups, begin, now, byHour);
        var models = by == "model" && !groups.HasMore ? groups : await SumAsync("model", MostModels);
        return new(begin, groups, times, models.Groups.Sum(model => decimal.Round(model.Figures.SavedByCache, 12)), isLater);

        Task<UsageSummary> SumAsync(string grouping, int limit) => AskAsync(begin, now, grouping, limit);
    }

    /// <summary>Reads the groups that <see cref="ReadAsync"/> has left out: it may take as long as the ledger lets anybody read.</summary>
    /// <exception cref="LedgerException">It takes too long, or the ledger is away.</exception>
    public Task<UsageSummary> ReadGroupsAsync(string since, string by)
    {
        var (now, begin) = BeginOf(since);
        return AskAsync(begin, now, by, MostGroups);
    }

    private (DateTimeOffset Now, DateTimeOffset? Begin) BeginOf(string since)
    {
        var now = time.GetUtcNow();
        var begin = UsageQuestion.TimeOf("since", since, now);
        // Whole days: none in the plot is a part of one, and their sums are there already.
        return (now, since.EndsWith('d') ? begin?.UtcDateTime.Date : begin);
    }

    private Task<UsageSummary> AskAsync(DateTimeOffset? begin, DateTimeOffset now, string by, int limit)
    {
        var ledger = services.GetService<IUsageReader>()
            ?? throw new LedgerException(LedgerFailure.None, "There is no ledger: set storage.ledger, and what calls cost is kept.");
        var query = UsageQuestion.Read(name => name == "by" ? by : null, now);
        return ledger.SummarizeAsync(query with { Filter = new() { Since = begin }, Limit = limit }, CancellationToken.None);
    }
}

/// <summary>What calls came to.</summary>
/// <param name="Since">Since when.</param>
/// <param name="Summary">In all, and by what was asked for.</param>
/// <param name="Times">By the hour or the day, those without calls too.</param>
/// <param name="Saved">About what calls answered from the cache would have cost, model by model.</param>
/// <param name="IsLater">Whether the groups are still to be read.</param>
internal sealed record SpendReading(
    DateTimeOffset? Since, UsageSummary Summary, IReadOnlyList<UsageGroup> Times, decimal Saved, bool IsLater);
