using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Switchyard.Affinity;
using Switchyard.Attempts;
using Switchyard.Auditing;
using Switchyard.Caching;
using Switchyard.Client;
using Switchyard.Client.Media;
using Switchyard.Common;
using Switchyard.Configuration;
using Switchyard.Configuration.Binding;
using Switchyard.Configuration.Loading;
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
using Switchyard.Hosting;
using Switchyard.Identity;
using Switchyard.Limits;
using Switchyard.Money;
using Switchyard.Naming;
using Switchyard.Network;
using Switchyard.Overview;
using Switchyard.Pipeline;
using Switchyard.Plugins;
using Switchyard.Providers;
using Switchyard.Providers.Catalogue;
using Switchyard.Providers.Http;
using Switchyard.Providers.Registry;
using Switchyard.Recording;
using Switchyard.Routing;
using Switchyard.Secrets;
using Switchyard.Shadowing;
using Switchyard.Statistics;
using Switchyard.Stored;
using Switchyard.Telemetry;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the engine in a service collection.</summary>
public static class SwitchyardServiceCollectionExtensions
{
    /// <summary>
    /// Registers the engine, and with it an <see cref="IChatClient"/> and an embedding generator over it, also keyed: the key is a
    /// provider, an alias or a model, as in <c>[FromKeyedServices("openai")] IChatClient</c>. Without further configuration
    /// every catalogue provider whose usual key variable is set is enabled; with none, the mock answers.
    /// </summary>
    /// <remarks>
    /// May be called more than once: the settings are applied in the order of the calls. It follows the options pattern:
    /// <c>services.Configure&lt;SwitchyardOptions&gt;</c> and <c>IOptions&lt;SwitchyardOptions&gt;</c> work, and the options are validated
    /// when the engine starts.
    /// </remarks>
    /// <param name="services">The collection.</param>
    /// <param name="configure">Sets options in code.</param>
    /// <returns>A builder to add providers, middleware and sinks to.</returns>
    public static SwitchyardBuilder AddSwitchyard(this IServiceCollection services, Action<SwitchyardOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        if (configure is not null)
            services.Configure(configure);
        AddEngine(services);
        return new SwitchyardBuilder(services);
    }

    /// <summary>
    /// Registers the engine with a section of the host's configuration, whose keys are those of <c>switchyard.yaml</c>. The engine applies
    /// changes of the section; if a change is invalid, the configuration in force stays and the reason is logged.
    /// </summary>
    /// <remarks>A section with errors fails the engine's start with an <see cref="OptionsValidationException"/> that names each.</remarks>
    public static SwitchyardBuilder AddSwitchyard(this IServiceCollection services, IConfiguration section)
    {
        ArgumentNullException.ThrowIfNull(section);
        var builder = services.AddSwitchyard();
        var options = new SectionOptions(section);
        services.AddSingleton<IConfigureOptions<SwitchyardOptions>>(options);
        services.AddSingleton<IValidateOptions<SwitchyardOptions>>(options);
        services.AddSingleton<IOptionsChangeTokenSource<SwitchyardOptions>>(options);
        return builder;
    }

    /// <summary>Registers the engine with existing options, for example of <see cref="ConfigurationLoader"/>. They are copied.</summary>
    /// <exception cref="InvalidOperationException">
    /// The collection already has settings, which these options would replace; call this method first.
    /// </exception>
    public static SwitchyardBuilder AddSwitchyard(this IServiceCollection services, SwitchyardOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(services);
        if (services.Any(service => service.ServiceType == typeof(IConfigureOptions<SwitchyardOptions>)))
        {
            throw new InvalidOperationException(
                "AddSwitchyard with whole options would replace the settings added before. Call it first, or set single options in code.");
        }

        return services.AddSwitchyard(options.CopyTo);
    }

