using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Switchyard.Caching;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Configuration;
using Switchyard.Dialects.OpenAIChat;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Caching;

/// <summary>The exact cache, over HTTP: the answers that are reused, for which callers, and the ones that are not.</summary>
public sealed class CacheTests
{
    private readonly ConcurrentQueue<CallRecord> _records = new();

    [Covers("S002-84", "S003-43")]
    [Fact]
    public async Task The_same_request_is_answered_once_by_the_provider_and_then_from_the_cache_for_nothing()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);

        using var first = await gateway.ChatAsync(Some.ChatRequest());
        var text = await first.Content.ReadAsStringAsync();
        using var second = await gateway.ChatAsync(Some.ChatRequest());
        var again = await second.Content.ReadAsStringAsync();

        Assert.Equal(HttpStatusCode.OK, second.StatusCode);
        Assert.Equal(text, again);
        Assert.Equal(first.Content.Headers.ContentType, second.Content.Headers.ContentType);
        Assert.Equal(text.Length, second.Content.Headers.ContentLength);
        Assert.Equal(("miss", "hit"), (Said(first), Said(second)));
        Assert.Equal(("1", "0"), (Header(first, "x-switchyard-attempts"), Header(second, "x-switchyard-attempts")));
        Assert.Equal("up", Header(second, "x-switchyard-provider"));
        Assert.Equal("some-model", Header(second, "x-switchyard-model"));
        Assert.Equal("0", Header(second, "age"));
        Assert.Single(upstream.Requests);
        // A call is recorded after its answer has been sent, its line in the log last.
        await gateway.Log.WaitForAsync(1, "answered by up/some-model");
        await gateway.Log.WaitForAsync(1, "answered by cache/up/some-model");
        Assert.Equal(2, _records.Count);
        var (asked, kept) = (
            _records.Single(record => record.Cache == CacheOutcome.Miss), _records.Single(record => record.Cache == CacheOutcome.Hit));
        Assert.Single(asked.Attempts);
        Assert.Equal((0, CallOutcome.Finished), (kept.Attempts.Count, kept.Outcome));
        Assert.True(kept.Usage.IsEmpty);
        var metrics = await gateway.Http.GetStringAsync("/metrics");
        Assert.Matches("""(?m)^switchyard_cache_lookups_total\{operation="chat",result="hit"\} 1$""", metrics);
        Assert.Matches("""(?m)^switchyard_cache_lookups_total\{operation="chat",result="miss"\} 1$""", metrics);
    }

    [Theory]
    [InlineData("openai-chat")]
    [InlineData("openai-responses")]
    public async Task A_stream_is_given_out_again_byte_for_byte_forwarded_or_translated(string provider)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, options => options.Providers["up"].Dialect = provider);
        upstream.ThenStream(provider == "openai-chat" ? Some.ChatStream() : ResponsesStream());

        using var first = await gateway.ChatAsync(Some.ChatRequest(stream: true));
        var text = await first.Content.ReadAsStringAsync();
        using var second = await gateway.ChatAsync(Some.ChatRequest(stream: true));
        var again = await second.Content.ReadAsStringAsync();

        Assert.Contains("[DONE]", text, StringComparison.Ordinal);
        Assert.Equal(text, again);
        Assert.Equal("text/event-stream", second.Content.Headers.ContentType?.MediaType);
        Assert.Equal("no", Header(second, "x-accel-buffering"));
        Assert.Equal(("miss", "hit"), (Said(first), Said(second)));
        Assert.Single(upstream.Requests);
    }

    [Fact]
    public async Task An_answer_that_was_translated_is_given_out_again_in_the_form_of_the_client()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        const string request = """{"model":"some-model","max_tokens":9,"messages":[{"role":"user","content":"Hello"}]}""";

        using var first = await gateway.PostAsync("/v1/messages", request);
        using var second = await gateway.PostAsync("/v1/messages", request);
        using var other = await gateway.ChatAsync(request);

        var text = await first.Content.ReadAsStringAsync();
        Assert.Equal("message", (string?)JsonNode.Parse(text)!["type"]);
        Assert.Equal(text, await second.Content.ReadAsStringAsync());
        Assert.Equal(("hit", "miss"), (Said(second), Said(other)));
        Assert.Equal(2, upstream.Requests.Count);
    }

    [Covers("S003-55")]
    [Fact]
    public async Task A_failure_is_not_kept_nor_is_a_stream_that_breaks_off()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        upstream.ThenJson("""{"error":{"message":"no"}}""", 500).ThenJson(Some.ChatCompletion())
            .ThenStreamAndCut(Some.ChatStream()[..2]).ThenStream(Some.ChatStream());

        using var failed = await gateway.ChatAsync(Some.ChatRequest());
        using var answered = await gateway.ChatAsync(Some.ChatRequest());
        // It is kept once it has ended.
        await answered.Content.LoadIntoBufferAsync(TestContext.Current.CancellationToken);
        var broken = await (await gateway.ChatAsync(Some.ChatRequest(stream: true))).Content.ReadAsStringAsync();
        var whole = await (await gateway.ChatAsync(Some.ChatRequest(stream: true))).Content.ReadAsStringAsync();

        Assert.Equal(HttpStatusCode.BadGateway, failed.StatusCode);
        Assert.Equal(("miss", HttpStatusCode.OK), (Said(answered), answered.StatusCode));
        Assert.Contains("stream_interrupted", broken, StringComparison.Ordinal);
        Assert.Equal(string.Concat(Some.ChatStream()), whole);
        Assert.Equal(4, upstream.Requests.Count);
        Assert.Equal(2, gateway.Engine.Cache.Statistics.TotalEntries);
    }

    [Fact]
    public async Task No_call_gets_an_answer_of_another_key_or_of_another_tenant()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, options => options.Server.Keys.AddRange(["key-a", "key-b"]));

        Task<string> AskAsync(string key, string? tenant = null) => WholeAsync(gateway.ChatAsync(
            Some.ChatRequest(), [("Authorization", $"Bearer {key}"), .. tenant is null ? [] : new[] { (AnswerFacts.Tenant, tenant) }]));

        Assert.Equal(["miss", "hit"], [await AskAsync("key-a"), await AskAsync("key-a")]);
        Assert.Equal(["miss", "hit"], [await AskAsync("key-b"), await AskAsync("key-b")]);
        Assert.Equal(["miss", "hit"], [await AskAsync("key-a", "acme"), await AskAsync("key-a", "acme")]);
        Assert.Equal("miss", await AskAsync("key-a", "other"));
        Assert.Equal("miss", await AskAsync("key-b", "acme"));
    }

    [Fact]
    public async Task The_keys_of_a_tenant_share_its_answers_where_the_configuration_says_so()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, options =>
        {
            options.Server.Keys.AddRange(["key-a", "key-b"]);
            options.Cache!.Scope = "tenant";
        });

        Task<string> AskAsync(string key, params (string, string)[] tenant) =>
            WholeAsync(gateway.ChatAsync(Some.ChatRequest(), [("Authorization", $"Bearer {key}"), .. tenant]));

        Assert.Equal("miss", await AskAsync("key-a", (AnswerFacts.Tenant, "acme")));
        Assert.Equal("hit", await AskAsync("key-b", (AnswerFacts.Tenant, "acme")));
        Assert.Equal("miss", await AskAsync("key-b", (AnswerFacts.Tenant, "other")));
        // A caller without a tenant shares with no other caller.
        Assert.Equal(["miss", "miss"], [await AskAsync("key-a"), await AskAsync("key-b")]);
    }

    [Fact]
    public async Task A_key_whose_calls_other_guards_look_at_is_not_given_the_answers_of_its_tenant()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, options =>
        {
            foreach (var name in (string[])["boss", "deputy", "guest"])
                options.Keys[name] = new() { Key = $"key-of-{name}", Tenant = "acme" };
            options.Guards["deny"] = new() { Type = "block", Words = ["project x"], Keys = ["guest"] };
            options.Cache!.Scope = "tenant";
        });

        async Task<HttpResponseMessage> AskAsync(string name) =>
            await gateway.ChatAsync(Some.ChatRequest(text: "on project x"), ("Authorization", $"Bearer key-of-{name}"));

        using var first = await AskAsync("boss");
        using var second = await AskAsync("deputy");
        using var refused = await AskAsync("guest");

        Assert.Equal(("miss", "hit"), (Said(first), Said(second)));
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Single(upstream.Requests);
    }

    [Fact]
    public async Task A_client_can_leave_the_cache_out_only_read_it_or_have_its_answer_replaced()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        upstream.ThenJson(Some.ChatCompletion("one")).ThenJson(Some.ChatCompletion("two")).ThenJson(Some.ChatCompletion("three"))
            .ThenJson(Some.ChatCompletion("four"));

        Assert.Equal(("miss", "one"), await AskAsync("read-only"));
        Assert.Equal(("miss", "two"), await AskAsync("on"));
        Assert.Equal(("hit", "two"), await AskAsync("read-only"));
        Assert.Equal(("off", "three"), await AskAsync("off"));
        Assert.Equal(("refresh", "four"), await AskAsync("refresh"));
        Assert.Equal(("hit", "four"), await AskAsync(null));
        using var unknown = await gateway.ChatAsync(Some.ChatRequest(), (AnswerFacts.Cache, "please"));
        Assert.Equal(HttpStatusCode.BadRequest, unknown.StatusCode);
        Assert.Contains("read-only", await unknown.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using var never = await gateway.ChatAsync(Some.ChatRequest(), (AnswerFacts.CacheTtl, "soon"));
        Assert.Contains("x-switchyard-cache-ttl", await never.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        async Task<(string, string?)> AskAsync(string? mode)
        {
            using var response = await gateway.ChatAsync(Some.ChatRequest(), mode is null ? [] : [(AnswerFacts.Cache, mode)]);
            var answer = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
            return (Said(response), (string?)answer["choices"]![0]!["message"]!["content"]);
        }
    }

    [Fact]
    public async Task Without_a_cache_in_the_configuration_nothing_is_kept_and_the_headers_have_no_effect()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);

        using var first = await gateway.ChatAsync(Some.ChatRequest(), (AnswerFacts.Cache, "please"));
        using var second = await gateway.ChatAsync(Some.ChatRequest());

        Assert.Equal(("off", "off"), (Said(first), Said(second)));
        Assert.Equal(2, upstream.Requests.Count);
        Assert.Equal(
            new CacheStatistics { TotalEntries = 0, TotalHits = 0, TotalMisses = 0, MemorySizeBytes = 0 }, gateway.Engine.Cache.Statistics);
    }

    [Fact]
    public async Task An_alias_can_be_left_out_or_be_the_only_one_and_have_a_time_of_its_own()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, options =>
        {
            options.Cache = null;
            options.Models["kept"] = new() { Targets = [new() { Model = "up/some-model" }], Cache = new() { Enabled = true } };
            options.Models["asked"] = new() { Targets = [new() { Model = "up/some-model" }] };
        });

        Assert.Equal(["miss", "hit"], [await AskAsync("kept"), await AskAsync("kept")]);
        Assert.Equal(["off", "off"], [await AskAsync("asked"), await AskAsync("asked")]);

        Task<string> AskAsync(string model) => WholeAsync(gateway.ChatAsync(Some.ChatRequest(model)));
    }

    [Covers("S003-50")]
    [Fact]
    public async Task The_answer_to_one_request_can_be_dropped_whichever_key_asked()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, options => options.Server.Keys.AddRange(["key-a", "key-b"]));
        foreach (var key in (string[])["key-a", "key-b"])
            await WholeAsync(gateway.ChatAsync(Some.ChatRequest(), ("Authorization", $"Bearer {key}")));
        await WholeAsync(gateway.ChatAsync(Some.ChatRequest(text: "Another"), ("Authorization", "Bearer key-a")));

        Assert.True(gateway.Engine.Cache.Invalidate(RequestOf(Some.ChatRequest())));
        Assert.False(gateway.Engine.Cache.Invalidate(RequestOf(Some.ChatRequest())));

        Assert.Equal(1, gateway.Engine.Cache.Statistics.TotalEntries);
        using var asked = await gateway.ChatAsync(Some.ChatRequest(), ("Authorization", "Bearer key-b"));
        Assert.Equal("miss", Said(asked));
    }

    /// <summary>
    /// What a call says of the cache, once its answer has been read: a client that leaves earlier has abandoned it, and it is not kept.
    /// </summary>
    private static async Task<string> WholeAsync(Task<HttpResponseMessage> asking)
    {
        using var response = await asking;
        await response.Content.LoadIntoBufferAsync(TestContext.Current.CancellationToken);
        return Said(response);
    }

    private static CallRequest RequestOf(string json)
    {
        var dialect = new OpenAIChatDialect();
        var bytes = PooledBytes.Owned(System.Text.Encoding.UTF8.GetBytes(json));
        var envelope = dialect.ReadEnvelope(new(CallOperation.Chat), bytes.Memory.Span);
        return new CallRequest(envelope, CallBody.FromWire(dialect, envelope, bytes));
    }

    private Task<GatewayHost> StartAsync(FakeUpstream upstream, Action<SwitchyardOptions>? configure = null) => GatewayHost.StartAsync(
        upstream,
        options =>
        {
            options.Cache = new();
            configure?.Invoke(options);
        },
        builder => builder.AddSink(new EndedSink(_records.Enqueue)));

    private static string Said(HttpResponseMessage response) => Header(response, AnswerFacts.Cache);

    private static string Header(HttpResponseMessage response, string name) => response.Headers.GetValues(name).Single();

    private static string[] ResponsesStream() =>
    [
        Event("response.output_text.delta", "\"item_id\":\"m\",\"output_index\":0,\"content_index\":0,\"delta\":\"Hi\""),
        Event(
            "response.completed",
            "\"response\":{\"id\":\"r\",\"object\":\"response\",\"status\":\"completed\",\"output\":[],"
                + "\"usage\":{\"input_tokens\":9,\"output_tokens\":2,\"total_tokens\":11}}"),
    ];

    private static string Event(string type, string rest) => $"event: {type}\ndata: {{\"type\":\"{type}\",{rest}}}\n\n";
}
