using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Switchyard.Configuration;
using Switchyard.Engine;
using Switchyard.Hosting;

namespace Switchyard.TestKit;

/// <summary>A real gateway on loopback, over real sockets, with the test's options.</summary>
public sealed class GatewayHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private GatewayHost(WebApplication app)
    {
        _app = app;
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        Address = new Uri(addresses.First());
        AdminAddress = new Uri(addresses.Last());
        Http = new HttpClient(new SocketsHttpHandler { UseProxy = false, ResponseDrainTimeout = TimeSpan.Zero })
        {
            BaseAddress = Address,
            Timeout = TimeSpan.FromSeconds(60),
        };
    }

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    /// <summary>Where its admin API listens: at <see cref="Address"/>, unless <c>admin.urls</c> is set.</summary>
    public Uri AdminAddress { get; }

    /// <summary>A client for it.</summary>
    public HttpClient Http { get; }

    /// <summary>Its log.</summary>
    public FakeLogCollector Log => _app.Services.GetFakeLogCollector();

    /// <summary>Its engine.</summary>
    public SwitchyardEngine Engine => _app.Services.GetRequiredService<SwitchyardEngine>();

    /// <summary>Its services.</summary>
    public IServiceProvider Services => _app.Services;

    /// <summary>Starts a gateway whose provider <c>up</c> is the given upstream.</summary>
    public static Task<GatewayHost> StartAsync(
        FakeUpstream upstream, Action<SwitchyardOptions>? configure = null, Action<SwitchyardBuilder>? build = null) =>
        StartAsync(
            options =>
            {
                options.Providers["up"] =
                    new ProviderOptions { BaseUrl = upstream.BaseUrl, Key = "sk-upstream-secret", Models = ["some-model"] };
                configure?.Invoke(options);
            },
            build);

    /// <summary>Starts a gateway with these options, without providers from the environment; without any provider, with the mock.</summary>
    public static Task<GatewayHost> StartAsync(
        Action<SwitchyardOptions>? configure = null, Action<SwitchyardBuilder>? build = null, Action<IApplicationBuilder>? use = null)
    {
        // Health checks would disturb tests that do not ask for them; and most tests are about one attempt, and let one upstream fail many
        // times on purpose.
        var options = new SwitchyardOptions { AutoEnable = false, Health = { Monitor = false }, Retry = { Attempts = 1 } };
        options.Circuit.Enabled = false;
        configure?.Invoke(options);
        if (options.Providers.Count == 0 && build is null)
            options.Providers["mock"] = new();
        return StartAsync(options, build, use);
    }

    /// <summary>Starts a gateway with exactly these options, as a configuration file would set them.</summary>
    public static async Task<GatewayHost> StartAsync(
        SwitchyardOptions options, Action<SwitchyardBuilder>? build = null, Action<IApplicationBuilder>? use = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Logging.AddFakeLogging();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(IPAddress.Loopback, 0);
            if (options.Admin.Urls is not null)
                kestrel.Listen(IPAddress.Loopback, 0, listener => listener.UseSwitchyardAdmin());
        });
        var switchyard = builder.Services.AddSwitchyard(options);
        builder.Services.AddSwitchyardGateway();
        build?.Invoke(switchyard);
        var app = builder.Build();
        use?.Invoke(app);
        app.UseSwitchyardCors();
        app.UseRouting();
        app.UseSwitchyardFallback();
        app.MapSwitchyard();
        await app.StartAsync();
        return new GatewayHost(app);
    }

    /// <summary>Posts JSON.</summary>
    public Task<HttpResponseMessage> PostAsync(string path, string json, params (string Name, string Value)[] headers) =>
        PostAsync(path, Encoding.UTF8.GetBytes(json), headers);

    /// <summary>Posts bytes as JSON.</summary>
    public async Task<HttpResponseMessage> PostAsync(string path, byte[] body, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(body) };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        foreach (var (name, value) in headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
                request.Content.Headers.TryAddWithoutValidation(name, value);
        }

        return await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    /// <summary>Posts a chat request.</summary>
    public Task<HttpResponseMessage> ChatAsync(string json, params (string Name, string Value)[] headers) =>
        PostAsync("/v1/chat/completions", json, headers);

    /// <summary>Asks it to stop, waiting for running calls.</summary>
    public Task StopAsync() => _app.StopAsync();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }
}
