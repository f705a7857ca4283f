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

    /// <summary>Reads them.</summary>
    /// <exception cref="LedgerException">There is no ledger, it is away, or what is asked is nothing.</exception>
    public async Task<SpendReading> ReadAsync(string since, string by)
    {
        var ledger = services.GetService<IUsageReader>()
            ?? throw new LedgerException(LedgerFailure.None, "There is no ledger: set storage.ledger, and what calls cost is kept.");
        var now = time.GetUtcNow();
        var groups = await ledger.SummarizeAsync(Asked(by), CancellationToken.None);
        var days = await ledger.SummarizeAsync(Asked(since is "today" or "yesterday" ? "hour" : "day"), CancellationToken.None);
        var models = by == "model" && !groups.HasMore
            ? groups
            : await ledger.SummarizeAsync(Asked("model") with { Limit = MostModels }, CancellationToken.None);
        return new(groups, days.Groups, models.Groups.Sum(model => decimal.Round(model.Figures.SavedByCache, 12)));

        UsageQuery Asked(string grouping) => UsageQuestion.Read(name => name switch { "since" => since, "by" => grouping, _ => null }, now)
            with { Limit = MostGroups };
    }
}

/// <summary>What calls came to.</summary>
/// <param name="Summary">In all, and by what was asked for.</param>
/// <param name="Times">By the hour or the day.</param>
/// <param name="Saved">About what calls answered from the cache would have cost, model by model.</param>
internal sealed record SpendReading(UsageSummary Summary, IReadOnlyList<UsageGroup> Times, decimal Saved);
