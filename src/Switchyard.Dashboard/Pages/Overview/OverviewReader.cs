using Microsoft.Extensions.DependencyInjection;
using Switchyard.Dashboard.Liveness;
using Switchyard.Money;
using Switchyard.Overview;

namespace Switchyard.Dashboard.Pages.Overview;

/// <summary>Reads the overview: the state of the gateway, and the sums of its calls. Thread-safe.</summary>
internal sealed class OverviewReader
{
    /// <summary>The maximum number of budgets shown: a gateway may have one for each of many keys.</summary>
    private const int MostShown = 20;

    private readonly StatusReader _status;
    private readonly IUsageReader? _ledger;
    private readonly TimeProvider _time;
    private readonly Shared<OverviewReading> _shared;

    public OverviewReader(StatusReader status, IServiceProvider services, TimeProvider time)
    {
        (_status, _ledger, _time) = (status, services.GetService<IUsageReader>(), time);
        _shared = new(time, ReadAsync);
    }

    public Task<OverviewReading> ReadAsync() => _shared.GetAsync();

    private async Task<OverviewReading> ReadAsync(CancellationToken cancellationToken)
    {
        var status = await _status.ReadAsync(MostShown, cancellationToken);
        var reading = new OverviewReading(status, null);
        if (_ledger is null || status.Costs.Problem is not null)
            return reading;
        try
        {
            return reading with { Sums = await SumAsync(_ledger, _time.GetUtcNow(), cancellationToken) };
        }
        catch (LedgerException away)
        {
            return Without(away.Message);
        }
        catch (OperationCanceledException)
        {
            return Without("The ledger took too long.");
        }

        OverviewReading Without(string problem) =>
            reading with { Status = status with { Costs = status.Costs with { Problem = problem } } };
    }

    private static async Task<PeriodSums> SumAsync(IUsageReader ledger, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var today = new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero);
        var month = today.AddDays(1 - today.Day);
        var hour = today.AddHours(now.UtcDateTime.Hour);
        var hours = await ledger.SummarizeAsync(
            new() { Filter = new() { Since = hour.AddHours(-23) }, By = [UsageGrouping.Hour] }, cancellationToken);
        var ofMonth = await TotalAsync(month, null);
        var share = (now - month) / (month.AddMonths(1) - month);
        return new(
            await TotalAsync(today, null),
            // The same hours of both days, because sums are kept by the hour.
            await TotalAsync(today.AddDays(-1), now.AddDays(-1)),
            ofMonth,
            share > 0 ? ofMonth.Cost.Dollars / (decimal)share : 0,
            [.. Enumerable.Range(-23, 24).Select(offset => HourOf(hours, hour.AddHours(offset)))]);

        async Task<UsageFigures> TotalAsync(DateTimeOffset since, DateTimeOffset? until) => (await ledger.SummarizeAsync(
            new() { Filter = new() { Since = since, Until = until } }, cancellationToken)).Total;
    }

    private static HourSum HourOf(UsageSummary hours, DateTimeOffset hour)
    {
        var name = hour.UtcDateTime.ToString("yyyy-MM-ddTHH:00Z", System.Globalization.CultureInfo.InvariantCulture);
        return new(hour, hours.Groups.FirstOrDefault(group => group.Name == name)?.Figures ?? new());
    }
}

/// <summary>The content of the overview.</summary>
/// <param name="Status">The document of <c>GET /admin/status</c>.</param>
/// <param name="Sums">The sums of calls; null without a ledger, or if it cannot be read.</param>
internal sealed record OverviewReading(SystemStatus Status, PeriodSums? Sums);

/// <summary>The sums of calls by period.</summary>
/// <param name="Today">Since midnight, UTC.</param>
/// <param name="Yesterday">The day before until the same time.</param>
/// <param name="Month">Since the first of the month.</param>
/// <param name="Forecast">The expected cost of the whole month in US dollars, at the rate so far.</param>
/// <param name="Hours">The last 24 hours, the current one last.</param>
internal sealed record PeriodSums(
    UsageFigures Today, UsageFigures Yesterday, UsageFigures Month, decimal Forecast, IReadOnlyList<HourSum> Hours);

/// <summary>The sums of the calls of one hour.</summary>
internal sealed record HourSum(DateTimeOffset Hour, UsageFigures Figures);
