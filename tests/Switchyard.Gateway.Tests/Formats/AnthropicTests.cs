using System.Net;
using System.Text;
using System.Text.Json;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Formats;

/// <summary>Clients and providers of Anthropic messages through the whole gateway.</summary>
public sealed class AnthropicTests
{
    private const string Request =
        """{"model":"up/some-model","max_tokens":100,"system":"Be brief.","messages":[{"role":"user","content":"Hello"}]}""";

    private const string Answer = """{"id":"msg_1","type":"message","role":"assistant","model":"some-model-2026","content":[{"type":"text","text":"Hello there!"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":9,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":3}}""";

    private static readonly string[] Stream =
    [
        Event("""{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"some-model-2026","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":9,"output_tokens":1}}}"""),
        Event("""{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"""),
        Event("""{"type": "ping"}"""),
        Event("""{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}}"""),
        Event("""{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" there"}}"""),
        Event("""{"type":"content_block_stop","index":0}"""),
        Event("""{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":2}}"""),
        Event("""{"type":"message_stop"}"""),
    ];

    [Theory]
    [InlineData("/v1/messages")]
    [InlineData("/anthropic/v1/messages")]
    public async Task A_client_of_messages_is_answered_by_an_openai_provider(string path)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);

        var response = await gateway.PostAsync(
            path, Request, ("x-api-key", "any"), ("anthropic-version", "2023-06-01"), ("anthropic-beta", "a-1"));

        Assert.Equal("/v1/chat/completions", upstream.LastRequest.Path);
        Assert.DoesNotContain("anthropic-beta", upstream.LastRequest.Headers.Keys);
        var sent = JsonDocument.Parse(upstream.LastRequest.Body).RootElement;
        Assert.Equal("Be brief.", sent.GetProperty("messages")[0].GetProperty("content").GetString());
        Assert.Equal("Hello", sent.GetProperty("messages")[1].GetProperty("content").GetString());
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("anthropic-beta", response.Headers.GetValues("x-switchyard-dropped").Single());
        var answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        Assert.Equal("Hello there!", answer.GetProperty("content")[0].GetProperty("text").GetString());
        Assert.Equal(("end_turn", 9, 3), (
            answer.GetProperty("stop_reason").GetString(), answer.GetProperty("usage").GetProperty("input_tokens").GetInt32(),
            answer.GetProperty("usage").GetProperty("output_tokens").GetInt32()));
    }

    [Covers("E11")]
    [Fact]
    public async Task A_stream_of_an_openai_provider_is_one_of_messages_for_their_client()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        upstream.ThenStream(Some.ChatStream(usage: true));

        var response = await gateway.PostAsync(
            "/v1/messages", Request.Replace("\"max_tokens\"", "\"stream\":true,\"max_tokens\"", StringComparison.Ordinal));

        var grammar = AnthropicStreamGrammar.Read(await response.Content.ReadAsByteArrayAsync(), endsWithError: false, out var problems);
        Assert.Empty(problems);
        Assert.Equal(
            ("Hi there", 9, 2),
            (grammar.Text, grammar.Usage.GetProperty("input_tokens").GetInt32(), grammar.Usage.GetProperty("output_tokens").GetInt32()));
    }

    [Fact]
    public async Task An_openai_client_is_answered_by_a_provider_of_messages()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        upstream.ThenJson(Answer);

        var response = await gateway.ChatAsync(Some.ChatRequest());

        Assert.Equal("/v1/messages", upstream.LastRequest.Path);
        var sent = JsonDocument.Parse(upstream.LastRequest.Body).RootElement;
        Assert.Equal(("some-model", 4096), (sent.GetProperty("model").GetString(), sent.GetProperty("max_tokens").GetInt32()));
        var answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        Assert.Equal("Hello there!", answer.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString());
        Assert.Equal(12, answer.GetProperty("usage").GetProperty("total_tokens").GetInt32());
    }

    [Covers("S004-68", "E6")]
    [Fact]
    public async Task An_openai_client_reads_a_stream_of_messages_as_its_own()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        upstream.ThenStream(Stream);

        var response = await gateway.ChatAsync(Some.ChatRequest(stream: true, extra: ",\"stream_options\":{\"include_usage\":true}"));

        var grammar = OpenAIStreamGrammar.Read(
            await response.Content.ReadAsByteArrayAsync(), includeUsage: true, endsWithError: false, out var problems);
        Assert.Empty(problems);
        Assert.Equal("Hi there", grammar.Text[0]);
    }

    [Covers("C2")]
    [Fact]
    public async Task The_same_format_on_both_sides_is_forwarded_with_its_beta_flags()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        upstream.ThenStream(Stream);
        const string request =
            """{ "max_tokens":1, "stream":true, "x_new": 1.50, "messages":[{"role":"user","content":"hi"}], "model":"up/some-model"}""";

        var response = await gateway.PostAsync("/v1/messages?beta=true", request, ("anthropic-beta", "a-1,b-2"));

        Assert.Equal(request.Replace("up/some-model", "some-model", StringComparison.Ordinal), upstream.LastRequest.Text);
        Assert.Equal("a-1,b-2", upstream.LastRequest.Headers["anthropic-beta"]);
        Assert.Equal(string.Concat(Stream), await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("2026-10-21", "2026-10-21")]
    [InlineData("made up", "2023-06-01")]
    [InlineData(null, "2023-06-01")]
    public async Task A_clients_own_version_goes_with_its_request_to_a_provider_of_its_format(string? version, string sent)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartCatalogueAsync(upstream);
        upstream.ThenStream(Stream);

        var response = await gateway.PostAsync(
            "/v1/messages", """{"max_tokens":1,"stream":true,"messages":[{"role":"user","content":"hi"}],"model":"anthropic/claude-x"}""",
            version is null ? [] : [("anthropic-version", version)]);

        Assert.Equal(sent, upstream.LastRequest.Headers["anthropic-version"]);
        Assert.False(response.Headers.Contains("x-switchyard-dropped"));
    }

    [Fact]
    public async Task Tokens_are_counted_where_the_provider_can()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartCatalogueAsync(upstream);
        upstream.ThenJson("""{"input_tokens":43}""");
        const string request = """{"model":"anthropic/claude-x","messages":[{"role":"user","content":"hi"}]}""";

        var response = await gateway.PostAsync("/v1/messages/count_tokens", request);

        Assert.Equal("/v1/messages/count_tokens", upstream.LastRequest.Path);
        Assert.Equal("2023-06-01", upstream.LastRequest.Headers["anthropic-version"]);
        Assert.Equal("sk-upstream-secret", upstream.LastRequest.Headers["x-api-key"]);
        Assert.Equal("""{"input_tokens":43}""", await response.Content.ReadAsStringAsync());
    }

    [Covers("C5", "E10")]
    [Theory]
    [InlineData(400, "invalid_request_error", 400, "invalid_request_error")]
    [InlineData(401, "authentication_error", 500, "api_error")]
    [InlineData(429, "rate_limit_error", 429, "rate_limit_error")]
    [InlineData(529, "overloaded_error", 502, "overloaded_error")]
    public async Task An_error_before_the_first_byte_keeps_its_status_and_the_clients_shape(
        int status, string type, int expected, string written)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        upstream.ThenJson($$$$"""{"type":"error","error":{"type":"{{{{type}}}}","message":"No."}}""", status);

        var ours = await gateway.PostAsync(
            "/v1/messages", Request.Replace("\"max_tokens\"", "\"stream\":true,\"max_tokens\"", StringComparison.Ordinal));
        var theirs = await gateway.ChatAsync(Some.ChatRequest(stream: true));

        Assert.Equal((expected, expected), ((int)ours.StatusCode, (int)theirs.StatusCode));
        var error = JsonDocument.Parse(await ours.Content.ReadAsStringAsync()).RootElement;
        Assert.Equal(
            ("error", written), (error.GetProperty("type").GetString(), error.GetProperty("error").GetProperty("type").GetString()));
        Assert.True(
            JsonDocument.Parse(await theirs.Content.ReadAsStringAsync()).RootElement.GetProperty("error").TryGetProperty("code", out _));
    }

    [Covers("C5")]
    [Theory]
    [InlineData("/v1/messages", """{"model":"up/some-model","messages":[{"role":"user","content":"hi"}]}""", 400, "invalid_request_error")]
    [InlineData(
        "/v1/messages", """{"model":"nobody/nothing","max_tokens":1,"messages":[{"role":"user","content":"hi"}]}""", 404,
        "not_found_error")]
    [InlineData("/anthropic/v1/nothing", "{}", 404, "not_found_error")]
    [InlineData("/anthropic/nothing", "{}", 404, "not_found_error")]
    public async Task What_we_refuse_ourselves_has_this_formats_shape(string path, string body, int status, string type)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);

        var response = await gateway.PostAsync(path, body);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(
            type,
            JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("error").GetProperty("type")
                .GetString());
    }

    [Covers("C5")]
    [Fact]
    public async Task An_unknown_path_answers_a_client_that_names_its_version_in_its_shape()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);

        var response = await gateway.PostAsync("/v1/complete", "{}", ("anthropic-version", "2023-06-01"));

        Assert.Equal(
            "not_found_error",
            JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("error").GetProperty("type")
                .GetString());
    }

    private static Task<GatewayHost> StartAsync(FakeUpstream upstream) =>
        GatewayHost.StartAsync(upstream, options => options.Providers["up"].Dialect = "anthropic-messages");

    private static Task<GatewayHost> StartCatalogueAsync(FakeUpstream upstream) => GatewayHost.StartAsync(options =>
        options.Providers["anthropic"] = new ProviderOptions { BaseUrl = upstream.BaseUrl, Key = "sk-upstream-secret" });

    private static string Event(string data) =>
        $"event: {JsonDocument.Parse(data).RootElement.GetProperty("type").GetString()}\ndata: {data}\n\n";
}
