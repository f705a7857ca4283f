using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Switchyard.Client;
using Switchyard.Client.Media;
using Switchyard.Engine;

namespace Switchyard.Hosting;

/// <summary>
/// Registers the engine as clients of Microsoft.Extensions.AI, without a key and keyed by any name: a provider, an alias or a model. Keyed
/// services that the host registers take precedence.
/// </summary>
internal static class ClientServices
{
    public static void Add(IServiceCollection services)
    {
        Add<IChatClient>(services, (engine, model) => new SwitchyardChatClient(engine, model));
        Add<IEmbeddingGenerator<string, Embedding<float>>>(
            services, (engine, model) => new SwitchyardEmbeddingGenerator(engine, model));
        // Vector stores ask for a generator without its types.
        services.TryAddSingleton<IEmbeddingGenerator>(
            provider => provider.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>());
        services.TryAddKeyedSingleton<IEmbeddingGenerator>(
            KeyedService.AnyKey,
            (provider, key) => provider.GetRequiredKeyedService<IEmbeddingGenerator<string, Embedding<float>>>(key));
        AddMedia(services);
    }

    // Experimental in Microsoft.Extensions.AI 10.11: a program that uses these services accepts that itself.
#pragma warning disable MEAI001
    private static void AddMedia(IServiceCollection services)
    {
        Add<IImageGenerator>(services, (engine, model) => new SwitchyardImageGenerator(engine, model));
        Add<ISpeechToTextClient>(services, (engine, model) => new SwitchyardSpeechToTextClient(engine, model));
        Add<ITextToSpeechClient>(services, (engine, model) => new SwitchyardTextToSpeechClient(engine, model));
    }
#pragma warning restore MEAI001

    private static void Add<TClient>(IServiceCollection services, Func<SwitchyardEngine, string?, TClient> create)
        where TClient : class
    {
        services.TryAddSingleton<TClient>(provider => create(provider.GetRequiredService<SwitchyardEngine>(), null));
        services.TryAddKeyedSingleton<TClient>(
            KeyedService.AnyKey, (provider, key) => create(provider.GetRequiredService<SwitchyardEngine>(), NameOf(key)));
    }

    private static string NameOf(object? key) => key as string ?? throw new InvalidOperationException(
        $"A client's key is a text, the name of a provider, an alias or a model; '{key}' is a {key?.GetType().Name ?? "null"}.");
}
