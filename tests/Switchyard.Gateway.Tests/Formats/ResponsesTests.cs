using System.Net;
using System.Text;
using System.Text.Json;
using Switchyard.Canonical;
using Switchyard.Configuration;
using Switchyard.Hosting;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Formats;

/// <summary>A Responses client to any provider, and any client to a provider that speaks Responses.</summary>
public sealed class ResponsesTests
{
    private const string Request = """{"model":"up/some-model","input":"Hello"}""";

    private const string Answer = """
        { "id":"resp_1","object":"response","created_at":1790000000,"status":"completed","model":"some-model-2026","x_vendor":1.50,"output":[{"id":"msg_1","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","text":"Hello there!","annotations":[]}]}],"usage":{"input_tokens":9,"input_tokens_details":{"cached_tokens":4},"output_tokens":3,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":12}}
        """;

    private static readonly string[] s_stream =
    [
        Event("""{"type":"response.created","sequence_number":0,"response":{"id":"resp_1","object":"response","created_at":1790000000,"status":"in_progress","model":"some-model-2026","output":[],"usage":null}}"""),
        Event("""{"type":"response.output_item.added","sequence_number":1,"output_index":0,"item":{"id":"msg_1","type":"message","role":"assistant","content":[]}}"""),
        Event("""{"type":"response.output_text.delta","sequence_number":2,"item_id":"msg_1","output_index":0,"content_index":0,"delta":"Hi"}"""),
        Event("""{"type":"response.output_text.delta","sequence_number":3,"item_id":"msg_1","output_index":0,"content_index":0,"delta":" there"}"""),
        Event("""{"type":"response.completed","sequence_number":4,"response":{"id":"resp_1","object":"response","created_at":1790000000,"status":"completed","model":"some-model-2026","output":[],"usage":{"input_tokens":9,"output_tokens":2,"total_tokens":11}}}"""),
    ];

    [Theory]
    [InlineData("/v1/responses")]
    [InlineData("/openai/v1/responses")]
    public async Task A_Responses_client_reaches_a_provider_that_speaks_chat(string path)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        upstream.ThenJson(Some.ChatCompletion());

        using var response = await gateway.PostAsync(
            path, """{"model":"up/some-model","instructions":"be kind","input":"Hello","max_output_tokens":50,"metadata":{"a":"b"}}""");

