using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Switchyard.Affinity;
using Switchyard.Attempts;
using Switchyard.Caching;
using Switchyard.Common;
using Switchyard.Configuration;
using Switchyard.Configuration.Runtime;
using Switchyard.Dialects;
using Switchyard.Dialects.BuiltIn;
using Switchyard.Egress;
using Switchyard.Egress.Exchange;
using Switchyard.Egress.InProcess;
using Switchyard.Egress.Media;
using Switchyard.Egress.Reasoning;
using Switchyard.Engine;
using Switchyard.Guards;
using Switchyard.Health;
using Switchyard.Identity;
using Switchyard.Limits;
using Switchyard.Money;
using Switchyard.Naming;
using Switchyard.Network;
using Switchyard.Pipeline;
using Switchyard.Plugins;
using Switchyard.Providers;
using Switchyard.Providers.Catalogue;
using Switchyard.Providers.Http;
using Switchyard.Providers.Registry;
using Switchyard.Recording;
using Switchyard.Secrets;
using Switchyard.Shadowing;
using Switchyard.Statistics;
using Switchyard.Stored;
using Switchyard.Telemetry;

namespace Switchyard.Hosting;

/// <summary>
/// Registers the engine and its parts, one method for each. Observers run in the order in which they are registered, so the order of the
/// methods counts.
/// </summary>
internal static class EngineServices
{
    public static void Add(IServiceCollection services)
    {
        AddBasics(services);
        AddProviders(services);
        AddEgress(services);
        AddTelemetry(services);
        AddMoney(services);
        AddSteps(services);
        AddStatistics(services);
        AddSecrets(services);
        AddFeatures(services);
        AddStored(services);
        AddEngine(services);
    }

    private static void AddBasics(IServiceCollection services)
    {
        services.AddOptions();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<SwitchyardOptions>, OptionsCheck>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(BuiltInDialects.Set);
        services.TryAddSingleton<SecretRedactor>();
    }

    private static void AddProviders(IServiceCollection services)
    {
        services.TryAddSingleton(ProviderCatalog.Default);
        services.TryAddSingleton(provider => new ProviderContext
        {
            Secrets = provider.GetRequiredService<SecretRedactor>(),
            TimeProvider = provider.Time(),
            LoggerFactory = provider.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance,
            Authorizers = [.. provider.GetServices<IRequestAuthorizerFactory>()],
        });
        services.TryAddSingleton(provider => new ProviderRegistry(
            provider.GetRequiredService<ProviderCatalog>(), provider.GetRequiredService<ProviderContext>(), provider));
        services.TryAddSingleton(provider => new EgressGuards(new EgressEvents(
            provider.GetRequiredService<EngineMetrics>(), provider.GetService<ILogger<EgressEvents>>())));
        services.TryAddSingleton(provider => new LimitStore(
            provider.GetService<ISharedLimits>() is { } shared
                ? new SharedCounting(shared, provider.Time())
                : null));
        services.TryAddSingleton(provider => new ProviderSet(
            provider.GetRequiredService<ProviderRegistry>(),
            provider.GetRequiredService<ProviderCatalog>(),
            provider.GetRequiredService<ProviderContext>(),
            provider.GetServices<AddedProvider>(),
            provider.GetRequiredService<EgressGuards>(),
            provider.LoggerOf<ProviderSet>(),
            provider.GetRequiredService<LimitStore>()));
    }

    /// <summary>What sends one attempt.</summary>
    private static void AddEgress(IServiceCollection services)
    {
        services.TryAddSingleton<ReasoningMemory>();
        services.TryAddSingleton<ClockWheel>();
        services.TryAddSingleton<RequestPreparation>();
        services.TryAddSingleton(provider => new ClientExceptions(
            provider.GetServices<IClientExceptionReader>(), provider.GetService<ILogger<ClientExceptions>>()));
        services.TryAddSingleton<ChatClientUpstream>();
        services.TryAddSingleton<UpstreamClient>();
    }

