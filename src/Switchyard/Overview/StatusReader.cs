using System.Reflection;
using Switchyard.Canonical;
using Switchyard.Configuration;
using Switchyard.Engine;
using Switchyard.Health;
using Switchyard.Limits;
using Switchyard.Money;
using Switchyard.Recording;
using Switchyard.Statistics;
using Switchyard.Targets;

namespace Switchyard.Overview;

/// <summary>Reads the state of an engine in one document. It only asks the ledger, for three seconds at most. Thread-safe.</summary>
public sealed class StatusReader
{
    /// <summary>The default number of limits, and of budgets, in the document.</summary>
    public const int UsualMost = 100;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(3);

    private static readonly string s_version = typeof(SwitchyardEngine).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";

    private readonly SwitchyardEngine _engine;
    private readonly HealthChecker _health;
    private readonly ProviderStatistics _statistics;
    private readonly IUsageReader? _ledger;
    private readonly TimeProvider _time;

    internal StatusReader(
        SwitchyardEngine engine, HealthChecker health, ProviderStatistics statistics, IUsageReader? ledger, TimeProvider time) =>
        (_engine, _health, _statistics, _ledger, _time) = (engine, health, statistics, ledger, time);

    /// <summary>Reads the document, with the <see cref="UsualMost"/> most used limits and budgets.</summary>
    /// <exception cref="InvalidOperationException">The engine has not been started.</exception>
    public Task<SystemStatus> ReadAsync(CancellationToken cancellationToken = default) => ReadAsync(UsualMost, cancellationToken);

    /// <summary>Reads the document.</summary>
    /// <param name="most">
    /// The maximum number of limits, and of budgets: the most used ones, because there may be one for each of very many keys. The document
    /// has the totals in any case.
    /// </param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="InvalidOperationException">The engine has not been started.</exception>
    public async Task<SystemStatus> ReadAsync(int most, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(most);
        var (now, options) = (_time.GetUtcNow(), _engine.InForce);
        var (limits, blocked) = _engine.Limits.Count();
        return new()
        {
            Version = s_version,
            StartedAt = _engine.Created,
            UptimeSeconds = Math.Round((now - _engine.Created).TotalSeconds, 3),
            Generation = _engine.Snapshot.Generation,
            NotReady = _engine.NotReady,
            CallsInFlight = _engine.RunningCount,
            Cache = CacheOf(options),
            RateLimits = [.. _engine.Limits.GetMostUsed(most).Select(Of)],
            Limits = new() { Total = limits, Blocked = blocked },
            Costs = await CostsAsync(most, now, cancellationToken).ConfigureAwait(false)
                with { SetAside = _engine.Money.Ledger?.SetAside ?? 0, Trouble = _engine.Money.Ledger?.Trouble },
            Metrics = _statistics.GetAllMetrics().ToDictionary(pair => pair.Key, pair => Of(pair.Value)),
            Config = Of(options),
            Providers = ProvidersOf(),
            Recordings = new()
            {
                Enabled = Recordings.AreMade(_engine.Snapshot),
                Written = _engine.Recordings.Written,
                Lost = _engine.Recordings.Lost,
            },
        };
    }

    private CacheOverview CacheOf(SwitchyardOptions options)
    {
        var counted = _engine.Cache.Statistics;
        return new()
        {
            Enabled = options.Cache is { Enabled: true },
            TotalEntries = counted.TotalEntries,
            TotalHits = counted.TotalHits,
            TotalMisses = counted.TotalMisses,
            HitRate = counted.HitRate,
            MemorySizeBytes = counted.MemorySizeBytes,
        };
    }

