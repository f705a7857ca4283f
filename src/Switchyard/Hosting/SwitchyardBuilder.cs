using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Switchyard.Calls;
using Switchyard.Engine;
using Switchyard.Overview;
using Switchyard.Pipeline;
using Switchyard.Providers;
using Switchyard.Providers.Registry;
using Switchyard.Secrets;

namespace Switchyard.Hosting;

/// <summary>Adds to an engine what configuration cannot: providers in code, middleware, sinks and observers.</summary>
public sealed class SwitchyardBuilder
{
    internal SwitchyardBuilder(IServiceCollection services) => Services = services;

    /// <summary>The collection the engine is registered in.</summary>
    public IServiceCollection Services { get; }

    /// <summary>Registers any <see cref="IChatClient"/> as a provider: <c>name/model</c> calls it with that model.</summary>
    /// <param name="name">The provider's name.</param>
    /// <param name="client">The client; disposed with the engine.</param>
    /// <param name="embeddings">The embedding generator of the same provider; null if it has none.</param>
    /// <param name="models">
    /// The models to list, which are also found by their bare name, before those of vendors. For another priority add a
    /// <see cref="ChatClientProvider"/> with <see cref="ProviderSettings.Priority"/>.
    /// </param>
    public SwitchyardBuilder AddProvider(
        string name, IChatClient client, IEmbeddingGenerator<string, Embedding<float>>? embeddings = null, params string[] models) =>
        AddProvider(new ChatClientProvider(name, client, embeddings), new ProviderSettings { Type = name, Models = models });

    /// <summary>Adds a provider created by the host. It is initialised when the engine starts, and disposed with it.</summary>
    public SwitchyardBuilder AddProvider(IProvider provider, ProviderSettings settings)
    {
        Services.AddSingleton(new AddedProvider(
            (registry, cancellationToken) => registry.RegisterAsync(provider, settings, cancellationToken: cancellationToken), provider));
        return this;
    }

    /// <summary>Adds a class marked <c>[Provider("name")]</c>, which is created on its first call.</summary>
    /// <exception cref="ArgumentException">The class is not marked.</exception>
    public SwitchyardBuilder AddProvider<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TProvider>(
        ProviderSettings settings)
        where TProvider : class, IProvider
    {
        var name = ProviderAttribute.NameOf(typeof(TProvider))
            ?? throw new ArgumentException($"{typeof(TProvider).Name} has no [Provider(\"name\")].", nameof(TProvider));
        Services.AddSingleton(new AddedProvider((registry, _) =>
        {
            registry.RegisterClass(name, typeof(TProvider), settings);
            return ValueTask.CompletedTask;
        }));
        return this;
    }

    /// <summary>Adds every class of an assembly that is marked <c>[Provider("name")]</c>.</summary>
    /// <param name="assembly">The assembly to search.</param>
    /// <param name="settingsFor">Returns the settings of a provider by name; null skips that class.</param>
    [RequiresUnreferencedCode(ProviderRegistry.ScanNeedsWholeAssembly)]
    public SwitchyardBuilder AddProvidersFrom(Assembly assembly, Func<string, ProviderSettings?> settingsFor)
    {
        Services.AddSingleton(new AddedProvider((registry, _) =>
        {
            registry.ScanAssembly(assembly, settingsFor);
            return ValueTask.CompletedTask;
        }));
        return this;
    }

    /// <summary>
    /// Adds middleware around every call, before its model name is resolved. The first added is the outermost. It is a singleton, created
    /// by the container.
    /// </summary>
    public SwitchyardBuilder UseCall<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TStep>()
        where TStep : class, ICallMiddleware =>
        Use<TStep>(StagePlace.Call);

    /// <summary>Adds middleware around every call whose route is known, outside its attempts. The first added is the outermost.</summary>
    /// <inheritdoc cref="UseCall"/>
    public SwitchyardBuilder UseRouted<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TStep>()
        where TStep : class, ICallMiddleware =>
        Use<TStep>(StagePlace.Routed);

    /// <summary>
    /// Adds middleware around each attempt; its deployment is in <see cref="ModelCall.Attempt"/>. The first added is the outermost.
    /// </summary>
    /// <inheritdoc cref="UseCall"/>
    public SwitchyardBuilder UseAttempt<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TStep>()
        where TStep : class, ICallMiddleware =>
        Use<TStep>(StagePlace.Attempt);

    /// <summary>
    /// Adds a store of secrets created by the host. It is asked before those of <see cref="Configuration.SwitchyardOptions.Secrets"/>, in
    /// the order of adding, and not disposed with the engine.
    /// </summary>
    public SwitchyardBuilder AddSecretStore(ISecretStore store)
    {
        ArgumentNullException.ThrowIfNull(store);
        Services.AddSingleton(store);
        return this;
    }

    /// <summary>Adds a sink, which receives a record of every ended call. It is a singleton, created by the container.</summary>
    public SwitchyardBuilder AddSink<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TSink>()
        where TSink : class, ICallSink
    {
        Services.AddSingleton<ICallSink, TSink>();
        return this;
    }

    /// <summary>Adds a sink created by the host.</summary>
    public SwitchyardBuilder AddSink(ICallSink sink)
    {
        Services.AddSingleton(sink);
        return this;
    }

    /// <summary>Keeps the last calls that ended in memory, with their attempts and decisions: <see cref="RecentCalls"/>.</summary>
    public SwitchyardBuilder KeepRecentCalls()
    {
        Services.TryAddSingleton<RecentCalls>();
        Services.TryAddEnumerable(ServiceDescriptor.Singleton<ICallSink, RecentCalls>(
            static services => services.GetRequiredService<RecentCalls>()));
        return this;
    }

    /// <summary>Adds an observer of ended attempts. It is a singleton, created by the container.</summary>
    public SwitchyardBuilder AddAttemptObserver<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TObserver>()
        where TObserver : class, IAttemptObserver
    {
        Services.AddSingleton<IAttemptObserver, TObserver>();
        return this;
    }

    private SwitchyardBuilder Use<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TStep>(StagePlace place)
        where TStep : class, ICallMiddleware
    {
        Services.TryAddSingleton<TStep>();
        Services.AddSingleton(provider => new HostStage(place, provider.GetRequiredService<TStep>()));
        return this;
    }
}
