using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Configuration;
using Switchyard.Providers;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Network;

/// <summary>Connections to providers: through proxies, and over TLS with configured authorities and certificates.</summary>
public sealed class OutgoingTests
{
    private const string Elsewhere = "http://models.example.test/v1";

    [Fact]
    [Covers("W9")]
    public async Task A_providers_proxy_is_used_and_given_its_password()
    {
        await using var proxy = await FakeUpstream.StartAsync();
        proxy.Then(http =>
        {
            http.Response.StatusCode = 407;
            http.Response.Headers.ProxyAuthenticate = "Basic realm=\"p\"";
            return Task.CompletedTask;
        });
        proxy.ThenJson(Some.ChatCompletion());
        var address = new UriBuilder(proxy.BaseUrl) { UserName = "me", Password = "p%40ss", Path = "" }.Uri.ToString();
        await using var gateway = await GatewayHost.StartAsync(
            options => options.Providers["far"] = new ProviderOptions { BaseUrl = Elsewhere, Proxy = address });

        var response = await gateway.ChatAsync(Some.ChatRequest("far/m"));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("models.example.test", proxy.LastRequest.Headers["Host"]);
        Assert.Equal("Basic " + Convert.ToBase64String("me:p@ss"u8), proxy.LastRequest.Headers["Proxy-Authorization"]);
    }

    [Theory]
    [InlineData("http://models.example.test/v1")]
    [InlineData("https://models.example.test/v1")]
    [Covers("W9")]
    public async Task A_proxy_that_refuses_the_password_is_an_outage_that_names_it_and_another_target_is_tried(string far)
    {
        await using var proxy = await FakeUpstream.StartAsync();
        await using var up = await FakeUpstream.StartAsync();
        for (var i = 0; i < 8; i++)
        {
            proxy.Then(http =>
            {
                http.Response.StatusCode = 407;
                http.Response.Headers.ProxyAuthenticate = "Basic realm=\"p\"";
                return Task.CompletedTask;
            });
        }

        await using var gateway = await GatewayHost.StartAsync(up, options =>
        {
            options.Providers["far"] =
                new ProviderOptions { BaseUrl = far, Proxy = new Uri(proxy.BaseUrl).GetLeftPart(UriPartial.Authority) };
            options.Models["both"] = new() { Targets = [new() { Model = "far/m" }, new() { Model = "up/m" }] };
        });

        var refused = await gateway.ChatAsync(Some.ChatRequest("far/m"));
        var both = await gateway.ChatAsync(Some.ChatRequest("both"));

        Assert.Equal(HttpStatusCode.BadGateway, refused.StatusCode);
        Assert.Contains("wants a name and a password", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, both.StatusCode);
    }

    [Fact]
    [Covers("W9")]
    public async Task The_proxy_of_the_environment_is_used_except_for_this_machine_and_where_it_is_none()
    {
        await using var proxy = await FakeUpstream.StartAsync();
        await using var local = await FakeUpstream.StartAsync();
        var usual = new WebProxy(new Uri(proxy.BaseUrl).GetLeftPart(UriPartial.Authority));
        await using var gateway = await GatewayHost.StartAsync(
            options =>
            {
                options.Providers["far"] = new ProviderOptions { BaseUrl = Elsewhere };
                options.Providers["local"] = new ProviderOptions { BaseUrl = local.BaseUrl };
                options.Providers["direct"] = new ProviderOptions { BaseUrl = "http://models.invalid/v1", Proxy = "none" };
            },
            builder => builder.Services.AddSingleton(new ProviderContext { Proxy = usual }));

        Assert.Equal(HttpStatusCode.OK, (await gateway.ChatAsync(Some.ChatRequest("far/m"))).StatusCode);
        Assert.Single(proxy.Requests);
        Assert.Equal(HttpStatusCode.OK, (await gateway.ChatAsync(Some.ChatRequest("local/m"))).StatusCode);
        Assert.Single(local.Requests);
        Assert.Equal(HttpStatusCode.BadGateway, (await gateway.ChatAsync(Some.ChatRequest("direct/m"))).StatusCode);
        Assert.Single(proxy.Requests);
    }