    private async Task<CostOverview> CostsAsync(int most, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var budgets = BudgetsOf(most);
        if (_ledger is null)
            return budgets with { Problem = "There is no ledger (storage.ledger)." };
        var today = new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero);
        using var patience = new CancellationTokenSource(s_patience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            var sums = await _ledger.SummarizeAsync(
                new UsageQuery { Filter = new() { Since = today }, By = [UsageGrouping.Provider] }, either.Token).ConfigureAwait(false);
            return budgets with
            {
                Since = today,
                TotalCost = sums.TotalCost,
                TotalRequests = sums.TotalRequests,
                TotalInputTokens = sums.TotalInputTokens,
                TotalOutputTokens = sums.TotalOutputTokens,
                ByProvider = sums.Groups.ToDictionary(group => group.Name, group => group.Figures.Cost.Dollars),
            };
        }
        catch (LedgerException away)
        {
            return budgets with { Problem = away.Message };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return budgets with { Problem = "The ledger took too long." };
        }
    }

    /// <summary>The budgets, which are in memory; the sums, which only the ledger has, stay unknown.</summary>
    private CostOverview BudgetsOf(int most)
    {
        var (used, count) = _engine.Budgets.GetMostUsed(most);
        return new()
        {
            Since = null,
            TotalCost = null,
            TotalRequests = null,
            TotalInputTokens = null,
            TotalOutputTokens = null,
            ByProvider = new Dictionary<string, decimal>(),
            Budgets =
            [
                .. used.Select(budget => new BudgetOverview
                {
                    Id = budget.Id,
                    Limit = TokenCost.ToDollars(budget.Limit),
                    Spent = TokenCost.ToDollars(budget.Spent),
                    Reserved = TokenCost.ToDollars(budget.Reserved),
                }),
            ],
            BudgetCount = count,
            Problem = null,
        };
    }

    private IReadOnlyList<ProviderOverview> ProvidersOf()
    {
        var known = _engine.GetAllProviders().ToDictionary(provider => provider.Name, StringComparer.OrdinalIgnoreCase);
        var inForce = _engine.ProviderNames.ToHashSet(StringComparer.OrdinalIgnoreCase);
        return
        [
            .. known.Keys.Concat(_health.Providers).Distinct(StringComparer.OrdinalIgnoreCase).Order(StringComparer.Ordinal)
                .Select(name => new ProviderOverview
                {
                    Name = name,
                    Enabled = inForce.Contains(name),
                    Priority = known.GetValueOrDefault(name)?.Priority ?? 0,
                    Health = inForce.Contains(name) || _engine.Registry.LoadErrors.ContainsKey(name) ? Of(_health.StatusOf(name)) : null,
                }),
        ];
    }

    private static HealthOverview Of(ProviderStatus status) => new()
    {
        Status = NameOf(status.State),
        Error = status.Error,
        LastCheck = status.LastCheck,
        ResponseTimeMs = status.ResponseTime?.TotalMilliseconds,
        SuccessRate = status.SuccessRate,
        ActiveConnections = status.ActiveConnections,
    };

    private static string NameOf(HealthState state) => state switch
    {
        HealthState.Healthy => "healthy",
        HealthState.Degraded => "degraded",
        HealthState.Unhealthy => "unhealthy",
        _ => "unknown",
    };

    private static ConfigOverview Of(SwitchyardOptions options) => new()
    {
        Strategy = options.Routing.Strategy,
        DefaultProvider = options.DefaultProvider,
        Fallback = options.Routing.Fallback,
        MaxFallbacks = options.Routing.MaxFallbacks,
        Attempts = options.Retry.Attempts,
        TimeoutSeconds = options.Timeouts.Total.TotalSeconds,
        Cache = options.Cache is { Enabled: true },
        Aliases = options.Models.Count,
        Limits = options.Limits.Count,
        Budgets = options.Budgets.Named.Count,
    };

    private static MetricsOverview Of(ProviderMetrics metrics) => new()
    {
        TotalRequests = metrics.TotalRequests,
        SuccessfulRequests = metrics.SuccessfulRequests,
        FailedRequests = metrics.FailedRequests,
        SuccessRate = metrics.SuccessRate,
        AverageResponseMs = metrics.AverageResponseTime.TotalMilliseconds,
        P95ResponseMs = metrics.P95ResponseTime.TotalMilliseconds,
        LastRequestTime = metrics.LastRequestTime,
        TokensPerSecond = metrics.TokensPerSecond is { } speed ? Math.Round(speed, 3) : null,
    };

    private static LimitOverview Of(LimitStatus status) => new()
    {
        Name = status.Name,
        Scope = status.Scope.ToString().ToLowerInvariant(),
        Requests = status.RequestCount,
        MaxRequests = status.MaxRequests,
        WindowSeconds = status.Window?.TotalSeconds,
        Blocked = status.Blocked,
        RetryAfterSeconds = status.RetryAfter?.TotalSeconds,
        Running = status.Running,
        Waiting = status.Waiting,
    };
}
