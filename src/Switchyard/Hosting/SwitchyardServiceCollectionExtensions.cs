using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Switchyard.Attempts;
using Switchyard.Client;
using Switchyard.Configuration;
using Switchyard.Configuration.Loading;
using Switchyard.Dialects.BuiltIn;
using Switchyard.Egress;
using Switchyard.Egress.Media;
using Switchyard.Egress.Reasoning;
using Switchyard.Engine;
using Switchyard.Hosting;
using Switchyard.Pipeline;
using Switchyard.Providers;
using Switchyard.Providers.Catalogue;
using Switchyard.Providers.Registry;
using Switchyard.Routing;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Puts the engine into a service collection.</summary>
public static class SwitchyardServiceCollectionExtensions
{
    /// <summary>
    /// Registers the engine, and with it an <see cref="IChatClient"/> and an embedding generator over it. Without further configuration
    /// every catalogue provider whose usual key variable is set is enabled; with none, the mock answers.
    /// </summary>
    /// <param name="services">The collection.</param>
    /// <param name="configure">Sets options in code.</param>
    /// <returns>A builder to add providers, middleware and sinks to.</returns>
    public static SwitchyardBuilder AddSwitchyard(this IServiceCollection services, Action<SwitchyardOptions>? configure = null)
    {
        var options = new SwitchyardOptions();
        configure?.Invoke(options);
        return services.AddSwitchyard(options);
    }

    /// <summary>Registers the engine with a section of the host's configuration, whose keys are those of <c>switchyard.yaml</c>.</summary>
    /// <exception cref="InvalidOperationException">The section has errors; the message names each.</exception>
    public static SwitchyardBuilder AddSwitchyard(this IServiceCollection services, IConfiguration section)
    {
        var result = ConfigurationLoader.Bind(section);
        return services.AddSwitchyard(result.Options
            ?? throw new InvalidOperationException($"Switchyard's configuration has errors: {string.Join(" ", result.Problems)}"));
    }

    /// <summary>Registers the engine with options made elsewhere, for example by <see cref="ConfigurationLoader"/>.</summary>
    public static SwitchyardBuilder AddSwitchyard(this IServiceCollection services, SwitchyardOptions options)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(options);
        var builder = new SwitchyardBuilder(services);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<ILoggerFactory>(NullLoggerFactory.Instance);
        services.TryAdd(ServiceDescriptor.Singleton(typeof(ILogger<>), typeof(Logger<>)));
        services.TryAddSingleton(BuiltInDialects.Set);
        services.TryAddSingleton(ProviderCatalog.Default);
        services.TryAddSingleton(provider => new ProviderContext
        {
            TimeProvider = provider.GetRequiredService<TimeProvider>(),
            LoggerFactory = provider.GetRequiredService<ILoggerFactory>(),
            ConnectTimeout = options.Timeouts.Connect,
            Authorizers = [.. provider.GetServices<IRequestAuthorizerFactory>()],
        });
        services.TryAddSingleton(provider => new ProviderRegistry(
            provider.GetRequiredService<ProviderCatalog>(), provider.GetRequiredService<ProviderContext>(), provider));
        services.TryAddSingleton<CompletionMiddleware>();
        services.TryAddSingleton<RoutingMiddleware>();
        services.TryAddSingleton<FallbackMiddleware>();
        services.TryAddSingleton<ReasoningMemory>();
        services.TryAddSingleton<RequestPreparation>();
        services.TryAddSingleton<UpstreamClient>();
        services.TryAddSingleton<ProviderSet>();
        services.TryAddSingleton(provider => new SwitchyardEngine(
            options,
            DefaultPipeline.Build(
                provider.GetRequiredService<CompletionMiddleware>(),
                provider.GetRequiredService<RoutingMiddleware>(),
                provider.GetRequiredService<FallbackMiddleware>(),
                provider.GetServices<ICallMiddleware>(),
                provider.GetRequiredService<UpstreamClient>()),
            provider.GetRequiredService<ProviderSet>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<SwitchyardEngine>>()));
        services.TryAddSingleton<IChatClient>(provider => new SwitchyardChatClient(provider.GetRequiredService<SwitchyardEngine>()));
        services.TryAddSingleton<IEmbeddingGenerator<string, Embedding<float>>>(
            provider => new SwitchyardEmbeddingGenerator(provider.GetRequiredService<SwitchyardEngine>()));
        return builder;
    }
}
