using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Switchyard.Auditing;
using Switchyard.Common;
using Switchyard.Engine;
using Switchyard.Health;
using Switchyard.Money;
using Switchyard.Overview;
using Switchyard.Statistics;

namespace Switchyard.Hosting;

/// <summary>Registers what an administrator reads of a running engine: health, audit log, state, budgets, calls.</summary>
internal static class OverviewServices
{
    public static void Add(IServiceCollection services)
    {
        services.TryAddSingleton(provider => new HealthChecker(
            provider.GetRequiredService<SwitchyardEngine>(),
            provider.Time(),
            provider.GetRequiredService<SecretRedactor>(),
            provider.LoggerOf<HealthChecker>()));
        services.TryAddSingleton(provider => new HealthMonitor(
            provider.GetRequiredService<SwitchyardEngine>(),
            provider.GetRequiredService<HealthChecker>(),
            provider.Time(),
            provider.LoggerOf<HealthMonitor>()));
        services.TryAddSingleton(provider => new AuditLog(
            provider.GetService<IAuditStore>(),
            provider.Time(),
            provider.GetService<ILogger<AuditLog>>(),
            provider.GetRequiredService<SecretRedactor>()));
        services.TryAddSingleton(provider => new StatusReader(
            provider.GetRequiredService<SwitchyardEngine>(),
            provider.GetRequiredService<HealthChecker>(),
            provider.GetRequiredService<ProviderStatistics>(),
            provider.GetService<IUsageReader>(),
            provider.Time()));
        services.TryAddSingleton(provider => new BudgetCurves(
            provider.GetRequiredService<SwitchyardEngine>(), provider.GetService<IUsageReader>(), provider.Time()));
        services.TryAddSingleton(provider => new CallFinder(
            provider.GetService<IUsageReader>(), provider.GetService<RecentCalls>(), provider.Time()));
        services.TryAddSingleton(provider => new OwnFigures(provider.GetRequiredService<SwitchyardEngine>()));
    }
}