        var answer = JsonElement.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("/v1/chat/completions", upstream.LastRequest.Path);
        Assert.Equal(
            """{"model":"some-model","messages":[{"role":"system","content":"be kind"},{"role":"user","content":"Hello"}],"max_tokens":50,"metadata":{"a":"b"}}""",
            upstream.LastRequest.Text);
        Assert.Equal(("resp_1", "completed"), (answer.GetProperty("id").GetString(), answer.GetProperty("status").GetString()));
        Assert.Equal("Hello there!", answer.GetProperty("output")[0].GetProperty("content")[0].GetProperty("text").GetString());
        Assert.Equal(12, answer.GetProperty("usage").GetProperty("total_tokens").GetInt32());
        Assert.Equal(
            ("be kind", "b"),
            (answer.GetProperty("instructions").GetString(), answer.GetProperty("metadata").GetProperty("a").GetString()));
    }

    [Covers("C2")]
    [Theory]
    [InlineData("openai-responses", "responses_multi_agent=v1", "responses_multi_agent=v1", null)]
    [InlineData("openai-chat", "responses_multi_agent=v1", null, "openai-beta")]
    [InlineData("anthropic-messages", "responses_multi_agent=v1", null, "openai-beta")]
    // It says only that the format exists.
    [InlineData("anthropic-messages", "responses=experimental", null, null)]
    public async Task The_header_beside_fields_that_are_not_in_general_use_is_sent_on_or_named(
        string format, string flags, string? sent, string? named)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(options =>
            options.Providers["up"] = new ProviderOptions { BaseUrl = upstream.BaseUrl, Key = "sk-upstream-secret", Dialect = format });
        upstream.ThenJson(ProviderFormat.Of(format).Whole);

        using var response = await gateway.PostAsync("/v1/responses", Request, ("OpenAI-Beta", flags), ("originator", "codex_exec"));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(sent, upstream.LastRequest.Headers.GetValueOrDefault("openai-beta"));
        Assert.False(upstream.LastRequest.Headers.ContainsKey("originator"));
        Assert.Equal(named, response.Headers.TryGetValues("x-switchyard-dropped", out var values) ? values.Single() : null);
    }

    [Covers("E9")]
    [Fact]
    public async Task A_Responses_clients_stream_from_a_provider_that_speaks_chat_keeps_every_rule()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        upstream.ThenStream(Some.ChatStream(usage: true));

        using var response = await gateway.PostAsync("/v1/responses", """{"model":"up/some-model","input":"Hello","stream":true}""");

        var bytes = await response.Content.ReadAsByteArrayAsync();
        var grammar = ResponsesStreamGrammar.Read(bytes, out var problems);
        Assert.True(problems.Count == 0, string.Join("; ", problems) + Encoding.UTF8.GetString(bytes));
        Assert.Equal("text/event-stream; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        Assert.Equal(("Hi there", "response.completed"), (grammar.Text.ToString(), grammar.Terminal));
        Assert.Equal(11, grammar.Response!.Value.GetProperty("usage").GetProperty("total_tokens").GetInt32());
    }

    [Fact]
    public async Task A_chat_client_reaches_a_provider_that_speaks_Responses()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        upstream.ThenJson(Answer);

        using var response = await gateway.ChatAsync(Some.ChatRequest(extra: ",\"max_tokens\":50,\"seed\":1"));

        var answer = JsonElement.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal("/v1/responses", upstream.LastRequest.Path);
        Assert.Equal(
            """{"model":"some-model","input":[{"role":"user","content":"Hello"}],"max_output_tokens":50,"store":false}""",
            upstream.LastRequest.Text);
        Assert.Equal("seed", response.Headers.GetValues("x-switchyard-dropped").Single());
        Assert.Equal("Hello there!", answer.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString());
        Assert.Equal(4, answer.GetProperty("usage").GetProperty("prompt_tokens_details").GetProperty("cached_tokens").GetInt32());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_chat_clients_stream_comes_from_a_provider_that_speaks_Responses(bool usage)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        upstream.ThenStream(s_stream);

        using var response = await gateway.ChatAsync(
            Some.ChatRequest(stream: true, extra: usage ? ",\"stream_options\":{\"include_usage\":true}" : ""));

        var grammar = OpenAIStreamGrammar.Read(
            await response.Content.ReadAsByteArrayAsync(), usage, endsWithError: false, out var problems);
        Assert.Empty(problems);
        Assert.Equal("Hi there", grammar.Text[0]);
    }

    [Fact]
    public async Task Responses_to_Responses_is_forwarded_byte_for_byte()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        var ended = new TaskCompletionSource<TokenUsage>();
        await using var gateway = await StartAsync(upstream, b => b.AddSink(new EndedSink(call => ended.TrySetResult(call.Usage))));
        upstream.ThenJson(Answer);
        const string request = """{ "input": [{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"E"}],  "model" : "up/some-model", "previous_response_id":"resp_0", "unknown_field": [1.0, 2e3, null] }""";

        using var response = await gateway.PostAsync("/v1/responses", request);

        Assert.Equal("/v1/responses", upstream.LastRequest.Path);
        Assert.Equal(request.Replace("\"up/some-model\"", "\"some-model\"", StringComparison.Ordinal), upstream.LastRequest.Text);
        Assert.Equal(Answer, await response.Content.ReadAsStringAsync());
        var recorded = await ended.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal((9L, 3L, 4L), (recorded.Input, recorded.Output, recorded.CacheRead));
    }

    [Covers("E2")]
    [Fact]
    public async Task A_Responses_stream_is_forwarded_byte_for_byte_however_it_is_cut()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        var usage = new System.Collections.Concurrent.ConcurrentQueue<long?>();
        await using var gateway = await StartAsync(upstream, b => b.AddSink(new EndedSink(call => usage.Enqueue(call.Usage.Output))));
        var whole = string.Concat(s_stream);
        for (var cut = 1; cut < whole.Length; cut += 61)
        {
            upstream.ThenStream(whole[..cut], whole[cut..]);
            using var response = await gateway.PostAsync("/v1/responses", """{"model":"up/some-model","input":"Hello","stream":true}""");
            Assert.Equal(whole, await response.Content.ReadAsStringAsync());
        }

        Assert.All(usage, output => Assert.Equal(2, output));
    }

    [Theory]
    [InlineData("\"previous_response_id\":\"resp_0\"", "previous_response_id")]
    [InlineData("\"background\":true", "background")]
    public async Task What_refers_to_stored_answers_is_a_400_where_they_are_not_stored(string field, string param)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);

        using var response = await gateway.PostAsync("/v1/responses", $$"""{"model":"up/some-model","input":"Hello",{{field}}}""");
        var error = JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("error");
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal(param, error.GetProperty("param").GetString());
        Assert.Contains("keeps no stored responses", error.GetProperty("message").GetString(), StringComparison.Ordinal);

        await using var mocked = await GatewayHost.StartAsync();
        using var mock = await mocked.PostAsync("/v1/responses", $$"""{"model":"mock-model-v1","input":"Hello",{{field}}}""");
        Assert.Equal(HttpStatusCode.BadRequest, mock.StatusCode);
        Assert.Empty(upstream.Requests);
    }

    [Fact]
    public async Task The_mock_answers_a_Responses_client()
    {
        await using var gateway = await GatewayHost.StartAsync();
        using var response = await gateway.PostAsync("/v1/responses", """{"model":"mock-model-v1","input":"Hello","stream":true}""");
        ResponsesStreamGrammar.Read(await response.Content.ReadAsByteArrayAsync(), out var problems);
        Assert.Empty(problems);
    }

    [Covers("E10", "C5")]
    [Theory]
    [InlineData(400, HttpStatusCode.BadRequest)]
    [InlineData(401, HttpStatusCode.InternalServerError)]
    [InlineData(429, (HttpStatusCode)429)]
    [InlineData(500, HttpStatusCode.BadGateway)]
    public async Task An_error_before_the_first_byte_keeps_its_status_and_the_clients_shape(int status, HttpStatusCode seen)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        upstream.ThenJson("""{"error":{"message":"Something.","type":"t","param":null,"code":"c"}}""", status);

        using var response = await gateway.PostAsync("/v1/responses", """{"model":"up/some-model","input":"Hello","stream":true}""");

        Assert.Equal(seen, response.StatusCode);
        Assert.True(JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("error").TryGetProperty("message", out _));
    }

    [Fact]
    public async Task A_stream_that_breaks_off_ends_in_one_error_event()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        upstream.ThenStreamAndCut(Some.Chunk("""{"role":"assistant","content":"Hi"}"""));
        using var translated = await gateway.PostAsync("/v1/responses", """{"model":"up/some-model","input":"Hello","stream":true}""");
        var grammar = ResponsesStreamGrammar.Read(await translated.Content.ReadAsByteArrayAsync(), out var problems);
        Assert.Empty(problems);
        Assert.Equal("response.failed", grammar.Terminal);

        await using var native = await StartAsync(upstream);
        upstream.ThenStreamAndCut(s_stream[..3]);
        using var forwarded = await native.PostAsync("/v1/responses", """{"model":"up/some-model","input":"Hello","stream":true}""");
        var text = await forwarded.Content.ReadAsStringAsync();
        Assert.StartsWith(string.Concat(s_stream[..3]) + "event: error\n", text, StringComparison.Ordinal);
        Assert.Equal(1, text.Split("event: error").Length - 1);
    }

    [Covers("R8")]
    [Fact]
    public async Task Encrypted_reasoning_does_not_follow_the_call_to_another_provider()
    {
        await using var first = await FakeUpstream.StartAsync();
        await using var second = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(options =>
        {
            options.Providers["a"] =
                new ProviderOptions { BaseUrl = first.BaseUrl, Dialect = "openai-responses", Key = "k", Models = ["m"] };
            options.Providers["b"] =
                new ProviderOptions { BaseUrl = second.BaseUrl, Dialect = "openai-responses", Key = "k", Models = ["m"] };
            options.Models["fast"] =
                new ModelRouteOptions { Targets = [new TargetOptions { Model = "a/m" }], Fallback = [new TargetOptions { Model = "b/m" }] };
        });
        first.ThenJson("{}", 500);
        second.ThenJson(Answer);

        using var response = await gateway.PostAsync(
            "/v1/responses", """{"model":"fast","input":[{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"E"},{"role":"user","content":"x"}]}""");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains("encrypted_content", first.LastRequest.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("encrypted_content", second.LastRequest.Text, StringComparison.Ordinal);
        Assert.Equal("messages[0].reasoning", response.Headers.GetValues("x-switchyard-dropped").Single());
    }

    [Covers("R8")]
    [Fact]
    public async Task Encrypted_reasoning_that_the_provider_cannot_read_is_left_out_and_named()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        // From a turn that another account answered: chosen by weight, or another key of the same provider.
        const string Unreadable = """
            {"error":{"message":"The encrypted content E could not be verified.","type":"invalid_request_error","param":null,
            "code":"invalid_encrypted_content"}}
            """;
        upstream.ThenJson(Unreadable, 400);
        upstream.ThenJson(Answer);

        using var response = await gateway.PostAsync(
            "/v1/responses", """{"model":"up/some-model","input":[{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"E"},{"role":"user","content":"x"}]}""");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(2, upstream.Requests.Count);
        Assert.Contains("encrypted_content", upstream.Requests[0].Text, StringComparison.Ordinal);
        Assert.DoesNotContain("encrypted_content", upstream.LastRequest.Text, StringComparison.Ordinal);
        Assert.Equal("messages[0].reasoning", response.Headers.GetValues("x-switchyard-dropped").Single());

        // If the second request is refused too, the client gets that error.
        upstream.ThenJson(Unreadable, 400);
        upstream.ThenJson(Unreadable, 400);
        using var refused = await gateway.PostAsync(
            "/v1/responses", """{"model":"up/some-model","input":[{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"E"},{"role":"user","content":"x"}]}""");

        Assert.Equal((HttpStatusCode.BadRequest, 4), (refused.StatusCode, upstream.Requests.Count));
    }

    [Fact]
    public async Task Tokens_are_counted_where_the_provider_counts_them()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        upstream.ThenJson("""{"object":"response.input_tokens","input_tokens":11}""");
        using var response = await gateway.PostAsync("/v1/responses/input_tokens", Request);
        if (response.StatusCode == HttpStatusCode.OK)
            Assert.Equal("/v1/responses/input_tokens", upstream.LastRequest.Path);
        else
            Assert.Equal(
                "unsupported_operation",
                JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("error").GetProperty("code").GetString());
    }

    private static Task<GatewayHost> StartAsync(FakeUpstream upstream, Action<SwitchyardBuilder>? build = null) =>
        GatewayHost.StartAsync(upstream, options => options.Providers["up"].Dialect = "openai-responses", build);

    private static string Event(string data) => $"event: {JsonElement.Parse(data).GetProperty("type").GetString()}\ndata: {data}\n\n";
}
