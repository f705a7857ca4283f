using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Engine;
using Switchyard.Health;
using Switchyard.Providers;
using Switchyard.Providers.Registry;

namespace Switchyard.Tests.Docs.From;

/// <summary>The C# of docs/from/plugin-system.md, run by <see cref="PluginSystemTests"/>.</summary>
internal static class PluginSystemSnippets
{
    public static void AddToTheHost(IServiceCollection services)
    {
        // begin: plugin system, with the host
        services.AddSwitchyard()
            .AddProvider(
                new MyNewProvider(),
                new ProviderSettings { Type = "mynewprovider", ApiKey = Environment.GetEnvironmentVariable("MY_PROVIDER_API_KEY") });
        // end
    }

    public static async Task AddWhileRunningAsync(SwitchyardEngine engine, string apiKey)
    {
        // begin: plugin system, while running
        var settings = new ProviderSettings
        {
            Type = "mynewprovider", ApiKey = apiKey, Timeout = TimeSpan.FromSeconds(30), MaxRetries = 3,
        };
        await engine.Registry.RegisterAsync(new MyNewProvider(), settings);
        // end
    }

    public static void AddLazily(SwitchyardEngine engine, ProviderSettings settings)
    {
        // begin: plugin system, lazily
        engine.Registry.RegisterClass("mynewprovider", typeof(MyNewProvider), settings);
        // end
    }

    public static void AddMarked(IServiceCollection services, ProviderSettings settings)
    {
        // begin: plugin system, marked classes
        services.AddSwitchyard()
            .AddProvidersFrom(typeof(MyNewProvider).Assembly, name => name == "mynewprovider" ? settings : null);
        // end
    }

    public static async Task<IReadOnlyList<ProviderModel>> UseAsync(ProviderRegistry registry, CancellationToken cancellationToken)
    {
        // begin: plugin system, use
        if (!registry.Contains(KnownProviders.OpenAI))
            return [];
        var openai = await registry.GetRequiredAsync(KnownProviders.OpenAI, cancellationToken);
        var models = await openai.ListModelsAsync(cancellationToken);
        return await openai.ValidateModelAsync("gpt-4", cancellationToken) ? models : [];
        // end
    }

    public static async Task RegisterAgainAsync(ProviderRegistry registry, ProviderSettings settings)
    {
        // begin: plugin system, again
        await registry.UnregisterAsync("mynewprovider");
        await registry.RegisterAsync(new MyNewProvider(), settings);

        // Or in one step: calls that run end on the old one.
        await registry.RegisterAsync(new MyNewProvider(), settings, replace: true);
        // end
    }

    public static async Task<string> ChooseVersionAsync(ProviderRegistry registry, ProviderSettings settings)
    {
        // begin: plugin system, versions
        await registry.RegisterAsync("mine@1", new MyNewProvider(), settings);
        await registry.RegisterAsync("mine@2", new MyNewProvider(), settings);
        var versions = string.Join(", ", registry.VersionsOf("mine"));
        registry.PreferVersion("mine", "1");
        // end
        return versions;
    }

    public static async Task<string> AskTheMockAsync()
    {
        // begin: plugin system, mock
        var services = new ServiceCollection();
        services.AddSwitchyard(options => options.Providers["mock"] = new());
        await using var provider = services.BuildServiceProvider();
        var mock = provider.GetRequiredKeyedService<IChatClient>("mock");
        var answer = await mock.GetResponseAsync("test prompt");
        // end
        return answer.Text;
    }

    public static string Watch(IServiceProvider provider)
    {
        // begin: plugin system, health
        provider.GetRequiredService<HealthMonitor>().Start();
        var status = provider.GetRequiredService<HealthChecker>().StatusOf("mynewprovider");
        var figures = (status.State, status.ResponseTime, status.SuccessRate, status.ActiveConnections, status.LastCheck,
            status.ConsecutiveFailures, status.TotalRequests, status.ErrorRate);
        // end
        return figures.ToString();
    }
}

// begin: plugin system, provider
[Provider("mynewprovider")]
public sealed class MyNewProvider(ProviderContext? context = null) : ProviderBase("mynewprovider", context), IChatClientProvider
{
    private MyVendorClient? _client;

    public override bool ServesModel(string modelId) => modelId.StartsWith("my-", StringComparison.Ordinal);

    public IChatClient GetChatClient(string modelId)
    {
        ThrowIfNotInitialized();
        return _client!;
    }

    public IEmbeddingGenerator<string, Embedding<float>>? GetEmbeddingGenerator(string modelId) => null;

    protected override void ValidateSettings(ProviderSettings settings)
    {
        base.ValidateSettings(settings);
        if (!settings.ApiKey!.StartsWith("my-", StringComparison.Ordinal))
            throw new ProviderException("A key of this vendor begins with my-");
    }

    protected override ValueTask InitializeCoreAsync(ProviderSettings settings, CancellationToken cancellationToken)
    {
        _client = new MyVendorClient(settings.ApiKey!);
        return default;
    }

    protected override async ValueTask<IReadOnlyList<ProviderModel>> ListModelsCoreAsync(CancellationToken cancellationToken)
    {
        var ids = await ExecuteWithRetryAsync(_client!.ListAsync, cancellationToken: cancellationToken);
        return [.. ids.Select(id => new ProviderModel
        {
            Id = id,
            Name = id,
            Provider = Name,
            Capabilities = new() { Completion = true, Streaming = true },
        })];
    }

    protected override ValueTask ReleaseAsync()
    {
        _client?.Dispose();
        return default;
    }
}
// end