    private static void AddTelemetry(IServiceCollection services)
    {
        services.TryAddSingleton(provider => new SeriesStore
        {
            Time = provider.Time(),
            Health = provider.GetRequiredService<ProviderRegistry>().ReadHealth,
            LedgerUnavailable = () => provider.GetRequiredService<MoneyDesk>().Ledger is { } ledger ? ledger.Trouble is not null : null,
            LimitsAlone = () => provider.GetRequiredService<LimitStore>().Shared is { } shared ? !shared.IsTogether : null,
        });
        services.TryAddSingleton(provider => new EngineMetrics(provider.GetRequiredService<SeriesStore>()));
        services.TryAddSingleton<CallSpans>();
        services.TryAddSingleton(provider => new AttemptLines(provider.GetService<ILogger<AttemptLines>>()));
        services.TryAddSingleton<CallStage>();
        services.TryAddSingleton<AttemptStage>();
        services.TryAddSingleton<TelemetrySteps>();
        services.TryAddSingleton<TelemetryObserver>();
        services.TryAddObserver<IAttemptObserver, TelemetryObserver>();
        services.TryAddObserver<ICallEndObserver, TelemetryObserver>();
    }

    private static void AddMoney(IServiceCollection services)
    {
        services.TryAddSingleton(provider => new WebhookSender(provider.Time(), provider.GetService<ILogger<WebhookSender>>()));
        services.TryAddSingleton(provider => new BudgetAlerts(
            provider.GetServices<IBudgetAlertObserver>(),
            provider.GetRequiredService<WebhookSender>(),
            provider.Time(),
            provider.GetService<ILogger<BudgetAlerts>>()));
        services.TryAddSingleton(provider => new MoneyDesk(
            provider.GetService<ILedgerFactory>(),
            provider.GetRequiredService<BudgetAlerts>(),
            provider.Time(),
            new BackgroundAnswers(provider.Time(), provider.GetService<IBackgroundStore>(), provider.LoggerOf<BackgroundAnswers>()),
            provider.GetService<ILogger<MoneyDesk>>()));
        services.TryAddObserver<ICallEndObserver, MoneyDesk>();
        services.TryAddSingleton(provider => new MoneyStage(
            provider.GetRequiredService<MoneyDesk>(), provider.Time(), ConversationStart.NameOf));
        services.TryAddSingleton<TargetBudgetStage>();
        services.TryAddSingleton<MoneySteps>();
    }

    /// <summary>The other steps of the pipeline, and the pipeline.</summary>
    private static void AddSteps(IServiceCollection services)
    {
        services.TryAddSingleton<HostStages>();
        services.TryAddSingleton<RetryBudget>();
        services.TryAddSingleton(provider => new AttemptLoop(
            Random.Shared, provider.GetRequiredService<RetryBudget>(), new AttemptLog(provider.GetService<ILogger<AttemptLoop>>())));
        services.TryAddSingleton(provider => new Caches(
            provider.GetRequiredService<DialectSet>(), provider.Time(), provider.GetService<ISharedCache>()));
        services.TryAddSingleton(provider => new GuardHttp(provider.GetRequiredService<ProviderContext>().Proxy));
        services.TryAddSingleton(
            provider => new GuardLog(provider.GetRequiredService<EngineMetrics>(), provider.GetService<ILogger<GuardLog>>()));
        services.TryAddSingleton<GuardMiddleware>();
        services.TryAddSingleton<NamingMiddleware>();
        services.TryAddSingleton(provider => new OwnerRecall(
            provider.GetRequiredService<MoneyDesk>(),
            provider.GetRequiredService<ProviderRegistry>(),
            provider.Time(),
            provider.LoggerOf<OwnerRecall>()));
        services.TryAddSingleton<DefaultPipeline>();
        services.TryAddSingleton(provider => new Completion(
            provider.GetServices<ICallSink>(),
            provider.GetServices<IAttemptObserver>(),
            provider.GetService<ILogger<Completion>>(),
            provider.GetServices<ICallEndObserver>()));
    }

