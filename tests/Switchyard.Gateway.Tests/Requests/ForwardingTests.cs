using System.Net;
using System.Text;
using System.Text.Json;
using Switchyard.Canonical;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Requests;

public sealed class ForwardingTests
{
    [Covers("S002-15", "S002-54")]
    [Fact]
    public async Task An_answer_reaches_the_client_byte_for_byte()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        var sent = Some.ChatCompletion("Grüße, 世界 👋", extra: ",\"x_vendor\":{\"b\":1.50,\"a\":null}");
        upstream.ThenJson(sent);

        var response = await gateway.ChatAsync(Some.ChatRequest());

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(sent, await response.Content.ReadAsStringAsync());
        Assert.Equal("up", Header(response, "x-switchyard-provider"));
        Assert.Equal("some-model", Header(response, "x-switchyard-model"));
        Assert.Equal("1", Header(response, "x-switchyard-attempts"));
        Assert.Equal("1", Header(response, "x-switchyard-config"));
        Assert.Equal(32, Header(response, "x-request-id").Length);
        Assert.True(double.Parse(Header(response, "x-switchyard-overhead-ms"), System.Globalization.CultureInfo.InvariantCulture) >= 0);
    }

    [Covers("S002-13")]
    [Fact]
    public async Task Only_the_model_changes_on_the_way_to_the_provider()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        const string request = """{ "messages": [{"role":"user","content":"hi \u00e9 é"}],  "model" : "up/some-model", "unknown_field": {"deep": [1.0, 2e3, null]}, "temperature": 0.70 }""";

        await gateway.ChatAsync(request);

        Assert.Equal(request.Replace("\"up/some-model\"", "\"some-model\"", StringComparison.Ordinal), upstream.LastRequest.Text);
        Assert.Equal("/v1/chat/completions", upstream.LastRequest.Path);
        Assert.Equal("Bearer sk-upstream-secret", upstream.LastRequest.Headers["Authorization"]);
    }

    [Fact]
    public async Task The_clients_key_and_headers_stay_with_us()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);

        await gateway.ChatAsync(
            Some.ChatRequest(), ("Authorization", "Bearer sk-client"), ("x-api-key", "client"), ("x-stainless-lang", "js"),
            ("Cookie", "a=b"));

        var seen = upstream.LastRequest.Headers;
        Assert.DoesNotContain(seen, header => header.Value.Contains("client", StringComparison.Ordinal));
        Assert.DoesNotContain("Cookie", seen.Keys);
        Assert.DoesNotContain("x-stainless-lang", seen.Keys);
    }

    [Covers("S002-81", "S003-118")]
    [Fact]
    public async Task A_stream_reaches_the_client_frame_by_frame_and_byte_for_byte()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        var pieces = Some.ChatStream(usage: true);
        upstream.ThenStream(pieces);

        var response = await gateway.ChatAsync(Some.ChatRequest(stream: true, extra: ",\"stream_options\":{\"include_usage\":true}"));

        Assert.Equal("text/event-stream; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        Assert.Equal(string.Concat(pieces), await response.Content.ReadAsStringAsync());
    }

    [Covers("S002-82", "S004-71")]
    [Theory]
    [InlineData("openai-chat")]
    [InlineData("anthropic-messages")]
    public async Task A_streams_headers_keep_proxies_from_holding_it_back_and_say_who_answers(string dialect)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, options =>
        {
            options.Providers["up"].Dialect = dialect;
            options.Models["fast"] = new() { Targets = [new TargetOptions { Model = "up/some-model" }] };
        });
        upstream.ThenBytes(ProviderFormat.Of(dialect).Stream, "text/event-stream");

        var response = await gateway.ChatAsync(Some.ChatRequest("fast", stream: true));

        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        Assert.True(response.Headers.CacheControl is { NoCache: true, NoTransform: true });
        Assert.Equal("no", Header(response, "X-Accel-Buffering"));
        Assert.Equal(
            ("up", "some-model", "fast"),
            (Header(response, "x-switchyard-provider"), Header(response, "x-switchyard-model"),
                Header(response, "x-switchyard-requested-model")));
        Assert.EndsWith(Some.Done, await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Covers("S002-03", "S002-14")]
    [Fact]
    public async Task What_a_translated_answer_lacks_is_filled_and_its_id_is_always_another()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, options => options.Providers["up"].Dialect = "ollama");
        upstream.ThenJson("""{"message":{"role":"assistant","content":"Hi"},"done":true}""");
        var ids = new HashSet<string>();

        for (var i = 0; i < 20; i++)
        {
            var before = DateTimeOffset.UtcNow.ToUnixTimeSeconds() - 1;
            using var response = await gateway.ChatAsync(Some.ChatRequest());
            using var answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync());

            var id = answer.RootElement.GetProperty("id").GetString()!;
            Assert.Matches("^chatcmpl-[0-9a-f]{29}$", id);
            Assert.True(ids.Add(id));
            Assert.InRange(answer.RootElement.GetProperty("created").GetInt64(), before, long.MaxValue);
            Assert.Equal("some-model", answer.RootElement.GetProperty("model").GetString());
        }
    }

    [Covers("S002-14")]
    [Fact]
    public async Task A_forwarded_answer_is_not_completed_because_its_bytes_pass_as_they_came()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        const string bare = """{"choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}]}""";
        upstream.ThenJson(bare);

        using var response = await gateway.ChatAsync(Some.ChatRequest());

        Assert.Equal(bare, await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Usage_we_asked_for_ourselves_does_not_reach_a_client_that_did_not()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        upstream.ThenStream(Some.ChatStream(usage: true));

        var response = await gateway.ChatAsync(Some.ChatRequest(stream: true));

        Assert.True(
            JsonDocument.Parse(upstream.LastRequest.Body).RootElement.GetProperty("stream_options").GetProperty("include_usage")
                .GetBoolean());
        Assert.Equal(string.Concat(Some.ChatStream()), await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_stream_cut_at_any_byte_arrives_whole()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        var whole = string.Concat(Some.ChatStream());
        for (var cut = 1; cut < whole.Length; cut += 7)
        {
            upstream.ThenStream(whole[..cut], whole[cut..]);
            var response = await gateway.ChatAsync(Some.ChatRequest(stream: true));
            Assert.Equal(whole, await response.Content.ReadAsStringAsync());
        }
    }

    /// <summary>See <c>docs/decisions/0017-usage-null-stays.md</c>.</summary>
    [Covers("X19")]
    [Fact]
    public async Task The_null_that_asking_for_usage_leaves_in_each_frame_stays_because_frames_pass_as_they_came()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        string[] frames =
            [.. Some.ChatStream(usage: true).Select(frame => frame.Replace("}]}\n", "}],\"usage\":null}\n", StringComparison.Ordinal))];
        upstream.ThenStream(frames);

        using var response = await gateway.ChatAsync(Some.ChatRequest(stream: true));

        Assert.Equal(string.Concat(frames.Where(frame => frame != Some.UsageChunk)), await response.Content.ReadAsStringAsync());
        Assert.Contains("\"usage\":null", frames[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_long_answer_is_copied_on_and_its_usage_still_read()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        var ended = new TaskCompletionSource<TokenUsage>();
        await using var gateway = await GatewayHost.StartAsync(
            upstream, build: b => b.AddSink(new EndedSink(call => ended.TrySetResult(call.Usage))));
        var sent = Some.ChatCompletion(new string('x', 900_000));
        upstream.ThenJson(sent);

        var response = await gateway.ChatAsync(Some.ChatRequest());

        Assert.Equal(sent, await response.Content.ReadAsStringAsync());
        var usage = await ended.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal((9, 3), (usage.Input, usage.Output));
    }

    /// <summary>OpenAI writes the members of a response in the order of their names.</summary>
    [Fact]
    public async Task Of_a_long_response_the_service_tier_before_the_usage_is_charged()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, options =>
        {
            options.Providers["up"].Dialect = "openai-responses";
            var price = new PriceOptions { Input = 1, Output = 10 };
            price.ServiceTiers["flex"] = new() { Input = 0.5m, Output = 5 };
            options.Prices.Models["up/*"] = price;
            options.Budgets.Named["total"] = new BudgetOptions { Usd = 1, Period = "lifetime" };
        });
        var sent = $$$"""
            {"id":"resp_1","object":"response","status":"completed","model":"some-model","output":[{"type":"message","role":"assistant",
            "content":[{"type":"output_text","text":"{{{new string('x', 400_000)}}}"}]}],"service_tier":"flex","temperature":1.0,
            "tools":[],"usage":{"input_tokens":100,"output_tokens":50,"total_tokens":150},"user":null,"metadata":{}}
            """;
        upstream.ThenJson(sent);

        using var response = await gateway.PostAsync(
            "/v1/responses", """{"model":"up/some-model","max_output_tokens":50,"input":"Hi"}""");

        Assert.Equal(sent, await response.Content.ReadAsStringAsync());
        await Wait.ForAsync(() => gateway.Engine.Budgets.List().Any(account => account.Spent > 0));
        // 100 tokens at half a dollar and 50 at 5 for a million.
        Assert.Equal(300_000, Assert.Single(gateway.Engine.Budgets.List()).Spent);
    }

    [Covers("E5")]
    [Fact]
    public async Task A_compressed_answer_that_was_not_requested_reaches_the_client_plain()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        var sent = Some.ChatCompletion();
        upstream.Then(async http =>
        {
            http.Response.ContentType = "application/json";
            http.Response.Headers.ContentEncoding = "gzip";
            await using var gzip = new System.IO.Compression.GZipStream(http.Response.Body, System.IO.Compression.CompressionMode.Compress);
            await gzip.WriteAsync(Encoding.UTF8.GetBytes(sent));
        });

        var response = await gateway.ChatAsync(Some.ChatRequest());

        Assert.Empty(response.Content.Headers.ContentEncoding);
        Assert.Equal(sent, await response.Content.ReadAsStringAsync());
    }

    private static string Header(HttpResponseMessage response, string name) => response.Headers.GetValues(name).Single();
}
