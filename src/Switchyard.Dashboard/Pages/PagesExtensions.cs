using Microsoft.Extensions.DependencyInjection;
using Switchyard.Dashboard.Pages.Audit;
using Switchyard.Dashboard.Pages.Budgets;
using Switchyard.Dashboard.Pages.Cache;
using Switchyard.Dashboard.Pages.Configuration;
using Switchyard.Dashboard.Pages.Connect;
using Switchyard.Dashboard.Pages.Experiments;
using Switchyard.Dashboard.Pages.Explain;
using Switchyard.Dashboard.Pages.InFlight;
using Switchyard.Dashboard.Pages.Keys;
using Switchyard.Dashboard.Pages.Mine;
using Switchyard.Dashboard.Pages.Models;
using Switchyard.Dashboard.Pages.Overview;
using Switchyard.Dashboard.Pages.Playground;
using Switchyard.Dashboard.Pages.Plugins;
using Switchyard.Dashboard.Pages.Providers;
using Switchyard.Dashboard.Pages.Reconcile;
using Switchyard.Dashboard.Pages.Spend;

namespace Switchyard.Dashboard.Pages;

/// <summary>Registers the readers of the pages.</summary>
internal static class PagesExtensions
{
    public static void AddDashboardPages(this IServiceCollection services)
    {
        services.AddSingleton<AuditReader>();
        services.AddSingleton<BudgetsReader>();
        services.AddSingleton<CacheReader>();
        services.AddSingleton<ConfigurationReader>();
        services.AddSingleton<ConnectReader>();
        services.AddSingleton<ExperimentsReader>();
        services.AddSingleton<ExplainReader>();
        services.AddSingleton<InFlightReader>();
        services.AddSingleton<KeysReader>();
        services.AddSingleton<MineReader>();
        services.AddSingleton<ModelsReader>();
        services.AddSingleton<OverviewReader>();
        services.AddSingleton<CodeCopies>();
        services.AddSingleton<PlaygroundReader>();
        services.AddSingleton<PluginsReader>();
        services.AddSingleton<ProvidersReader>();
        services.AddSingleton<ReconcileReader>();
        services.AddSingleton<SpendReader>();
    }
}