    private static void AddStatistics(IServiceCollection services)
    {
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IAttemptObserver, HealthObserver>());
        services.TryAddSingleton(provider => new ProviderStatistics(provider.Time()));
        services.TryAddObserver<IAttemptObserver, ProviderStatistics>();
    }

    private static void AddSecrets(IServiceCollection services)
    {
        services.TryAddEnumerable([
            ServiceDescriptor.Singleton<ISecretStoreFactory, DirectorySecretStoreFactory>(),
            ServiceDescriptor.Singleton<ISecretStoreFactory, EnvFileSecretStoreFactory>(),
        ]);
        services.TryAddSingleton(provider => new SecretResolver(
            provider.GetServices<ISecretStore>(),
            provider.GetServices<ISecretStoreFactory>(),
            new ProviderActivator(provider.GetRequiredService<ProviderCatalog>(), provider.GetRequiredService<ProviderContext>()),
            provider.GetRequiredService<ProviderContext>(),
            provider.LoggerOf<SecretResolver>()));
        services.TryAddSingleton<RefusedKeyObserver>();
        services.TryAddObserver<IAttemptObserver, RefusedKeyObserver>();
    }

    /// <summary>The features whose state outlives a configuration.</summary>
    private static void AddFeatures(IServiceCollection services)
    {
        services.TryAddSingleton(provider => new Comparisons(provider.Time(), Random.Shared, provider.LoggerOf<ShadowRunner>()));
        services.TryAddSingleton(provider => new Recorder(provider.LoggerOf<Recorder>()));
        services.TryAddSingleton(provider => new KeyDirectory(
            provider.GetService<IKeyStore>(), provider.Time(), provider.LoggerOf<KeyDirectory>()));
        services.TryAddSingleton(provider => new PluginDirectory(
            provider.GetRequiredService<ProviderRegistry>(),
            new PluginEvents(provider.GetRequiredService<EngineMetrics>(), provider.GetRequiredService<SecretRedactor>()),
            provider.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance,
            provider.Time()));
        services.TryAddSingleton(provider => new RuntimeConfiguration(
            provider.GetService<IConfigurationStore>(),
            provider.GetServices<IConfigurationListener>(),
            provider.Time(),
            provider.LoggerOf<RuntimeConfiguration>()));
    }

    /// <summary>The objects that providers store.</summary>
    private static void AddStored(IServiceCollection services) => services.TryAddSingleton(provider =>
    {
        var (owners, time) = (provider.GetService<IStoredOwners>() ?? new MemoryOwners(), provider.Time());
        var (desk, dialects) = (provider.GetRequiredService<MoneyDesk>(), provider.GetRequiredService<DialectSet>());
        return new StoredObjects(
            provider.GetRequiredService<ProviderRegistry>(),
            dialects,
            owners,
            new BatchCharges(owners, desk, time, provider.LoggerOf<BatchCharges>()),
            new BackgroundCharges(desk, dialects, time, provider.LoggerOf<BackgroundCharges>()),
            provider.GetRequiredService<OwnerRecall>(),
            provider.GetService<IResponseStore>() ?? new MemoryResponses(time),
            time,
            provider.LoggerOf<ResponseMemory>());
    });

    private static void AddEngine(IServiceCollection services)
    {
        services.TryAddSingleton<CallParts>();
        services.TryAddSingleton<EngineFeatures>();
        services.TryAddSingleton<ConfigurationSources>();
        services.TryAddSingleton(provider => new SwitchyardEngine(
            provider.GetRequiredService<CallParts>(),
            provider.GetRequiredService<EngineFeatures>(),
            provider.GetRequiredService<ProviderSet>(),
            provider.GetRequiredService<ConfigurationSources>(),
            provider.LoggerOf<SwitchyardEngine>()));
    }
}
