using System.Net;
using Microsoft.Extensions.AI;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Routing;

/// <summary>The meaning of model names, over sockets and in each client's format.</summary>
public sealed class NameTests
{
    private const string Hello = """ "messages":[{"role":"user","content":"Hello"}] """;

    [Covers("Y2")]
    [Theory]
    [InlineData("/v1/chat/completions", """{"model":"openai/gpt-4o",""" + Hello + "}")]
    [InlineData("/v1/chat/completions", """{"model":"openai",""" + Hello + "}")]
    [InlineData("/chat", """{"provider":"openai",""" + Hello + "}")]
    [InlineData("/v1/messages", """{"model":"openai/gpt-4o","max_tokens":9,""" + Hello + "}")]
    [InlineData("/v1/responses", """{"model":"openai/gpt-4o","input":"Hello"}""")]
    [InlineData("/v1/embeddings", """{"model":"openai/text-embedding-3-small","input":"Hello"}""")]
    public async Task A_request_for_a_provider_that_is_not_enabled_is_refused_with_how_to_enable_it(string path, string body)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, options => options.DefaultProvider = "up");

        using var response = await gateway.PostAsync(path, body);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Contains("OPENAI_API_KEY", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Empty(upstream.Requests);
    }

    [Covers("Y2")]
    [Theory]
    [InlineData("openai/gpt-4o")]
    [InlineData("openai")]
    public async Task Who_names_a_disabled_provider_is_refused(string model)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, options =>
        {
            options.DefaultProvider = "up";
            options.Providers["openai"] = new ProviderOptions { Enabled = false, Key = "sk-unused" };
        });

        using var response = await gateway.ChatAsync($$"""{"model":"{{model}}",{{Hello}}}""");

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.Contains("providers.openai.enabled", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Empty(upstream.Requests);
    }

    [Covers("Y2")]
    [Theory]
    [InlineData("own/gpt-4o", HttpStatusCode.Forbidden)]
    [InlineData("own", HttpStatusCode.Forbidden)]
    // An alias exists, but none of its providers is available.
    [InlineData("only-own", HttpStatusCode.ServiceUnavailable)]
    public async Task A_disabled_provider_that_is_no_vendors_is_refused_with_the_setting_that_disables_it(
        string model, HttpStatusCode expected)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, DisableOwn);

        using var response = await gateway.ChatAsync($$"""{"model":"{{model}}",{{Hello}}}""");

        Assert.Equal(expected, response.StatusCode);
        Assert.Contains("providers.own.enabled", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Covers("Y2")]
    [Theory]
    [InlineData("first")]
    [InlineData("shared")]
    [InlineData("many")]
    [InlineData("vendor")]
    public async Task An_alias_skips_targets_whose_provider_is_not_enabled(string model)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, DisableOwn);

        using var response = await gateway.ChatAsync($$"""{"model":"{{model}}",{{Hello}}}""");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("1", response.Headers.GetValues("x-switchyard-attempts").Single());
        Assert.Single(upstream.Requests);
    }

    private static void DisableOwn(SwitchyardOptions options)
    {
        options.Providers["own"] = new ProviderOptions { BaseUrl = "http://127.0.0.1:1/v1", Enabled = false };
        options.Models["only-own"] = new() { Targets = [new() { Model = "own/a" }], Fallback = [new() { Model = "own/b" }] };
        options.Models["first"] = new() { Targets = [new() { Model = "own/a" }], Fallback = [new() { Model = "up/m" }] };
        options.Models["shared"] =
            new() { Strategy = "weighted", Targets = [new() { Model = "own/a", Weight = 9 }, new() { Model = "up/m" }] };
        options.Models["many"] = new()
        {
            Targets = [.. "abcdef".Select(letter => new TargetOptions { Model = $"own/{letter}" }), new() { Model = "up/m" }],
        };
        options.Models["vendor"] = new() { Targets = [new() { Model = "groq/llama" }], Fallback = [new() { Model = "up/m" }] };
    }

    [Covers("Y3")]
    [Theory]
    [InlineData("openai/gpt-4o")]
    [InlineData("openai")]
    [InlineData("gpt-4o")]
    public async Task A_provider_without_its_key_is_unavailable_and_says_why(string model)
    {
        await using var gateway = await GatewayHost.StartAsync(options => options.Providers["openai"] = new ProviderOptions());

        using var response = await gateway.ChatAsync($$"""{"model":"{{model}}",{{Hello}}}""");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Contains("API key is not configured", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Covers("V1")]
    [Theory]
    [InlineData("/v1/messages/count_tokens", """{"model":"MODEL",""" + Hello + "}", "input_tokens")]
    [InlineData("/v1/responses/input_tokens", """{"model":"MODEL","input":"Hello"}""", "input_tokens")]
    [InlineData("/v1beta/models/MODEL:countTokens", """{"contents":[{"role":"user","parts":[{"text":"Hello"}]}]}""", "totalTokens")]
    public async Task A_count_of_tokens_is_counted_by_the_mock_and_never_a_call_of_a_client_that_cannot_count(
        string path, string body, string member)
    {
        var client = new NoClient();
        await using var gateway = await GatewayHost.StartAsync(
            options => options.Providers["mock"] = new ProviderOptions(),
            builder => builder.AddProvider("own", client, null, "own-model"));

        using var counted = await gateway.PostAsync(Named(path, "mock-model-v1"), Named(body, "mock-model-v1"));
        using var refused = await gateway.PostAsync(Named(path, "own-model"), Named(body, "own-model"));

        var text = await counted.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.OK, counted.StatusCode);
        Assert.Contains($"\"{member}\":2", text.Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Contains("does not serve token counts", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(0, client.Asked);

        static string Named(string text, string model) => text.Replace("MODEL", model, StringComparison.Ordinal);
    }

    [Covers("H2")]
    [Theory]
    [InlineData("/v1/chat/completions")]
    [InlineData("/v1/messages")]
    public async Task A_name_longer_than_any_is_refused_and_kept_and_logged_by_its_beginning_only(string path)
    {
        var name = new string('é', 1_000_000);
        await using var gateway = await GatewayHost.StartAsync(options => options.DefaultProvider = "mock");

        using var response = await gateway.PostAsync(path, $$"""{"model":"{{name}}","max_tokens":9,{{Hello}}}""");

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("longer than 256 bytes", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.All(gateway.Log.GetSnapshot(), line => Assert.True(line.Message.Length < 2000));
    }

    [Covers("Y4")]
    [Fact]
    public async Task A_bare_name_means_the_same_before_and_after_a_list_and_after_a_reload()
    {
        await using var lister = await FakeUpstream.StartAsync();
        await using var other = await FakeUpstream.StartAsync();
        const string Models = """{"object":"list","data":[{"id":"house-blend","object":"model"}]}""";
        foreach (var upstream in new[] { lister, other })
        {
            upstream.Then((http, seen) => FakeUpstream.WriteAsync(
                http, 200, "application/json", seen.Method == "GET" ? Models : Some.ChatCompletion()));
        }

        await using var gateway = await GatewayHost.StartAsync(options =>
        {
            options.Providers["low"] = new ProviderOptions { BaseUrl = other.BaseUrl, Key = "sk-a", Priority = 1 };
            options.Providers["high"] = new ProviderOptions { BaseUrl = lister.BaseUrl, Key = "sk-b", Priority = 2 };
        });

        await Task.WhenAll(AskAsync(), AskAsync(), AskAsync());
        Assert.Single(lister.Requests, seen => seen.Method == "GET");
        using (await gateway.Http.GetAsync(new Uri("/v1/models", UriKind.Relative)))
            await AskAsync();
        Assert.True((await gateway.Engine.ApplyAsync(options => options.Providers["high"].Key = "sk-new")).Applied);
        await AskAsync();

        Assert.DoesNotContain(other.Requests, seen => seen.Method == "POST");
        Assert.Equal(5, lister.Requests.Count(seen => seen.Method == "POST"));

        async Task AskAsync()
        {
            using var response = await gateway.ChatAsync($$"""{"model":"house-blend",{{Hello}}}""");
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }
    }

    private sealed class NoClient : IChatClient
    {
        public int Asked { get; private set; }

        public Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
        {
            Asked++;
            return Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, "An answer that costs.")));
        }

        public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