    /// <summary>
    /// Registers a keyed <see cref="IChatClient"/> for one model or alias: <c>[FromKeyedServices("fast")] IChatClient</c>.
    /// </summary>
    /// <param name="services">The collection, to which <c>AddSwitchyard</c> adds the engine.</param>
    /// <param name="model">The service key, and the client's default model: an alias, <c>provider/model</c> or a bare model name.</param>
    /// <returns>A builder to wrap the client, for example with function calling, telemetry or caching.</returns>
    public static ChatClientBuilder AddSwitchyardChatClient(this IServiceCollection services, string model)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrWhiteSpace(model);
        return services.AddKeyedChatClient(
            model, provider => new SwitchyardChatClient(provider.GetRequiredService<SwitchyardEngine>(), model));
    }

    private static void AddEngine(IServiceCollection services)
    {
        services.AddOptions();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<SwitchyardOptions>, OptionsCheck>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(BuiltInDialects.Set);
        services.TryAddSingleton(ProviderCatalog.Default);
        services.TryAddSingleton<SecretRedactor>();
        services.TryAddSingleton(provider => new ProviderContext
        {
            Secrets = provider.GetRequiredService<SecretRedactor>(),
            TimeProvider = provider.GetRequiredService<TimeProvider>(),
            LoggerFactory = provider.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance,
            Authorizers = [.. provider.GetServices<IRequestAuthorizerFactory>()],
        });
        services.TryAddSingleton(provider => new ProviderRegistry(
            provider.GetRequiredService<ProviderCatalog>(), provider.GetRequiredService<ProviderContext>(), provider));
        services.TryAddSingleton<ReasoningMemory>();
        services.TryAddSingleton<ClockWheel>();
        services.TryAddSingleton<RequestPreparation>();
        services.TryAddSingleton(provider => new ClientExceptions(
            provider.GetServices<IClientExceptionReader>(), provider.GetService<ILogger<ClientExceptions>>()));
        services.TryAddSingleton<ChatClientUpstream>();
        services.TryAddSingleton<UpstreamClient>();
        services.TryAddSingleton<HostStages>();
        services.TryAddSingleton<RoutingMiddleware>();
        services.TryAddSingleton<RetryBudget>();
        services.TryAddSingleton(provider => new AttemptLoop(
            Random.Shared, provider.GetRequiredService<RetryBudget>(), new AttemptLog(provider.GetService<ILogger<AttemptLoop>>())));
        services.TryAddSingleton(provider => new SeriesStore
        {
            Time = provider.GetRequiredService<TimeProvider>(),
            Health = provider.GetRequiredService<ProviderRegistry>().ReadHealth,
            LimitsAlone = () => provider.GetRequiredService<LimitStore>().Shared is { } shared ? !shared.IsTogether : null,
        });
        services.TryAddSingleton(provider => new EngineMetrics(provider.GetRequiredService<SeriesStore>()));
        services.TryAddSingleton<CallSpans>();
        services.TryAddSingleton(provider => new AttemptLines(provider.GetService<ILogger<AttemptLines>>()));
        services.TryAddSingleton<CallStage>();
        services.TryAddSingleton<AttemptStage>();
        services.TryAddSingleton<TelemetryObserver>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IAttemptObserver, TelemetryObserver>(
            provider => provider.GetRequiredService<TelemetryObserver>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<ICallEndObserver, TelemetryObserver>(
            provider => provider.GetRequiredService<TelemetryObserver>()));
        services.TryAddSingleton(provider => new WebhookSender(
            provider.GetRequiredService<TimeProvider>(), provider.GetService<ILogger<WebhookSender>>()));
        services.TryAddSingleton(provider => new BudgetAlerts(
            provider.GetServices<IBudgetAlertObserver>(),
            provider.GetRequiredService<WebhookSender>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetService<ILogger<BudgetAlerts>>()));
        services.TryAddSingleton(provider => new MoneyDesk(
            provider.GetService<ILedgerFactory>(),
            provider.GetRequiredService<BudgetAlerts>(),
            provider.GetRequiredService<TimeProvider>(),
            new BackgroundAnswers(
                provider.GetRequiredService<TimeProvider>(),
                provider.GetService<IBackgroundStore>(),
                LoggerOf<BackgroundAnswers>(provider)),
            provider.GetService<ILogger<MoneyDesk>>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<ICallEndObserver, MoneyDesk>(
            provider => provider.GetRequiredService<MoneyDesk>()));
        services.TryAddSingleton(provider => new MoneyStage(
            provider.GetRequiredService<MoneyDesk>(), provider.GetRequiredService<TimeProvider>(), ConversationStart.NameOf));
        services.TryAddSingleton<TargetBudgetStage>();
        services.TryAddSingleton(provider => new Caches(
            provider.GetRequiredService<DialectSet>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetService<ISharedCache>()));
        services.TryAddSingleton(provider => new GuardHttp(provider.GetRequiredService<ProviderContext>().Proxy));
        services.TryAddSingleton(
            provider => new GuardLog(provider.GetRequiredService<EngineMetrics>(), provider.GetService<ILogger<GuardLog>>()));
        services.TryAddSingleton<GuardMiddleware>();
        services.TryAddSingleton<NamingMiddleware>();
        services.TryAddSingleton(provider => new OwnerRecall(
            provider.GetRequiredService<MoneyDesk>(),
            provider.GetRequiredService<ProviderRegistry>(),
            provider.GetRequiredService<TimeProvider>(),
            LoggerOf<OwnerRecall>(provider)));
        services.TryAddSingleton<DefaultPipeline>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IAttemptObserver, HealthObserver>());
        services.TryAddSingleton(provider => new ProviderStatistics(provider.GetRequiredService<TimeProvider>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IAttemptObserver, ProviderStatistics>(
            provider => provider.GetRequiredService<ProviderStatistics>()));
        services.TryAddSingleton(provider => new Completion(
            provider.GetServices<ICallSink>(),
            provider.GetServices<IAttemptObserver>(),
            provider.GetService<ILogger<Completion>>(),
            provider.GetServices<ICallEndObserver>()));
        services.TryAddSingleton(provider => new EgressGuards(new EgressEvents(
            provider.GetRequiredService<EngineMetrics>(), provider.GetService<ILogger<EgressEvents>>())));
        services.TryAddSingleton(provider => new LimitStore(
            provider.GetService<ISharedLimits>() is { IsConfigured: true } shared
                ? new SharedCounting(shared, provider.GetRequiredService<TimeProvider>())
                : null));
        services.TryAddSingleton(provider => new ProviderSet(
            provider.GetRequiredService<ProviderRegistry>(),
            provider.GetRequiredService<ProviderCatalog>(),
            provider.GetRequiredService<ProviderContext>(),
            provider.GetServices<AddedProvider>(),
            provider.GetRequiredService<EgressGuards>(),
            LoggerOf<ProviderSet>(provider),
            provider.GetRequiredService<LimitStore>()));
        services.TryAddEnumerable([
            ServiceDescriptor.Singleton<ISecretStoreFactory, DirectorySecretStoreFactory>(),
            ServiceDescriptor.Singleton<ISecretStoreFactory, EnvFileSecretStoreFactory>(),
        ]);
        services.TryAddSingleton(provider => new SecretResolver(
            provider.GetServices<ISecretStore>(),
            provider.GetServices<ISecretStoreFactory>(),
            new ProviderActivator(provider.GetRequiredService<ProviderCatalog>(), provider.GetRequiredService<ProviderContext>()),
            provider.GetRequiredService<ProviderContext>(),
            LoggerOf<SecretResolver>(provider)));
        services.TryAddSingleton<RefusedKeyObserver>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IAttemptObserver, RefusedKeyObserver>(
            provider => provider.GetRequiredService<RefusedKeyObserver>()));
        services.TryAddSingleton(provider => new Comparisons(
            provider.GetRequiredService<TimeProvider>(),
            Random.Shared,
            LoggerOf<ShadowRunner>(provider)));
        services.TryAddSingleton(provider => new Recorder(LoggerOf<Recorder>(provider)));
        services.TryAddSingleton(provider => new KeyDirectory(
            provider.GetService<IKeyStore>(), provider.GetRequiredService<TimeProvider>(), LoggerOf<KeyDirectory>(provider)));
        services.TryAddSingleton(provider => new PluginDirectory(
            provider.GetRequiredService<ProviderRegistry>(),
            new PluginEvents(provider.GetRequiredService<EngineMetrics>(), provider.GetRequiredService<SecretRedactor>()),
            provider.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance,
            provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton(provider => new RuntimeConfiguration(
            provider.GetService<IConfigurationStore>(),
            provider.GetServices<IConfigurationListener>(),
            provider.GetRequiredService<TimeProvider>(),
            LoggerOf<RuntimeConfiguration>(provider)));
        services.TryAddSingleton(provider =>
        {
            var (owners, time) = (provider.GetService<IStoredOwners>() ?? new MemoryOwners(), provider.GetRequiredService<TimeProvider>());
            var (desk, dialects) = (provider.GetRequiredService<MoneyDesk>(), provider.GetRequiredService<DialectSet>());
            return new StoredObjects(
                provider.GetRequiredService<ProviderRegistry>(),
                dialects,
                owners,
                new BatchCharges(owners, desk, time, LoggerOf<BatchCharges>(provider)),
                new BackgroundCharges(desk, dialects, time, LoggerOf<BackgroundCharges>(provider)),
                provider.GetRequiredService<OwnerRecall>(),
                provider.GetService<IResponseStore>() ?? new MemoryResponses(time),
                time,
                LoggerOf<ResponseMemory>(provider));
        });
        services.TryAddSingleton<CallParts>();
        services.TryAddSingleton<EngineFeatures>();
        services.TryAddSingleton<ConfigurationSources>();
        services.TryAddSingleton(provider => new SwitchyardEngine(
            provider.GetRequiredService<CallParts>(),
            provider.GetRequiredService<EngineFeatures>(),
            provider.GetRequiredService<ProviderSet>(),
            provider.GetRequiredService<ConfigurationSources>(),
            LoggerOf<SwitchyardEngine>(provider)));
        services.TryAddSingleton(provider => new HealthChecker(
            provider.GetRequiredService<SwitchyardEngine>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<SecretRedactor>(),
            LoggerOf<HealthChecker>(provider)));
        services.TryAddSingleton(provider => new HealthMonitor(
            provider.GetRequiredService<SwitchyardEngine>(),
            provider.GetRequiredService<HealthChecker>(),
            provider.GetRequiredService<TimeProvider>(),
            LoggerOf<HealthMonitor>(provider)));
        services.TryAddSingleton(provider => new AuditLog(
            provider.GetService<IAuditStore>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetService<ILogger<AuditLog>>(),
            provider.GetRequiredService<SecretRedactor>()));
        services.TryAddSingleton(provider => new StatusReader(
            provider.GetRequiredService<SwitchyardEngine>(),
            provider.GetRequiredService<HealthChecker>(),
            provider.GetRequiredService<ProviderStatistics>(),
            provider.GetService<IUsageReader>(),
            provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton(provider => new BudgetCurves(
            provider.GetRequiredService<SwitchyardEngine>(),
            provider.GetService<IUsageReader>(),
            provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton(provider => new CallFinder(
            provider.GetService<IUsageReader>(), provider.GetService<RecentCalls>(), provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton(provider => new OwnFigures(provider.GetRequiredService<SwitchyardEngine>()));
        services.TryAddSingleton<IChatClient>(provider => new SwitchyardChatClient(provider.GetRequiredService<SwitchyardEngine>()));
        services.TryAddSingleton<IEmbeddingGenerator<string, Embedding<float>>>(
            provider => new SwitchyardEmbeddingGenerator(provider.GetRequiredService<SwitchyardEngine>()));
        // Vector stores ask for a generator without its types.
        services.TryAddSingleton<IEmbeddingGenerator>(
            provider => provider.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>());
        // Keyed services that the host registers take precedence.
        services.TryAddKeyedSingleton<IChatClient>(
            KeyedService.AnyKey,
            (provider, key) => new SwitchyardChatClient(provider.GetRequiredService<SwitchyardEngine>(), NameOf(key)));
        services.TryAddKeyedSingleton<IEmbeddingGenerator<string, Embedding<float>>>(
            KeyedService.AnyKey,
            (provider, key) => new SwitchyardEmbeddingGenerator(provider.GetRequiredService<SwitchyardEngine>(), NameOf(key)));
        services.TryAddKeyedSingleton<IEmbeddingGenerator>(
            KeyedService.AnyKey,
            (provider, key) => provider.GetRequiredKeyedService<IEmbeddingGenerator<string, Embedding<float>>>(key));
        AddMedia(services);
    }

    // Experimental in Microsoft.Extensions.AI 10.11: a program that uses these services accepts that itself.
#pragma warning disable MEAI001
    private static void AddMedia(IServiceCollection services)
    {
        services.TryAddSingleton<IImageGenerator>(
            provider => new SwitchyardImageGenerator(provider.GetRequiredService<SwitchyardEngine>()));
        services.TryAddSingleton<ISpeechToTextClient>(
            provider => new SwitchyardSpeechToTextClient(provider.GetRequiredService<SwitchyardEngine>()));
        services.TryAddSingleton<ITextToSpeechClient>(
            provider => new SwitchyardTextToSpeechClient(provider.GetRequiredService<SwitchyardEngine>()));
        services.TryAddKeyedSingleton<IImageGenerator>(
            KeyedService.AnyKey,
            (provider, key) => new SwitchyardImageGenerator(provider.GetRequiredService<SwitchyardEngine>(), NameOf(key)));
        services.TryAddKeyedSingleton<ISpeechToTextClient>(
            KeyedService.AnyKey,
            (provider, key) => new SwitchyardSpeechToTextClient(provider.GetRequiredService<SwitchyardEngine>(), NameOf(key)));
        services.TryAddKeyedSingleton<ITextToSpeechClient>(
            KeyedService.AnyKey,
            (provider, key) => new SwitchyardTextToSpeechClient(provider.GetRequiredService<SwitchyardEngine>(), NameOf(key)));
    }
#pragma warning restore MEAI001

    private static string NameOf(object? key) => key as string ?? throw new InvalidOperationException(
        $"A client's key is a text, the name of a provider, an alias or a model; '{key}' is a {key?.GetType().Name ?? "null"}.");

    // The host may add logging before or after this call; without it nothing is logged.
    private static ILogger<T> LoggerOf<T>(IServiceProvider provider) => provider.GetService<ILogger<T>>() ?? NullLogger<T>.Instance;
}
