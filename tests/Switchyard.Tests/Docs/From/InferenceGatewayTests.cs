using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Targets;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Docs.From;

/// <summary>The C# of docs/from/inference-gateway.md does what the page says.</summary>
public sealed class InferenceGatewayTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_completion_has_the_upstreams_id_and_sends_only_what_was_set()
    {
        await using var vendor = await FakeUpstream.StartAsync();
        vendor.ThenJson(Some.ChatCompletion("Hello!").Replace("chatcmpl-1", "chatcmpl-123", StringComparison.Ordinal));
        await using var host = await StartAsync(vendor);

        var response = await InferenceGatewaySnippets.CompleteAsync(host.Engine);

        Assert.Equal(("chatcmpl-123", "Hello!", 12L), (response.ResponseId, response.Text, response.Usage?.TotalTokenCount));
        Assert.Equal("Bearer sk-test", vendor.LastRequest.Headers["Authorization"]);
        var sent = JsonNode.Parse(vendor.LastRequest.Text)!.AsObject();
        Assert.Equal(
            ["max_completion_tokens", "messages", "model", "temperature"],
            sent.Select(member => member.Key).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(401, 500)]
    [InlineData(400, 400)]
    [InlineData(429, 429)]
    [InlineData(503, 502)]
    [InlineData(404, 404)]
    public async Task Each_status_of_the_vendor_has_its_own_here(int upstream, int status)
    {
        await using var vendor = await FakeUpstream.StartAsync();
        vendor.ThenJson("""{"error":{"message":"max_tokens is too large","type":"some_error"}}""", upstream);
        await using var host = await StartAsync(vendor, options => options.Providers["openai-gpt4"].MaxRetries = 0);

        var failed = await InferenceGatewaySnippets.FailAsync(host.Engine.GetChatClient("openai-gpt4", "gpt-4"));

        Assert.Equal(status, failed.Status);
        if (upstream == 400)
            Assert.Contains("max_tokens is too large", failed.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Three_retries_are_four_tries_and_a_wrong_request_is_tried_once()
    {
        await using var vendor = await FakeUpstream.StartAsync();
        vendor.ThenJson("{}", 503);
        await using var host = await StartAsync(vendor, options => options.Retry.Base = TimeSpan.FromMilliseconds(1));
        var chat = host.Engine.GetChatClient("openai-gpt4", "gpt-4");

        Assert.Equal(502, (await InferenceGatewaySnippets.FailAsync(chat)).Status);
        Assert.Equal(4, vendor.Requests.Count);
        vendor.ThenJson("{}", 400);
        Assert.Equal(400, (await InferenceGatewaySnippets.FailAsync(chat)).Status);
        Assert.Equal(5, vendor.Requests.Count);
    }

    [Fact]
    public async Task Health_asks_for_the_list_of_models_of_all_and_one_that_is_away_hides_no_other()
    {
        await using var vendor = await FakeUpstream.StartAsync();
        vendor.ThenJson("""{"data":[{"id":"gpt-4"}]}""");
        await using var host = await FromHost.StartAsync(services =>
        {
            InferenceGatewaySnippets.AddOpenAI(services, "sk-test");
            InferenceGatewaySnippets.AddVllm(services);
            services.AddSwitchyard(options =>
            {
                options.Providers["openai-gpt4"].BaseUrl = vendor.BaseUrl;
                options.Providers["vllm-local"].BaseUrl = "http://127.0.0.1:1/v1";
            });
        });

        var lines = await InferenceGatewaySnippets.CheckAsync(host.Services);

        Assert.Equal("/v1/models", vendor.LastRequest.Path);
        Assert.Matches(@"^openai-gpt4: \d+\.\d\d ms$", lines.Single(line => line.StartsWith("openai", StringComparison.Ordinal)));
        Assert.Matches("^vllm-local: [A-Z].+", lines.Single(line => line.StartsWith("vllm", StringComparison.Ordinal)));
    }

    /// <summary>The selection function of calls, run with a thousand seeds.</summary>
    [Fact]
    public async Task Seven_of_ten_calls_go_to_the_one_and_three_to_the_other()
    {
        await using var vendor = await FakeUpstream.StartAsync();
        await using var host = await StartAsync(vendor, add: services =>
        {
            InferenceGatewaySnippets.AddVllm(services);
            InferenceGatewaySnippets.AddWeights(services);
        });

        var first = 0;
        for (var seed = 0; seed < 1000; seed++)
            first += (await host.Engine.ExplainAsync("gpt-4", seed, Stop)).Chosen?.Provider == "openai-gpt4" ? 1 : 0;

        Assert.InRange(first, 650, 750);
    }

    [Fact]
    public async Task Five_failures_open_the_circuit_and_the_sixth_call_does_not_reach_the_vendor()
    {
        await using var vendor = await FakeUpstream.StartAsync();
        vendor.ThenJson("{}", 503);
        await using var host = await StartAsync(
            vendor, options => options.Providers["openai-gpt4"].MaxRetries = 0, InferenceGatewaySnippets.AddBreaker);
        var chat = host.Engine.GetChatClient("openai-gpt4", "gpt-4");

        for (var call = 1; call <= 5; call++)
            Assert.Equal(502, (await InferenceGatewaySnippets.FailAsync(chat)).Status);
        Assert.Equal(503, (await InferenceGatewaySnippets.FailAsync(chat)).Status);

        Assert.Equal(5, vendor.Requests.Count);
        var decision = await host.Engine.ExplainAsync("openai-gpt4/gpt-4", cancellationToken: Stop);
        Assert.Equal(Exclusion.CircuitOpen, decision.Candidates[0].Excluded);
    }

    private static Task<FromHost> StartAsync(
        FakeUpstream vendor, Action<SwitchyardOptions>? configure = null, Action<IServiceCollection>? add = null) =>
        FromHost.StartAsync(services =>
        {
            InferenceGatewaySnippets.AddOpenAI(services, "sk-test");
            add?.Invoke(services);
            services.AddSwitchyard(options =>
            {
                options.Providers["openai-gpt4"].BaseUrl = vendor.BaseUrl;
                configure?.Invoke(options);
            });
        });
}
