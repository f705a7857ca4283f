using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Routing;

/// <summary>Copies to a shadow target: their content, their results, and that no client notices.</summary>
public sealed class ShadowTests
{
    private readonly ConcurrentQueue<CallRecord> _records = new();
    private readonly Channel<CallRecord> _ended = Channel.CreateUnbounded<CallRecord>();

    [Covers("S003-121")]
    [Fact]
    public async Task A_copy_of_the_call_goes_to_the_shadow_and_is_a_call_of_its_own()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var shadow = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, shadow);
        shadow.ThenJson(Some.ChatCompletion("Something else."));

        var response = await gateway.ChatAsync(Some.ChatRequest("fast", "Copy me."));
        var text = await response.Content.ReadAsStringAsync();
        await EndedAsync(2);

        Assert.Contains("Hello there!", text, StringComparison.Ordinal);
        Assert.Equal("1", response.Headers.GetValues("x-switchyard-attempts").Single());
        Assert.Contains("Copy me.", shadow.LastRequest.Text, StringComparison.Ordinal);
        Assert.Contains("\"shadow-model\"", shadow.LastRequest.Text, StringComparison.Ordinal);
        var own = _records.Single(record => record.ShadowOf is null);
        var copy = _records.Single(record => record.ShadowOf is not null);
        Assert.Equal((own.Id, own.Alias, own.Caller), (copy.ShadowOf!, copy.Alias, copy.Caller));
        Assert.Equal(("shade", "shadow-model"), (copy.Attempts.Single().Provider, copy.Attempts.Single().Model));
        Assert.Equal(12, copy.Usage.Total);
        Assert.Equal("up", own.Attempts.Single().Provider);
        var metrics = await gateway.Http.GetStringAsync("/metrics");
        Assert.Matches("""(?m)^switchyard_calls_total\{.*outcome="success".*\} 1$""", metrics);
        Assert.Matches("""(?m)^provider_requests_total\{.*provider="shade".*\} 1$""", metrics);
    }

    [Fact]
    public async Task Both_sides_are_compared_like_the_variants_of_an_experiment()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var shadow = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, shadow, configure: options => options.Retry.Attempts = 4);
        shadow.ThenJson(Some.ChatCompletion()).ThenJson("{}", 500);

        for (var i = 0; i < 2; i++)
        {
            await (await gateway.ChatAsync(Some.ChatRequest("fast"))).Content.ReadAsStringAsync();
            await EndedAsync(2);
        }

        var result = JsonNode.Parse(await gateway.Http.GetStringAsync("/experiments/shadow:fast"))!;
        Assert.Equal("shadow", (string?)result["kind"]);
        var (alias, side) = (result["variants"]![0]!, result["variants"]![1]!);
        Assert.Equal(("fast", 2L), ((string)alias["target"]!, (long)alias["answered"]!));
        Assert.Equal(("shade/shadow-model", 1L, 0.5), ((string)side["target"]!, (long)side["answered"]!, (double)side["error_rate"]!));
        Assert.Equal(2, (long)result["copies"]!["copied"]!);
        // The failed copy was not retried: retries are shared, and reserved for waiting clients.
        Assert.Equal(2, shadow.Requests.Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_stream_is_copied_whole_and_read_to_its_end(bool translated)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var shadow = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(
            upstream, shadow, configure: options => options.Providers["shade"].Dialect = translated ? "openai-responses" : "openai-chat");
        upstream.ThenStream(Some.ChatStream());
        if (translated)
        {
            shadow.ThenStream(
                Event(
                    "response.output_text.delta",
                    "\"item_id\":\"m\",\"output_index\":0,\"content_index\":0,\"delta\":\"Hi\""),
                Event(
                    "response.completed",
                    "\"response\":{\"id\":\"r\",\"object\":\"response\",\"status\":\"completed\",\"output\":[],"
                        + "\"usage\":{\"input_tokens\":9,\"output_tokens\":2,\"total_tokens\":11}}"));
        }
        else
        {
            shadow.ThenStream(Some.ChatStream(usage: true));
        }

        var text = await (await gateway.ChatAsync(Some.ChatRequest("fast", stream: true))).Content.ReadAsStringAsync();
        await EndedAsync(2);

        Assert.Equal(string.Concat(Some.ChatStream()), text);
        var copy = _records.Single(record => record.ShadowOf is not null);
        Assert.Equal(CallOutcome.Finished, copy.Outcome);
        Assert.Equal(11, copy.Usage.Total);

        static string Event(string type, string rest) => $"event: {type}\ndata: {{\"type\":\"{type}\",{rest}}}\n\n";
    }

    [Fact]
    public async Task A_shadow_that_hangs_delays_no_call_and_calls_that_find_no_place_are_counted_and_not_copied()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var shadow = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, shadow, change: options => options.Concurrency = 1);
        var asked = new TaskCompletionSource();
        shadow.Then(http =>
        {
            asked.TrySetResult();
            return shadow.HangAsync(http);
        });

        for (var i = 0; i < 5; i++)
        {
            var response = await gateway.ChatAsync(Some.ChatRequest("fast"));
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            await response.Content.ReadAsStringAsync();
        }

        await asked.Task.WaitAsync(TimeSpan.FromSeconds(30));
        var copies = gateway.Engine.Experiments.Find("shadow:fast")!.Copies!;
        Assert.Equal((1L, 4L), (copies.Copied, copies.Busy));
        Assert.Single(shadow.Requests);
    }

    [Fact]
    public async Task A_copy_that_runs_ends_with_the_program()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var shadow = await FakeUpstream.StartAsync();
        var gateway = await StartAsync(upstream, shadow);
        var asked = new TaskCompletionSource();
        shadow.Then(http =>
        {
            asked.TrySetResult();
            return shadow.HangAsync(http);
        });
        await (await gateway.ChatAsync(Some.ChatRequest("fast"))).Content.ReadAsStringAsync();
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(30));

        await gateway.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));

        await shadow.ClientLeft.WaitAsync(TimeSpan.FromSeconds(30));
        await EndedAsync(2);
        Assert.Equal(CallOutcome.Abandoned, _records.Single(record => record.ShadowOf is not null).Outcome);
    }

    [Fact]
    public async Task The_copies_of_a_minute_and_the_size_of_a_copy_are_limited()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var shadow = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, shadow, change: options => options.MaxPerMinute = 1);

        await gateway.ChatAsync(Some.ChatRequest("fast", new string('x', 2 * 1024 * 1024)));
        await EndedAsync(1);
        for (var i = 0; i < 3; i++)
            await gateway.ChatAsync(Some.ChatRequest("fast"));
        await EndedAsync(4);

        var copies = gateway.Engine.Experiments.Find("shadow:fast")!.Copies!;
        Assert.Equal((1L, 2L, 1L), (copies.Copied, copies.OverRate, copies.TooLarge));
        Assert.Single(shadow.Requests);
    }

    [Fact]
    public async Task A_request_that_is_at_fault_itself_and_a_call_of_the_target_by_name_are_not_copied()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var shadow = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, shadow);
        upstream.ThenJson("""{"error":{"message":"temperature is too high"}}""", 400).ThenJson(Some.ChatCompletion());

        await gateway.ChatAsync(Some.ChatRequest("fast"));
        await gateway.ChatAsync(Some.ChatRequest("up/usual"));
        await EndedAsync(2);

        Assert.Empty(shadow.Requests);
        Assert.Equal(0, gateway.Engine.Experiments.Find("shadow:fast")!.Copies!.Copied);
    }

    [Fact]
    public async Task A_stopped_shadow_gets_no_more_copies()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var shadow = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, shadow);

        Assert.True(gateway.Engine.Experiments.Stop("shadow:fast"));
        await gateway.ChatAsync(Some.ChatRequest("fast"));
        await EndedAsync(1);

        Assert.Empty(shadow.Requests);
    }

    [Theory]
    [InlineData("x-switchyard-tag", "tag")]
    [InlineData("x-switchyard-session", "session")]
    public async Task A_copy_is_charged_to_the_tag_and_the_session_of_its_call(string header, string per)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var shadow = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, shadow, configure: options =>
        {
            Price(options);
            options.Budgets.Named["each"] = new() { Usd = 1, Period = "lifetime", Per = per };
        });

        await (await gateway.ChatAsync(Limited(), (header, "nightly"))).Content.ReadAsStringAsync();
        await EndedAsync(2);

        // Nine tokens in and three out, twice.
        await Wait.ForAsync(() => gateway.Engine.Budgets.List().Any(account => account is { Scope: "nightly", Spent: 78_000 }));
    }

    [Fact]
    public async Task A_copy_goes_to_no_cheaper_model()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var shadow = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, shadow, configure: options =>
        {
            Price(options);
            options.Models["mini"] = new() { Targets = [new() { Model = "up/tiny" }] };
            // From the second call, the copy, on.
            options.Budgets.Named["total"] = new()
            {
                Usd = 1, Period = "lifetime", CheaperModel = "mini", CheaperAfter = "0.0000001%",
            };
        });

        await (await gateway.ChatAsync(Limited())).Content.ReadAsStringAsync();
        await EndedAsync(2);

        var copy = _records.Single(record => record.ShadowOf is not null);
        Assert.Equal(("shade", "shadow-model"), (copy.Attempts.Single().Provider, copy.Attempts.Single().Model));
        Assert.Single(upstream.Requests);
    }

    [Fact]
    public async Task A_call_of_a_key_that_may_not_call_the_whole_alias_is_not_copied()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var shadow = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, shadow, configure: options =>
        {
            options.Keys["narrow"] = new() { Key = "sk-narrow", Models = ["up/*"] };
            options.Keys["wide"] = new() { Key = "sk-wide", Models = ["fast"] };
        });

        using var narrow = await gateway.ChatAsync(Some.ChatRequest("fast"), ("Authorization", "Bearer sk-narrow"));
        var copied = gateway.Engine.Experiments.Find("shadow:fast")!.Copies!.Copied;
        using var wide = await gateway.ChatAsync(Some.ChatRequest("fast"), ("Authorization", "Bearer sk-wide"));
        await EndedAsync(3);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (narrow.StatusCode, wide.StatusCode));
        Assert.Equal((0L, 1L), (copied, gateway.Engine.Experiments.Find("shadow:fast")!.Copies!.Copied));
        Assert.Equal("wide", _records.Single(record => record.ShadowOf is not null).Caller.Name);
    }

    /// <summary>At the same account the copy would become part of the client's own conversation.</summary>
    [Theory]
    [InlineData("\"previous_response_id\":\"resp_1\"")]
    [InlineData("\"conversation\":\"conv_1\"")]
    public async Task A_call_that_goes_on_from_what_a_provider_keeps_is_not_copied(string from)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var shadow = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, shadow, configure: options =>
        {
            foreach (var name in (string[])["up", "shade"])
                options.Providers[name].Dialect = "openai-responses";
        });
        foreach (var one in (FakeUpstream[])[upstream, shadow])
        {
            one.ThenJson(
                """{"id":"resp_2","object":"response","created_at":1790000000,"status":"completed","model":"m","output":[{"id":"msg_1","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","text":"Hello!","annotations":[]}]}]}""");
        }

        using var answer = await gateway.PostAsync("/v1/responses", $$"""{"model":"fast","input":"More",{{from}}}""");
        await EndedAsync(1);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(0, gateway.Engine.Experiments.Find("shadow:fast")!.Copies!.Copied);
    }

    private static string Limited() => Some.ChatRequest("fast", extra: ",\"max_tokens\":50");

    private static void Price(SwitchyardOptions options)
    {
        foreach (var models in (string[])["up/*", "shade/*"])
            options.Prices.Models[models] = new() { Input = 1, Output = 10 };
    }

    private async Task EndedAsync(int calls)
    {
        for (var i = 0; i < calls; i++)
            await _ended.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(30));
    }

    private Task<GatewayHost> StartAsync(
        FakeUpstream upstream, FakeUpstream shadow, Action<ShadowOptions>? change = null, Action<SwitchyardOptions>? configure = null) =>
        GatewayHost.StartAsync(
            upstream,
            options =>
            {
                options.Providers["shade"] = new ProviderOptions { BaseUrl = shadow.BaseUrl, Key = "key-of-shadow" };
                var copied = new ShadowOptions { Target = "shade/shadow-model", Share = 1 };
                change?.Invoke(copied);
                options.Models["fast"] = new() { Targets = [new() { Model = "up/usual" }], Shadow = copied };
                configure?.Invoke(options);
            },
            build => build.AddSink(new EndedSink(record =>
            {
                _records.Enqueue(record);
                _ended.Writer.TryWrite(record);
            })));
}