    [Fact]
    [Covers("W10")]
    public async Task A_private_authority_is_trusted_for_the_provider_that_names_it_and_for_no_other()
    {
        using var files = new CertificateFolder();
        await using var upstream = await TlsUpstream.StartAsync(files, asksForCertificate: false);
        await using var gateway = await GatewayHost.StartAsync(options =>
        {
            options.Providers["private"] = new ProviderOptions { BaseUrl = upstream.BaseUrl, Tls = { Ca = files.Authority } };
            options.Providers["open"] = new ProviderOptions { BaseUrl = upstream.BaseUrl, Tls = { Insecure = true } };
            options.Providers["other"] = new ProviderOptions { BaseUrl = upstream.BaseUrl };
        });

        Assert.Equal(HttpStatusCode.OK, (await gateway.ChatAsync(Some.ChatRequest("private/m"))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await gateway.ChatAsync(Some.ChatRequest("open/m"))).StatusCode);
        var refused = await gateway.ChatAsync(Some.ChatRequest("other/m"));
        var message = await refused.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.BadGateway, refused.StatusCode);
        Assert.Contains("TLS handshake failed: The remote certificate is invalid", message, StringComparison.Ordinal);
    }

    [Fact]
    [Covers("W10")]
    public async Task A_certificate_is_shown_to_the_provider_that_asks_for_one()
    {
        using var files = new CertificateFolder();
        await using var upstream = await TlsUpstream.StartAsync(files, asksForCertificate: true);
        await using var gateway = await GatewayHost.StartAsync(options =>
        {
            options.Providers["known"] = new ProviderOptions
            {
                BaseUrl = upstream.BaseUrl,
                Tls = { Ca = files.Authority, Certificate = files.ClientCertificate, Key = files.ClientKey },
            };
            options.Providers["unknown"] = new ProviderOptions { BaseUrl = upstream.BaseUrl, Tls = { Ca = files.Authority } };
        });

        Assert.Equal(HttpStatusCode.OK, (await gateway.ChatAsync(Some.ChatRequest("known/m"))).StatusCode);
        Assert.Equal("CN=gateway", upstream.LastClient);
        Assert.Equal(HttpStatusCode.BadGateway, (await gateway.ChatAsync(Some.ChatRequest("unknown/m"))).StatusCode);
    }

    /// <summary>A provider over TLS.</summary>
    private sealed class TlsUpstream : IAsyncDisposable
    {
        private readonly WebApplication _app;

        private TlsUpstream(WebApplication app) => _app = app;

        public string BaseUrl { get; private set; } = "";

        public string? LastClient { get; private set; }

        public static async Task<TlsUpstream> StartAsync(CertificateFolder files, bool asksForCertificate)
        {
            var builder = WebApplication.CreateEmptyBuilder(new());
            builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(
                IPAddress.Loopback,
                0,
                listen => listen.UseHttps(files.Server, https =>
                {
                    https.ClientCertificateMode =
                        asksForCertificate ? ClientCertificateMode.RequireCertificate : ClientCertificateMode.NoCertificate;
                    https.ClientCertificateValidation = (_, _, _) => true;
                })));
            var app = builder.Build();
            var upstream = new TlsUpstream(app);
            app.Run(http =>
            {
                upstream.LastClient = http.Connection.ClientCertificate?.Subject;
                http.Response.ContentType = "application/json";
                return http.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(Some.ChatCompletion())).AsTask();
            });
            await app.StartAsync();
            var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
            upstream.BaseUrl = address + "/v1";
            return upstream;
        }

        public ValueTask DisposeAsync() => _app.DisposeAsync();
    }
}
