using System.Net;
using System.Text;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Switchyard.Common;
using Switchyard.Configuration;
using Switchyard.Engine;
using Switchyard.Providers;

namespace Switchyard.Aspire;

/// <summary>
/// An engine whose only provider is the gateway. It translates and streams; retries, circuits and timeouts are the gateway's, because
/// retries on both sides would multiply. Thread-safe.
/// </summary>
internal sealed class GatewayConnection : IAsyncDisposable, IDisposable
{
    /// <summary>The provider's name in this process, which telemetry shows.</summary>
    private const string Provider = "switchyard";

    /// <summary>The timeout here: longer than the gateway's own timeouts, which are set there.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromHours(1);

    private readonly ServiceProvider _services;

    private readonly HttpMessageInvoker _invoker = new(CreateHandler());

    /// <param name="connectionName">The connection's name, for errors.</param>
    /// <param name="settings">The address, key and default model.</param>
    /// <param name="host">The host's services: its loggers and its clock.</param>
    /// <exception cref="InvalidOperationException">The gateway's address is not configured.</exception>
    public GatewayConnection(string connectionName, SwitchyardClientSettings settings, IServiceProvider host)
    {
        Root = settings.Root ?? throw new InvalidOperationException(
            $"The gateway's address is not set. Set ConnectionStrings:{connectionName} (in an app host, WithReference), or Endpoint in "
            + $"Aspire:Switchyard:{connectionName} or in the settings' delegate.");
        _services = CreateServices(Root, settings, host);
        var engine = _services.GetRequiredService<SwitchyardEngine>();
        ChatClient = new GatewayChatClient(engine.GetChatClient(Provider, settings.Model));
        EmbeddingGenerator = new GatewayEmbeddingGenerator(engine.GetEmbeddingGenerator(Provider, settings.Model));
    }

    /// <summary>The gateway's address, without a slash at its end.</summary>
    public Uri Root { get; }

    public IChatClient ChatClient { get; }

    public IEmbeddingGenerator<string, Embedding<float>> EmbeddingGenerator { get; }

    /// <summary>Sends a GET request to the gateway, outside of calls.</summary>
    public async Task<HttpResponseMessage> GetAsync(string path, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{Root.AbsoluteUri.TrimEnd('/')}{path}");
        return await _invoker.SendAsync(request, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        _invoker.Dispose();
        await _services.DisposeAsync().ConfigureAwait(false);
    }

    public void Dispose()
    {
        _invoker.Dispose();
        _services.Dispose();
    }

    private static ServiceProvider CreateServices(Uri root, SwitchyardClientSettings settings, IServiceProvider host)
    {
        var services = new ServiceCollection();
        var loggers = host.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance;
        services.AddSingleton(loggers);
        services.AddSingleton(typeof(ILogger<>), typeof(Logger<>));
        services.AddSingleton(host.GetService<TimeProvider>() ?? TimeProvider.System);
        services.AddSingleton(provider => new ProviderContext
        {
            TimeProvider = provider.GetRequiredService<TimeProvider>(),
            LoggerFactory = loggers,
            Secrets = provider.GetRequiredService<SecretRedactor>(),
            HandlerFactory = () => new GatewayHandler(CreateHandler()),
        });
        services.AddSwitchyard(options =>
        {
            options.AutoEnable = false;
            options.Providers[Provider] = new ProviderOptions
            {
                BaseUrl = $"{root.AbsoluteUri.TrimEnd('/')}/v1",
                Key = settings.Key,
                AttemptTimeout = Patience,
            };
            options.Timeouts = new TimeoutOptions { FirstToken = Patience, Attempt = Patience, Idle = Patience, Total = Patience };
            options.Retry.Attempts = 1;
            options.Circuit.Enabled = false;
            options.Health.Monitor = false;
            options.Statistics = false;
        });
        return services.BuildServiceProvider();
    }

    /// <summary>
    /// Not a handler of the host's HTTP client factory: the defaults of Aspire's service projects give each of those a handler that ends an
    /// attempt after ten seconds and retries, which would cut off a model's long answer.
    /// </summary>
    private static SocketsHttpHandler CreateHandler() => new()
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        // The engine writes a call's trace headers itself.
        ActivityHeadersPropagator = null,
        // A tag or a tenant may have any characters, as in process; the gateway reads its request headers as UTF-8.
        RequestHeaderEncodingSelector = static (_, _) => Encoding.UTF8,
        ConnectTimeout = TimeSpan.FromSeconds(5),
        // Shorter than the time for which the gateway keeps an idle connection.
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(50),
        PooledConnectionLifetime = TimeSpan.FromMinutes(10),
        EnableMultipleHttp2Connections = true,
    };
}
