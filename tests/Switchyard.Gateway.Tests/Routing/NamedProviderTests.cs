using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Routing;

/// <summary>A call that names a provider gets it, with its default model, or the reason why not; and names without a provider.</summary>
public sealed class NamedProviderTests
{
    private const string Hello = """ "messages":[{"role":"user","content":"Hello"}] """;

    [Covers("S001-67", "S003-32")]
    [Theory]
    [InlineData("a b!", 400, "Requested provider is invalid")]
    [InlineData("", 400, "Requested provider is invalid")]
    [InlineData("-x", 400, "Requested provider is invalid")]
    [InlineData("openai", 404, "Provider openai is not enabled: set OPENAI_API_KEY or providers.openai.key.")]
    [InlineData("nobody", 404, "Provider not found: nobody. Available providers: up")]
    [InlineData("upp", 404, "Did you mean up?")]
    [InlineData("off", 403, "Provider off is not enabled here: providers.off.enabled is false.")]
    public async Task A_provider_that_cannot_be_asked_is_refused_and_no_other_answers(string provider, int status, string message)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, options =>
        {
            options.DefaultProvider = "up";
            options.Providers["off"] = new ProviderOptions { BaseUrl = "http://127.0.0.1:1/v1", Enabled = false };
        });

        foreach (var model in new[] { "", "\"model\":\"some-model\"," })
        {
            using var response = await gateway.PostAsync("/chat", $$"""{"provider":"{{provider}}",{{model}}{{Hello}}}""");

            Assert.Equal(status, (int)response.StatusCode);
            Assert.Contains(
                message, JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"]!.ToString(), StringComparison.Ordinal);
        }

        Assert.Empty(upstream.Requests);
    }

    [Covers("S001-67")]
    [Fact]
    public async Task A_provider_that_is_named_and_fails_is_followed_by_no_other()
    {
        await using var down = await FakeUpstream.StartAsync();
        await using var other = await FakeUpstream.StartAsync();
        down.ThenJson("{}", 503);
        await using var gateway = await GatewayHost.StartAsync(other, options =>
            options.Providers["down"] = new ProviderOptions { BaseUrl = down.BaseUrl, Key = "sk-a", Models = ["some-model"] });

        using var response = await gateway.PostAsync("/chat", $$"""{"provider":"down","model":"some-model",{{Hello}}}""");

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Empty(other.Requests);
    }

    [Covers("S003-32")]
    [Fact]
    public async Task Without_any_provider_the_error_says_that_none_is_available()
    {
        await using var gateway = await GatewayHost.StartAsync(options =>
            options.Providers["off"] = new ProviderOptions { BaseUrl = "http://127.0.0.1:1/v1", Enabled = false });

        using var response = await gateway.ChatAsync($$"""{"model":"some-model",{{Hello}}}""");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Contains("No providers available", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Covers("S002-58")]
    [Fact]
    public async Task An_alias_without_an_enabled_target_is_a_503_that_names_its_providers_and_how_to_enable_one()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, options =>
        {
            options.Providers["off"] = new ProviderOptions { BaseUrl = upstream.BaseUrl, Enabled = false };
            options.Models["gone"] = new()
            {
                Strategy = "weighted",
                Targets = [new() { Model = "groq/a", Weight = 0.7 }, new() { Model = "off/b", Weight = 0.3 }],
            };
        });

        using var response = await gateway.ChatAsync($$"""{"model":"gone",{{Hello}}}""");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        var message = JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"]!["message"]!.ToString();
        Assert.StartsWith("No inference providers available for 'gone' (groq, off). ", message, StringComparison.Ordinal);
        Assert.Contains("set GROQ_API_KEY", message, StringComparison.Ordinal);
        Assert.Empty(upstream.Requests);
    }

    [Covers("S004-05", "S000-62")]
    [Theory]
    [InlineData("/chat", """{"provider":"openai",""" + Hello + "}")]
    [InlineData("/chat", """{"provider":"openai","model":"gpt-4o",""" + Hello + "}")]
    [InlineData("/v1/chat/completions", """{"model":"openai/gpt-4o",""" + Hello + "}")]
    [InlineData("/v1/messages", """{"model":"gpt-4o","max_tokens":9,""" + Hello + "}")]
    public async Task A_provider_that_failed_to_load_is_a_503_with_its_reason_over_http(string path, string body)
    {
        await using var gateway = await GatewayHost.StartAsync(options => options.Providers["openai"] = new ProviderOptions());

        using var response = await gateway.PostAsync(path, body);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Contains(
            "Provider 'openai' is unavailable: provider failed to load. Error: ",
            (await response.Content.ReadAsStringAsync()).Replace("\\u0027", "'", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Covers("S004-05", "S000-62")]
    [Fact]
    public async Task In_process_the_reason_is_the_same()
    {
        await using var gateway = await GatewayHost.StartAsync(options => options.Providers["openai"] = new ProviderOptions());

        var refused = await Assert.ThrowsAsync<CallException>(
            () => gateway.Engine.GetChatClient("openai").GetResponseAsync("Hello"));

        Assert.Equal(CallErrorKind.ProviderUnavailable, refused.Error.Kind);
        Assert.StartsWith("Provider 'openai' is unavailable: provider failed to load. Error: ", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>The client's own key is not at fault, so the status is not 401; and another target may have a key.</summary>
    [Covers("S001-14")]
    [Fact]
    public async Task Without_any_credential_the_error_has_its_own_code_and_names_the_way_out()
    {
        await using var gateway = await GatewayHost.StartAsync(options => options.Providers["openai"] = new ProviderOptions());

        using var response = await gateway.ChatAsync($$"""{"model":"openai/gpt-4o",{{Hello}}}""");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        var error = JsonElement.Parse(await response.Content.ReadAsByteArrayAsync()).GetProperty("error");
        Assert.Equal("missing_credentials", error.GetProperty("code").GetString());
        Assert.Contains(
            "openai API key is not configured: set OPENAI_API_KEY", error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Covers("S004-56")]
    [Fact]
    public async Task A_missing_key_moves_on_to_the_next_target()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.ThenJson(Some.ChatCompletion());
        await using var gateway = await GatewayHost.StartAsync(upstream, options =>
        {
            options.Providers["openai"] = new ProviderOptions();
            options.Models["fast"] =
                new() { Targets = [new() { Model = "openai/gpt-4o" }], Fallback = [new() { Model = "up/some-model" }] };
        });

        using var response = await gateway.ChatAsync($$"""{"model":"fast",{{Hello}}}""");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("up", response.Headers.GetValues("x-switchyard-provider").Single());
    }

    [Covers("S001-06", "S001-08", "S001-72")]
    [Theory]
    [InlineData("ollama", null, null, "llama3.1")]
    [InlineData("local_ollama", null, null, "llama3.1")]
    [InlineData("ollama", "qwen3", null, "qwen3")]
    [InlineData("ollama", "qwen3", "gemma3", "gemma3")]
    public async Task A_provider_named_alone_gets_its_default_model(string provider, string? configured, string? asked, string expected)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.ThenJson("""{"model":"m","message":{"role":"assistant","content":"Hi"},"done":true,"done_reason":"stop"}""");
        await using var gateway = await GatewayHost.StartAsync(options => options.Providers["ollama"] = new ProviderOptions
        {
            BaseUrl = upstream.BaseUrl, DefaultModel = configured, Timeout = TimeSpan.FromSeconds(20),
        });

        var model = asked is null ? "" : $"\"model\":\"{asked}\",";
        using var response = await gateway.PostAsync("/chat", $$"""{"provider":"{{provider}}",{{model}}{{Hello}}}""");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(expected, JsonNode.Parse(upstream.LastRequest.Text)!["model"]!.ToString());
    }

    [Covers("S001-08")]
    [Fact]
    public async Task A_provider_without_any_model_asks_for_one()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(
            options => options.Providers["bare"] = new ProviderOptions { BaseUrl = upstream.BaseUrl, Key = "sk-a" });

        using var response = await gateway.PostAsync("/chat", $$"""{"provider":"bare",{{Hello}}}""");

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Contains("providers.bare.default_model", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Covers("S004-34")]
    [Theory]
    [InlineData("house-blend", "openrouter")]
    [InlineData("unheard-of", "up")]
    public async Task A_bare_name_is_searched_for_in_the_lists_and_else_goes_to_the_default_provider(string model, string expected)
    {
        await using var lister = await FakeUpstream.StartAsync();
        await using var other = await FakeUpstream.StartAsync();
        foreach (var upstream in new[] { lister, other })
        {
            upstream.Then((http, seen) => FakeUpstream.WriteAsync(http, 200, "application/json", seen.Method == "GET"
                ? $$"""{"object":"list","data":[{"id":"{{(upstream == other ? "plain" : "house-blend")}}","object":"model"}]}"""
                : Some.ChatCompletion()));
        }

        await using var gateway = await GatewayHost.StartAsync(other, options =>
        {
            options.DefaultProvider = "up";
            // By priority alone this would be first.
            options.Providers["deepseek"] = new ProviderOptions { BaseUrl = lister.BaseUrl, Key = "sk-a" };
            options.Providers["huggingface"] = new ProviderOptions { BaseUrl = lister.BaseUrl, Key = "sk-a" };
            options.Providers["openrouter"] = new ProviderOptions { BaseUrl = lister.BaseUrl, Key = "sk-a" };
        });

        using var response = await gateway.ChatAsync($$"""{"model":"{{model}}",{{Hello}}}""");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(expected, response.Headers.GetValues("x-switchyard-provider").Single());
    }

    [Covers("S004-41", "S004-47")]
    [Fact]
    public async Task The_chain_goes_on_when_its_first_provider_fails_and_leaves_it_out_while_its_circuit_is_open()
    {
        await using var first = await FakeUpstream.StartAsync();
        await using var second = await FakeUpstream.StartAsync();
        first.ThenJson("{}", 503);
        second.ThenJson(Some.ChatCompletion());
        await using var gateway = await GatewayHost.StartAsync(options =>
        {
            options.Routing.Failover = true;
            options.Circuit = new() { Enabled = true, Failures = 1 };
            options.Providers["together"] = new ProviderOptions { BaseUrl = second.BaseUrl, Key = "sk-a" };
            options.Providers["fireworks"] = new ProviderOptions { BaseUrl = first.BaseUrl, Key = "sk-b" };
        });

        foreach (var attempts in new[] { "2", "1", "1" })
        {
            using var response = await gateway.ChatAsync($$"""{"model":"fireworks/llama-3.3",{{Hello}}}""");

            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Equal("together", response.Headers.GetValues("x-switchyard-provider").Single());
            Assert.Equal(attempts, response.Headers.GetValues("x-switchyard-attempts").Single());
        }

        Assert.Single(first.Requests);
    }

    [Covers("S004-47")]
    [Fact]
    public async Task Where_every_circuit_of_the_chain_is_open_one_provider_is_asked_all_the_same()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.ThenJson("{}", 503);
        await using var gateway = await GatewayHost.StartAsync(options =>
        {
            options.Routing.Failover = true;
            options.Circuit = new() { Enabled = true, Failures = 1 };
            options.Providers["together"] = new ProviderOptions { BaseUrl = upstream.BaseUrl, Key = "sk-a" };
            options.Providers["fireworks"] = new ProviderOptions { BaseUrl = upstream.BaseUrl, Key = "sk-b" };
        });

        using (await gateway.ChatAsync($$"""{"model":"fireworks/llama-3.3",{{Hello}}}"""))
            Assert.Equal(2, upstream.Requests.Count);
        using (await gateway.ChatAsync($$"""{"model":"fireworks/llama-3.3",{{Hello}}}"""))
            Assert.Equal(3, upstream.Requests.Count);
    }

    [Covers("S004-30")]
    [Fact]
    public async Task What_a_provider_of_another_format_answers_reaches_the_caller_in_openais_shape()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.ThenJson("""
            {"id":"msg_1","type":"message","role":"assistant","model":"claude-haiku-4-5","content":[{"type":"text","text":"Hi"}],
             "stop_reason":"end_turn","usage":{"input_tokens":5,"output_tokens":2}}
            """);
        await using var gateway = await GatewayHost.StartAsync(
            options => options.Providers["anthropic"] = new ProviderOptions { BaseUrl = upstream.BaseUrl, Key = "sk-a" });

        using var response = await gateway.ChatAsync($$"""{"model":"anthropic",{{Hello}}}""");
        var inProcess = await gateway.Engine.GetChatClient("anthropic").GetResponseAsync("Hello");

        var answer = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        Assert.Equal(("chat.completion", "Hi", "stop", 7), (
            answer["object"]!.ToString(), answer["choices"]![0]!["message"]!["content"]!.ToString(),
            answer["choices"]![0]!["finish_reason"]!.ToString(), answer["usage"]!["total_tokens"]!.GetValue<int>()));
        Assert.Equal(("Hi", ChatFinishReason.Stop, 7L), (inProcess.Text, inProcess.FinishReason, inProcess.Usage!.TotalTokenCount));
    }

    [Fact]
    public async Task A_model_without_a_price_is_refused_and_a_configured_price_is_listed()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.ThenJson(Some.ChatCompletion());
        await using var gateway = await GatewayHost.StartAsync(upstream, options =>
        {
            options.Prices.Unknown = "refuse";
            options.Prices.Models["up/some-*"] = new() { Input = 0.25m, Output = 1.5m };
        });

        using var refused = await gateway.ChatAsync($$"""{"model":"up/other",{{Hello}}}""");
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Equal("price_unknown", JsonNode.Parse(await refused.Content.ReadAsStringAsync())!["error"]!["code"]!.ToString());
        Assert.Empty(upstream.Requests);

        using var answered = await gateway.ChatAsync($$"""{"model":"up/some-model",{{Hello}}}""");
        Assert.Equal(HttpStatusCode.OK, answered.StatusCode);
        var model = JsonNode.Parse(await gateway.Http.GetStringAsync(new Uri("/v1/models/up/some-model", UriKind.Relative)))!;
        Assert.Equal(("0.25", "1.5", "configuration"), (
            model["pricing"]!["input"]!.ToString(), model["pricing"]!["output"]!.ToString(), model["pricing"]!["source"]!.ToString()));
    }

    /// <summary>Counting costs nothing, so no price is needed for it.</summary>
    [Fact]
    public async Task Tokens_are_counted_for_a_model_without_a_price_that_may_not_be_called()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, options =>
        {
            options.Providers["up"].Dialect = "anthropic-messages";
            options.Models["unpriced"] = new() { Targets = [new() { Model = "up/other" }] };
            options.Prices.Unknown = "refuse";
        });
        upstream.ThenJson("""{"input_tokens":7}""");
        foreach (var model in new[] { "up/other", "unpriced", "some-model" })
        {
            var request = $$"""{"model":"{{model}}","max_tokens":9,{{Hello}}}""";
            using var counted = await gateway.PostAsync("/v1/messages/count_tokens", request);
            using var refused = await gateway.PostAsync("/v1/messages", request);

            Assert.Equal((HttpStatusCode.OK, HttpStatusCode.BadRequest), (counted.StatusCode, refused.StatusCode));
            Assert.Equal(7, JsonNode.Parse(await counted.Content.ReadAsStringAsync())!["input_tokens"]!.GetValue<int>());
            Assert.Contains("prices.unknown: refuse", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
    }

    [Covers("S004-31")]
    [Fact]
    public async Task A_provider_that_blocks_its_thread_holds_up_no_other_call()
    {
        using var blocking = new BlockingClient();
        await using var gateway = await GatewayHost.StartAsync(
            options => options.Providers["mock"] = new ProviderOptions(),
            builder => builder.AddProvider("slow", blocking, null, "slow-model"));

        var slow = gateway.ChatAsync($$"""{"model":"slow",{{Hello}}}""");
        await blocking.Entered;
        using (var response = await gateway.ChatAsync($$"""{"model":"mock",{{Hello}}}"""))
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);

        Assert.False(slow.IsCompleted);
        blocking.Release();
        using (var response = await slow)
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    private sealed class BlockingClient : IChatClient
    {
        private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly ManualResetEventSlim _released = new();

        public Task Entered => _entered.Task;

        public void Release() => _released.Set();

        public Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
        {
            _entered.SetResult();
            _released.Wait(cancellationToken);
            return Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, "At last.")));
        }

        public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose() => _released.Dispose();
    }
}
