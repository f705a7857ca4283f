using System.Net;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Calls;
using Switchyard.Client;
using Switchyard.Configuration;
using Switchyard.Engine;
using Switchyard.Providers;
using Switchyard.Providers.Catalogue;
using Switchyard.Providers.Http;
using Switchyard.Providers.Registry;
using Xunit;

namespace Switchyard.Tests.Providers;

/// <summary>Credentials that are created or renewed for each request.</summary>
public sealed class RequestAuthorizerTests
{
    private const string Answer = """{"id":"1","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"hello"},"finish_reason":"stop"}]}""";

    private static readonly ProviderDescriptor s_acme = new()
    {
        Name = "acme",
        BaseUrl = "https://acme.example.com/v1",
        Auth = new ProviderAuth { Scheme = ProviderAuthScheme.Cloud, Credential = "acme", Scope = "all" },
        KeyEnv = ["ACME_KEY"],
    };

    [Fact]
    public async Task Calls_and_lists_of_models_are_authorized_right_before_they_are_sent()
    {
        var handler = new ScriptedHandler((request, _) => Task.FromResult(new HttpResponseMessage
        {
            Content = new StringContent(request.Method == HttpMethod.Get ? """{"data":[{"id":"m"}]}""" : Answer, null, "application/json"),
        }));
        await using var services = Services(handler, new Factory((request, _) =>
        {
            request.Headers.Add("X-Signature", $"{request.Method} {request.RequestUri!.AbsolutePath} {request.Headers.Accept}");
            return default;
        }));
        var engine = await StartAsync(services);
        var reply = await new SwitchyardChatClient(engine).GetResponseAsync("hi", new ChatOptions { ModelId = "acme/m" }, Some.Token);
        Assert.Equal("hello", reply.Text);
        Assert.NotEmpty(await engine.Models.ListAsync(Some.Token));
        Assert.Equal(
            ["GET /v1/models ", "POST /v1/chat/completions application/json"],
            handler.Requests.Select(request => Assert.Single(request.Headers.GetValues("X-Signature"))).Order());
    }

    [Fact]
    public async Task A_failure_names_the_way_out_and_no_secret()
    {
        var handler = ScriptedHandler.Json(Answer);
        Func<HttpRequestMessage, CancellationToken, ValueTask> authorize = (_, _) => throw new ProviderException(
            "Sign in with `acme login`.");
        await using var services = Services(handler, new Factory((request, token) => authorize(request, token)));
        var client = new SwitchyardChatClient(await StartAsync(services));
        var error = await Assert.ThrowsAsync<CallException>(
            () => client.GetResponseAsync("hi", new ChatOptions { ModelId = "acme/m" }, Some.Token));
        Assert.Equal(CallErrorKind.UpstreamAuthenticationFailed, error.Error.Kind);
        Assert.Equal("Sign in with `acme login`.", error.Error.Message);
        authorize = (_, _) => throw new InvalidOperationException($"bad token {Some.Secret}");
        error = await Assert.ThrowsAsync<CallException>(
            () => client.GetResponseAsync("hi", new ChatOptions { ModelId = "acme/m" }, Some.Token));
        Assert.Equal(CallErrorKind.UpstreamAuthenticationFailed, error.Error.Kind);
        Assert.DoesNotContain(Some.Secret, error.Error.Message, StringComparison.Ordinal);
        Assert.Contains("acme", error.Error.Message, StringComparison.Ordinal);
        Assert.Empty(handler.Requests);
    }

    [Fact]
    public async Task A_provider_without_a_source_of_credentials_says_what_to_add()
    {
        await using var provider = new HttpProvider("acme", s_acme);
        var error = await Assert.ThrowsAsync<ProviderException>(async () =>
            await provider.InitializeAsync(new ProviderSettings { Type = "acme" }, Some.Token));
        Assert.Contains("reference Switchyard.Cloud and call AddSwitchyardCloud()", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_is_sent_as_it_is_and_wins()
    {
        await using var bearer = new HttpProvider("acme", s_acme);
        await bearer.InitializeAsync(new ProviderSettings { Type = "acme", ApiKey = "k" }, Some.Token);
        Assert.Null(bearer.Endpoint.Credentials[0].Authorizer);
        Assert.Equal(new("Authorization", "Bearer k"), Assert.Single(bearer.Endpoint.Credentials[0].Headers));

        await using var own = new HttpProvider("acme", s_acme);
        await own.InitializeAsync(
            new ProviderSettings { Type = "acme", Headers = new Dictionary<string, string> { ["authorization"] = "Own x" } }, Some.Token);
        Assert.Null(own.Endpoint.Credentials[0].Authorizer);
    }

    [Fact]
    public void Such_a_provider_is_enabled_by_its_key_variable_or_by_being_named()
    {
        var catalog = new ProviderCatalog([s_acme]);
        Assert.False(s_acme.RequiresApiKey);
        Assert.Empty(new ProviderActivator(catalog, Environment()).Activate(new SwitchyardOptions()).Providers);
        var found = Assert.Single(new ProviderActivator(catalog, Environment("ACME_KEY")).Activate(new SwitchyardOptions()).Providers);
        Assert.Equal(ProviderOrigin.KeyVariable, found.Origin);
        var named = new ProviderActivator(catalog, Environment())
            .Activate(new SwitchyardOptions { Providers = { ["acme"] = new ProviderOptions() } });
        Assert.Empty(named.Problems);
        Assert.Equal(ProviderOrigin.Configured, Assert.Single(named.Providers).Origin);

        static ProviderContext Environment(params string[] set) => new() { Environment = name => set.Contains(name) ? "value" : null };
    }

    private static ServiceProvider Services(ScriptedHandler handler, Factory factory)
    {
        var services = new ServiceCollection();
        services.AddSingleton(new ProviderCatalog([s_acme]));
        services.AddSingleton<IRequestAuthorizerFactory>(factory);
        services.AddSingleton(provider => new ProviderContext
        {
            Environment = _ => null,
            HandlerFactory = () => handler,
            Authorizers = [.. provider.GetServices<IRequestAuthorizerFactory>()],
        });
        services.AddSwitchyard(options => options.Providers["acme"] = new ProviderOptions());
        return services.BuildServiceProvider();
    }

    private static async Task<SwitchyardEngine> StartAsync(ServiceProvider services)
    {
        var engine = services.GetRequiredService<SwitchyardEngine>();
        await engine.StartAsync(Some.Token);
        return engine;
    }

    private sealed class Factory(
        Func<HttpRequestMessage, CancellationToken, ValueTask> authorize) : IRequestAuthorizerFactory, IRequestAuthorizer
    {
        public string Credential => "ACME";

        public IRequestAuthorizer Create(
            string provider, ProviderDescriptor descriptor, ProviderSettings settings, ProviderContext context) => this;

        public ValueTask AuthorizeAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            authorize(request, cancellationToken);
    }
}
