using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Money;

namespace Switchyard.Dashboard.Pages.Spend;

/// <summary>Reads calls, tokens and cost, with the parameters of <c>GET /admin/usage</c>. Thread-safe.</summary>
internal sealed class SpendReader(IServiceProvider services, TimeProvider time)
{
    private const int MostGroups = 100;
    private const int MostModels = 1000;

    /// <summary>The groupings that the page offers.</summary>
    public static readonly IReadOnlyList<string> Groupings = ["model", "provider", "key", "tenant", "alias", "tag", "end_user"];

    /// <summary>The periods that the page offers, as values of <c>since</c>.</summary>
    public static readonly IReadOnlyList<string> Periods = ["today", "yesterday", "7d", "month", "30d"];

    /// <summary>
    /// The axis label of an hour or a day in a plot. Each label is unique: points with the same label share one place.
    /// </summary>
    /// <param name="time">The hour or the day, as the ledger names it.</param>
    /// <param name="since">The period shown.</param>
    public static string ShortOf(string time, string since) => time.Length <= 10 ? time[^5..]
        : since == "today" ? time[11..16]
        : $"{time[5..10]} {time[11..16]}";

    /// <summary>The hours or days of a plot, including those without calls, so that adjacent columns are consecutive in time.</summary>
    /// <param name="times">Those with calls, as the ledger names them.</param>
    /// <param name="begin">The begin of the plot; null for no limit.</param>
    /// <param name="now">The end of the plot.</param>
    /// <param name="byHour">True for hours, false for days.</param>
    public static IReadOnlyList<UsageGroup> Filled(
        IReadOnlyList<UsageGroup> times, DateTimeOffset? begin, DateTimeOffset now, bool byHour)
    {
        var length = byHour ? TimeSpan.FromHours(1) : TimeSpan.FromDays(1);
        // A longer plot would be incomplete anyway: the ledger is asked for at most 100 groups.
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

    /// <summary>Reads the figures; without the groups by tag or end user, which the ledger adds up entry by entry.</summary>
    /// <exception cref="LedgerException">There is no ledger, it is unavailable, or a parameter is not valid.</exception>
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

    /// <summary>Reads the groups that <see cref="ReadAsync"/> leaves out. This may take as long as the ledger allows a reading.</summary>
    /// <exception cref="LedgerException">It takes too long, or the ledger is unavailable.</exception>
    public Task<UsageSummary> ReadGroupsAsync(string since, string by)
    {
        var (now, begin) = BeginOf(since);
        return AskAsync(begin, now, by, MostGroups);
    }

    private (DateTimeOffset Now, DateTimeOffset? Begin) BeginOf(string since)
    {
        var now = time.GetUtcNow();
        var begin = UsageQuestion.TimeOf("since", since, now);
        // Whole days, so that no column is a part of a day, and because the sums of days are stored.
        return (now, since.EndsWith('d') ? begin?.UtcDateTime.Date : begin);
    }

    private Task<UsageSummary> AskAsync(DateTimeOffset? begin, DateTimeOffset now, string by, int limit)
    {
        var ledger = services.GetService<IUsageReader>()
            ?? throw new LedgerException(LedgerFailure.None, "There is no ledger: set storage.ledger to record what calls cost.");
        var query = UsageQuestion.Read(name => name == "by" ? by : null, now);
        return ledger.SummarizeAsync(query with { Filter = new() { Since = begin }, Limit = limit }, CancellationToken.None);
    }
}

/// <summary>The calls, tokens and cost of a period.</summary>
/// <param name="Since">The begin of the period; null for no limit.</param>
/// <param name="Summary">The total, and the groups asked for.</param>
/// <param name="Times">The sums by hour or day, including those without calls.</param>
/// <param name="Saved">An estimate of what the calls answered from the cache would have cost, summed over the models.</param>
/// <param name="IsLater">Whether the groups are still to be read.</param>
internal sealed record SpendReading(
    DateTimeOffset? Since, UsageSummary Summary, IReadOnlyList<UsageGroup> Times, decimal Saved, bool IsLater);
