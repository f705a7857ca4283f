using Microsoft.Extensions.DependencyInjection;
using Switchyard.Dashboard.Liveness;
using Switchyard.Engine;
using Switchyard.Money;
using Switchyard.Overview;
using Switchyard.Providers;
using Switchyard.Statistics;
using Switchyard.Targets;

namespace Switchyard.Dashboard.Pages.Providers;

/// <summary>Reads every provider: its settings, its state, and how its calls of the last 24 hours ended. Thread-safe.</summary>
internal sealed class ProvidersReader
{
    /// <summary>The number of hours shown.</summary>
    public const int Hours = 24;

    /// <summary>The number of minutes shown.</summary>
    public const int Minutes = 60;

    private readonly SwitchyardEngine _engine;
    private readonly StatusReader _status;
    private readonly ProviderStatistics _statistics;
    private readonly IUsageReader? _ledger;
    private readonly TimeProvider _time;
    private readonly Shared<ProvidersReading> _shared;

    public ProvidersReader(
        SwitchyardEngine engine, StatusReader status, ProviderStatistics statistics, IServiceProvider services, TimeProvider time)
    {
        (_engine, _status, _statistics, _time) = (engine, status, statistics, time);
        _ledger = services.GetService<IUsageReader>();
        _shared = new(time, ReadAsync);
    }

    public Task<ProvidersReading> ReadAsync() => _shared.GetAsync();

    /// <summary>Says that a page has changed a provider.</summary>
    public void Forget() => _shared.Forget();

    private async Task<ProvidersReading> ReadAsync(CancellationToken cancellationToken)
    {
        var infos = _engine.GetAllProviders().ToDictionary(info => info.Name, StringComparer.OrdinalIgnoreCase);
        var status = await _status.ReadAsync(0, cancellationToken);
        var now = _time.GetUtcNow();
        var first = new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero).AddHours(now.UtcDateTime.Hour - (Hours - 1));
        IReadOnlyList<DateTimeOffset> hours = [.. Enumerable.Range(0, Hours).Select(hour => first.AddHours(hour))];
        var minute = new DateTimeOffset(now.Ticks - (now.Ticks % TimeSpan.TicksPerMinute), now.Offset);
        IReadOnlyList<DateTimeOffset> minutes = [.. Enumerable.Range(1 - Minutes, Minutes).Select(offset => minute.AddMinutes(offset))];
        var (ended, problem) = await TryEndedAsync(first, cancellationToken);
        return new(
            [
                .. status.Providers.Select(provider => new ProviderReading(
                    provider,
                    infos.GetValueOrDefault(provider.Name),
                    status.Metrics.GetValueOrDefault(provider.Name),
                    [.. hours.Select(hour => ended.GetValueOrDefault((provider.Name, NameOf(hour))))],
                    AttemptsOf(provider.Name, minutes))),
            ],
            hours,
            minutes,
            _engine.GetCircuits(),
            now,
            _ledger is not null,
            problem);
    }

    // The rest of the page does not need the ledger: a provider may have to be disabled while the ledger is unavailable.
    private async Task<(Dictionary<(string Provider, string Hour), UsageFigures> Ended, string? Problem)> TryEndedAsync(
        DateTimeOffset since, CancellationToken cancellationToken)
    {
        try
        {
            return (await EndedAsync(since, cancellationToken), null);
        }
        catch (LedgerException away)
        {
            return ([], away.Message);
        }
        catch (OperationCanceledException)
        {
            return ([], "The ledger took too long.");
        }
    }

    private IReadOnlyList<TimelineBucket?> AttemptsOf(string provider, IReadOnlyList<DateTimeOffset> minutes)
    {
        var counted = _statistics.GetTimeline(provider).ToDictionary(bucket => bucket.Timestamp);
        return [.. minutes.Select(minute => counted.GetValueOrDefault(minute))];
    }

    private async Task<Dictionary<(string Provider, string Hour), UsageFigures>> EndedAsync(
        DateTimeOffset since, CancellationToken cancellationToken)
    {
        const int Most = 10_000;
        if (_ledger is null)
            return [];
        var sums = await _ledger.SummarizeAsync(
            new() { Filter = new() { Since = since }, By = [UsageGrouping.Hour, UsageGrouping.Provider], Limit = Most }, cancellationToken);
        return sums.Groups.ToDictionary(group => (group.Names[1], group.Names[0]), group => group.Figures);
    }

    private static string NameOf(DateTimeOffset hour) =>
        hour.UtcDateTime.ToString("yyyy-MM-ddTHH:00Z", System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>All providers.</summary>
/// <param name="Providers">The providers, sorted by name.</param>
/// <param name="Hours">The hours of their maps.</param>
/// <param name="Minutes">The minutes of their maps.</param>
/// <param name="Circuits">The circuits that have opened.</param>
/// <param name="Now">The time of the reading.</param>
/// <param name="HasLedger">Whether there is a ledger, which the hours are read from.</param>
/// <param name="NoHours">Why the ledger could not be read; null if it was, or if there is no ledger.</param>
internal sealed record ProvidersReading(
    IReadOnlyList<ProviderReading> Providers,
    IReadOnlyList<DateTimeOffset> Hours,
    IReadOnlyList<DateTimeOffset> Minutes,
    IReadOnlyList<CircuitStatus> Circuits,
    DateTimeOffset Now,
    bool HasLedger,
    string? NoHours);

/// <summary>A provider.</summary>
/// <param name="Status">Its state.</param>
/// <param name="Info">Its settings, such as priority and weight; null if it is not known to the engine.</param>
/// <param name="Metrics">The sums of its attempts of the last 24 hours; null without any.</param>
/// <param name="Ended">How the calls of each hour ended; null for an hour without calls.</param>
/// <param name="Attempts">How the attempts of each minute ended; null for a minute without attempts.</param>
internal sealed record ProviderReading(
    ProviderOverview Status,
    ProviderInfo? Info,
    MetricsOverview? Metrics,
    IReadOnlyList<UsageFigures?> Ended,
    IReadOnlyList<TimelineBucket?> Attempts);
