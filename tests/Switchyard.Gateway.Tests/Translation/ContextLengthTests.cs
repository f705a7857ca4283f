using System.Text;
using System.Text.Json;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Translation;

/// <summary>
/// A conversation that has grown too long: coding agents shorten it if the error is one that they recognise, and are stuck for ever if
/// it is not.
/// </summary>
public sealed class ContextLengthTests
{
    [Theory]
    [InlineData("""{"object":"error","message":"Requested token count exceeds the model's maximum context length of 262144 tokens. You requested a total of 262462 tokens: 230462 tokens from the input messages and 32000 tokens for the completion.","type":"BadRequestError","param":null,"code":400}""", "262462 tokens > 262144 maximum")]
    [InlineData("""{"error":{"message":"This model's maximum context length is 128000 tokens. However, your messages resulted in 131,072 tokens.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}""", "131072 tokens > 128000 maximum")]
    [InlineData("""{"error":{"code":400,"message":"request (9021 tokens) exceeds the available context size (8192 tokens), try increasing it","type":"exceed_context_size_error"}}""", "9021 tokens > 8192 maximum")]
    [InlineData("""{"error":{"message":"<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 129024]","type":"invalid_request_error","code":"invalid_parameter_error"}}""", "")]
    [InlineData("""{"error":{"message":"the input length exceeds the context length"}}""", "")]
    [InlineData("""{"code":"Client specified an invalid argument","error":"This model's maximum prompt length is 131072 but the request contains 537812 tokens."}""", "537812 tokens > 131072 maximum")]
    [InlineData("""{"error":{"message":"Invalid request: Your request exceeded model token limit: 262144","type":"invalid_request_error"}}""", "")]
    [InlineData("""{"error":{"message":"Your input exceeds the context window of this model. Please adjust your input and try again.","type":"invalid_request_error","param":"input","code":"context_length_exceeded"}}""", "")]
    public async Task A_client_of_Anthropics_is_refused_in_Anthropics_words(string body, string counts)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        foreach (var stream in new[] { false, true })
        {
            upstream.ThenJson(body, 400);

            using var response = await ClientFormat.Of("anthropic-messages").AskAsync(gateway, stream);

            var error = JsonElement.Parse(await response.Content.ReadAsByteArrayAsync()).GetProperty("error");
            Assert.Equal(400, (int)response.StatusCode);
            Assert.Equal("invalid_request_error", error.GetProperty("type").GetString());
            Assert.StartsWith(
                counts.Length > 0 ? $"prompt is too long: {counts}. " : "prompt is too long. ", error.GetProperty("message").GetString(),
                StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("openai-chat")]
    [InlineData("openai-responses")]
    public async Task A_client_of_OpenAIs_is_refused_by_the_code(string client)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        upstream.ThenJson(
            """{"object":"error","message":"This model's maximum context length is 4096 tokens.","type":"BadRequestError","param":null,"code":400}""",
            400);

        using var response = await ClientFormat.Of(client).AskAsync(gateway, stream: false);

        var error = JsonElement.Parse(await response.Content.ReadAsByteArrayAsync()).GetProperty("error");
        Assert.Equal("context_length_exceeded", error.GetProperty("code").GetString());
    }

    [Theory]
    [InlineData("openai-chat", "codex_cli_rs", true, true)]
    [InlineData("openai-responses", "codex_exec", true, true)]
    [InlineData("openai-responses", "Codex Desktop", true, true)]
    [InlineData("openai-responses", "codex_cli_rs", false, false)]
    [InlineData("openai-responses", "another", true, false)]
    public async Task Codex_which_shortens_only_then_is_refused_in_the_stream_it_asked_for(
        string dialect, string originator, bool stream, bool inStream)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, options => options.Providers["up"].Dialect = dialect);
        upstream.ThenJson(
            """{"error":{"message":"This model's maximum context length is 4096 tokens.","type":"invalid_request_error","param":"input","code":"context_length_exceeded"}}""",
            400);
        var format = ClientFormat.Of("openai-responses");

        using var response = await gateway.PostAsync(
            format.Path("up/some-model", stream), format.Body("up/some-model", stream), ("originator", originator));

        var body = await response.Content.ReadAsByteArrayAsync();
        Assert.DoesNotContain("originator", upstream.LastRequest.Headers.Keys, StringComparer.OrdinalIgnoreCase);
        Assert.True(response.Headers.Contains("x-request-id"));
        if (!inStream)
        {
            Assert.Equal(400, (int)response.StatusCode);
            Assert.Equal("context_length_exceeded", JsonElement.Parse(body).GetProperty("error").GetProperty("code").GetString());
            return;
        }

        Assert.Equal((200, "text/event-stream"), ((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        format.ReadStream(body, endsWithError: true, out var problems);
        Assert.Empty(problems);
        var events = Encoding.UTF8.GetString(body);
        Assert.Contains("\"type\":\"response.failed\"", events, StringComparison.Ordinal);
        Assert.Contains("\"code\":\"context_length_exceeded\"", events, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Codex_is_refused_in_the_stream_too_where_it_goes_on_from_an_answer_that_is_kept_here()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, options =>
        {
            options.Providers["up"].Dialect = "openai-chat";
            options.Responses.Store = true;
        });
        upstream.ThenJson(
            """{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"Hi"}}]}""");
        using var first = await gateway.PostAsync("/v1/responses", """{"model":"up/some-model","input":"Hi"}""");
        var id = JsonElement.Parse(await first.Content.ReadAsByteArrayAsync()).GetProperty("id").GetString();
        upstream.ThenJson(
            """{"error":{"message":"This model's maximum context length is 4096 tokens.","type":"invalid_request_error","param":"input","code":"context_length_exceeded"}}""",
            400);

        using var next = await gateway.PostAsync(
            "/v1/responses",
            $$"""{"model":"up/some-model","input":"More","stream":true,"previous_response_id":"{{id}}"}""",
            ("originator", "codex_cli_rs"));

        Assert.Equal((200, "text/event-stream"), ((int)next.StatusCode, next.Content.Headers.ContentType?.MediaType));
        Assert.Contains(
            "\"code\":\"context_length_exceeded\"", await next.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Codex_gets_other_refusals_by_the_status()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        upstream.ThenJson("""{"error":{"message":"No such tool.","type":"invalid_request_error","param":"tools","code":"unknown_tool"}}""", 400);
        var format = ClientFormat.Of("openai-responses");

        using var response = await gateway.PostAsync(
            format.Path("up/some-model", true), format.Body("up/some-model", true), ("originator", "codex_cli_rs"));

        Assert.Equal(400, (int)response.StatusCode);
    }

    [Fact]
    public async Task Anthropics_own_words_stay_and_another_refusal_does_not_become_one()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        foreach (var (said, code) in new (string, string?)[]
        {
            ("Prompt is too long: 208310 tokens > 200000 maximum", null),
            ("""input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000, decrease input length or `max_tokens` and try again""", null),
            ("max_tokens is too large: 32000.", null),
            ("""Invalid 'messages[0].content': string too long. Expected a string with maximum length 10485760, but got a string with length 10485761 instead.""", "string_above_max_length"),
        })
        {
            upstream.ThenJson(
                $$$"""{"error":{"message":"{{{said}}}","type":"invalid_request_error","param":null,"code":{{{JsonSerializer.Serialize(code)}}}}}""",
                400);

            using var response = await ClientFormat.Of("anthropic-messages").AskAsync(gateway, stream: false);

            var error = JsonElement.Parse(await response.Content.ReadAsByteArrayAsync()).GetProperty("error");
            Assert.Equal(said, error.GetProperty("message").GetString());
        }
    }
}
