using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Pipeline;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Requests;

/// <summary>Request headers of LiteLLM and Portkey have the same effect as there, if <c>server.headers_of</c> names the product.</summary>
public sealed class ForeignHeaderTests
{
    private readonly TestClock _clock = new();
    private readonly ConcurrentQueue<Seen> _seen = new();

    [Theory]
    [InlineData("x-litellm-tags", "team-a, nightly", "team-a/nightly", null, null)]
    [InlineData("x-litellm-spend-logs-metadata", """{"project":"p1","run":7,"deep":{"x":1}}""", "project:p1/run:7", null, null)]
    [InlineData("x-litellm-customer-id", "ann", null, "ann", null)]
    [InlineData("X-LiteLLM-End-User-Id", "ann", null, "ann", null)]
    [InlineData("x-litellm-session-id", "s-1", null, null, "s-1")]
    [InlineData("x-litellm-trace-id", "t-1", null, null, "t-1")]
    [InlineData(
        "x-portkey-metadata", """{"_user":"ann","environment":"prod","on":true,"none":null}""", "environment:prod/on:true", "ann", null)]
    [InlineData("x-portkey-trace-id", "t-1", null, null, "t-1")]
    [InlineData("x-portkey-debug", "whatever", null, null, null)]
    [InlineData("x-portkey-nobody-knows", "whatever", null, null, null)]
    public async Task A_header_says_whom_a_call_is_for_and_what_it_belongs_to(
        string name, string value, string? tag, string? endUser, string? session)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);

        using var answer = await gateway.ChatAsync(Some.ChatRequest(), (name, value));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(new Seen("up/some-model", tag, endUser, session), Assert.Single(_seen));
    }

    [Theory]
    [InlineData("some-model", "x-portkey-provider", "@up")]
    [InlineData("up/some-model", "x-portkey-provider", "up")]
    [InlineData("some-model", "x-portkey-virtual-key", "up")]
    [InlineData("anything", "x-portkey-config", "fast")]
    [InlineData("@up/some-model", "x-portkey-trace-id", "t")]
    public async Task Where_a_call_goes_may_stand_in_a_header(string model, string name, string value)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);

        using var answer = await gateway.ChatAsync(Some.ChatRequest(model), (name, value));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("some-model", JsonDocument.Parse(upstream.LastRequest.Body).RootElement.GetProperty("model").GetString());
    }

    [Fact]
    public async Task Our_own_headers_and_the_body_go_before_them()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);

        using var answer = await gateway.ChatAsync(
            Some.ChatRequest(extra: ",\"user\":\"ada\""), ("x-litellm-tags", "theirs"), ("x-switchyard-tag", "ours"),
            ("x-litellm-customer-id", "ann"), ("x-litellm-trace-id", "t"), ("x-switchyard-session", "s"));

        Assert.Equal(new Seen("up/some-model", "ours", "ada", "s"), Assert.Single(_seen));
    }

    [Theory]
    [InlineData("x-litellm-timeout", "2.5", false)]
    [InlineData("x-litellm-timeout", "2.5", true)]
    [InlineData("x-litellm-stream-timeout", "2.5", true)]
    [InlineData("x-portkey-request-timeout", "2500", false)]
    public async Task A_time_is_shortened_for_one_call(string name, string value, bool stream)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, clock: _clock);
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        upstream.Then(async http =>
        {
            asked.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, http.RequestAborted);
        });

        var answer = gateway.ChatAsync(Some.ChatRequest(stream: stream), (name, value));
        await asked.Task;
        _clock.Advance(TimeSpan.FromSeconds(2.7));

        Assert.Equal(HttpStatusCode.GatewayTimeout, (await answer).StatusCode);
        Assert.Contains(
            "no answer within 2.5 s, which the client set for this call.", await (await answer).Content.ReadAsStringAsync(),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("x-litellm-num-retries", "0", 1)]
    [InlineData("x-litellm-num-retries", "2", 3)]
    [InlineData("x-portkey-retry-count", "1", 2)]
    public async Task A_call_is_tried_again_as_often_as_its_client_says(string name, string value, int attempts)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, options =>
        {
            options.Retry = new() { Attempts = 2, Base = TimeSpan.Zero, Max = TimeSpan.Zero };
        });
        upstream.ThenJson("{}", 500);

        using var answer = await gateway.ChatAsync(Some.ChatRequest(), (name, value));

        Assert.Equal(attempts, upstream.Requests.Count);
    }

    [Fact]
    public async Task A_kept_answer_is_asked_for_anew()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, options => options.Cache = new());

        string[] outcomes = [];
        foreach (var refresh in (string[])["false", "false", "true"])
        {
            using var answer = await gateway.ChatAsync(Some.ChatRequest(), ("x-portkey-cache-force-refresh", refresh));
            await answer.Content.ReadAsStringAsync();
            outcomes = [.. outcomes, answer.Headers.GetValues("x-switchyard-cache").Single()];
        }

        Assert.Equal(["miss", "hit", "refresh"], outcomes);
    }

    [Theory]
    [InlineData("x-litellm-api-key", "Bearer a-client-key", HttpStatusCode.OK)]
    [InlineData("x-litellm-api-key", "a-client-key", HttpStatusCode.OK)]
    [InlineData("x-portkey-api-key", "a-client-key", HttpStatusCode.OK)]
    [InlineData("x-portkey-api-key", "another", HttpStatusCode.Unauthorized)]
    public async Task A_client_key_may_stand_in_a_header(string name, string value, HttpStatusCode expected)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, options => options.Server.Keys = ["a-client-key"]);

        using var answer = await gateway.ChatAsync(Some.ChatRequest(), (name, value), ("Authorization", "Bearer sk-of-a-provider"));

        Assert.Equal(expected, answer.StatusCode);
    }

    [Theory]
    [InlineData("x-litellm-timeout", "soon", "Send a time in seconds, such as 30 or 2.5, of at most a day.")]
    [InlineData("x-litellm-stream-timeout", "-1", "Send a time in seconds")]
    [InlineData("x-litellm-timeout", "1e9", "Send a time in seconds")]
    [InlineData("x-portkey-request-timeout", "0", "Send a time in milliseconds")]
    [InlineData("x-litellm-num-retries", "21", "Send a whole number from 0 to 20.")]
    [InlineData("x-litellm-num-retries", "many", "Send a whole number from 0 to 20.")]
    [InlineData("x-litellm-spend-logs-metadata", "project=p1", "Send a JSON object")]
    [InlineData("x-portkey-metadata", "[1]", "Send a JSON object")]
    [InlineData("x-portkey-metadata", "{\"a\":1} {}", "Send a JSON object")]
    [InlineData("x-portkey-metadata", "{\"a\":", "Send a JSON object")]
    [InlineData("x-portkey-cache-force-refresh", "maybe", "Send true or false.")]
    [InlineData("x-portkey-provider", "one, two", "Send the name of one provider, such as openai.")]
    [InlineData("x-portkey-config", "{\"strategy\":{}}", "make an alias of it (switchyard import portkey)")]
    [InlineData("x-portkey-custom-host", "https://elsewhere.example/v1", "A call may not choose an address here")]
    public async Task A_value_that_cannot_be_used_is_a_400_that_names_the_header(string name, string value, string wayOut)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);

        using var answer = await gateway.ChatAsync(Some.ChatRequest(), (name, value));

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var error = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("error");
        Assert.Equal((name, "invalid_request"), (error.GetProperty("param").GetString(), error.GetProperty("code").GetString()));
        Assert.StartsWith($"The value of {name} cannot be used. ", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Contains(wayOut, error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Empty(upstream.Requests);
    }

    [Theory]
    [InlineData]
    [InlineData("portkey")]
    public async Task Where_the_switch_does_not_name_the_product_its_headers_have_no_effect(params string[] headersOf)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, options => options.Server.HeadersOf = [.. headersOf]);

        using var answer = await gateway.ChatAsync(
            Some.ChatRequest(), ("x-litellm-timeout", "soon"), ("x-litellm-tags", "a"), ("x-litellm-customer-id", "ann"));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(new Seen("up/some-model", null, null, null), Assert.Single(_seen));
    }

    private Task<GatewayHost> StartAsync(
        FakeUpstream upstream, Action<SwitchyardOptions>? configure = null, TimeProvider? clock = null) => GatewayHost.StartAsync(
        upstream,
        options =>
        {
            options.Server.HeadersOf = ["LiteLLM", "portkey"];
            options.Models["fast"] = new() { Targets = [new() { Model = "up/some-model" }] };
            // Tags and sessions are recorded only if costs are counted.
            options.Budgets.Named["all"] = new() { Usd = 1000, Mode = "warn" };
            configure?.Invoke(options);
        },
        builder =>
        {
            builder.Services.AddSingleton(clock ?? TimeProvider.System).AddSingleton(_seen);
            builder.UseCall<Look>();
        });

    /// <summary>The facts of a call that reach the engine.</summary>
    public sealed record Seen(string Model, string? Tag, string? EndUser, string? Session);

    private sealed class Look(ConcurrentQueue<Seen> seen) : ICallMiddleware
    {
        public ValueTask<CallResponse> InvokeAsync(ModelCall call, CallHandler next)
        {
            seen.Enqueue(new(call.Envelope.Model, call.Tag, call.Envelope.EndUser, call.Session));
            return next(call);
        }
    }
}
