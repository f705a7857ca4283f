using System.Net;
using System.Text;
using System.Text.Json;
using Switchyard.Canonical;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Formats;

/// <summary>Clients of Gemini's format, and providers that speak it.</summary>
public sealed class GeminiTests
{
    private const string Hello = """{"contents":[{"role":"user","parts":[{"text":"Hello"}]}]}""";

    private const string Answer = """{"candidates":[{"content":{"parts":[{"text":"Hi"}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":4,"candidatesTokenCount":1,"totalTokenCount":5},"modelVersion":"m","responseId":"r"}""";

    [Theory]
    [InlineData("/v1beta/models/up/some-model:generateContent")]
    [InlineData("/v1beta/models/up/some-model:generateContent/")]
    [InlineData("/v1beta/models/up%2Fsome-model:generateContent")]
    [InlineData("/genai/v1beta/models/some-model:generateContent")]
    [InlineData("/v1/models/up/some-model:generateContent")]
    [InlineData("/v1beta/up/some-model:generateContent")]
    [InlineData("/genai/v1beta/up/some-model:generateContent")]
    public async Task A_client_of_this_format_is_answered_by_a_provider_of_another(string path)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);

        var response = await gateway.PostAsync(path, Hello);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        using var answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        var candidate = answer.RootElement.GetProperty("candidates")[0];
        Assert.Equal("Hello there!", candidate.GetProperty("content").GetProperty("parts")[0].GetProperty("text").GetString());
        Assert.Equal("STOP", candidate.GetProperty("finishReason").GetString());
        Assert.Equal(12, answer.RootElement.GetProperty("usageMetadata").GetProperty("totalTokenCount").GetInt32());
        Assert.Equal("/v1/chat/completions", upstream.LastRequest.Path);
        Assert.Equal(
            "Hello",
            JsonDocument.Parse(upstream.LastRequest.Body).RootElement.GetProperty("messages")[0].GetProperty("content").GetString());
    }

    [Fact]
    public async Task A_stream_comes_as_events_or_as_one_list()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        upstream.ThenStream(Some.ChatStream(usage: true));

        var events = await gateway.PostAsync("/v1beta/models/up/some-model:streamGenerateContent?alt=sse", Hello);
        Assert.Equal("text/event-stream; charset=utf-8", events.Content.Headers.ContentType!.ToString());
        var read = GeminiStreamGrammar.Read(await events.Content.ReadAsByteArrayAsync(), endsWithError: false, out var problems);
        Assert.Empty(problems);
        Assert.Equal("Hi there", read.Text[0]);
        Assert.Equal(11, read.Usage!.Value.GetProperty("totalTokenCount").GetInt32());

        var list = await gateway.PostAsync("/v1beta/models/up/some-model:streamGenerateContent", Hello);
        Assert.Equal("application/json; charset=utf-8", list.Content.Headers.ContentType!.ToString());
        Assert.Equal(
            "Hi there",
            GeminiStreamGrammar.ReadArray(await list.Content.ReadAsByteArrayAsync(), endsWithError: false, out problems).Text[0]);
        Assert.Empty(problems);
    }

    [Fact]
    public async Task A_client_of_another_format_is_answered_by_a_provider_of_this_one()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartWithGeminiAsync(upstream);
        upstream.ThenJson(Answer);

        var response = await gateway.ChatAsync(Some.ChatRequest(extra: ",\"user\":\"u\""));

        using var answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal("Hi", answer.RootElement.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString());
        Assert.Equal(5, answer.RootElement.GetProperty("usage").GetProperty("total_tokens").GetInt32());
        Assert.Equal("user", response.Headers.GetValues("x-switchyard-dropped").Single());
        Assert.Equal("/v1/models/some-model:generateContent", upstream.LastRequest.Path);
        Assert.Equal("""{"contents":[{"role":"user","parts":[{"text":"Hello"}]}],"generationConfig":{}}""", upstream.LastRequest.Text);
    }

    [Covers("S004-68")]
    [Fact]
    public async Task A_stream_of_this_format_reaches_a_client_of_another()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartWithGeminiAsync(upstream);
        upstream.ThenStream($"data: {Answer}\r\n\r\n");

        var response = await gateway.ChatAsync(Some.ChatRequest(stream: true, extra: ",\"stream_options\":{\"include_usage\":true}"));

        var read = OpenAIStreamGrammar.Read(
            await response.Content.ReadAsByteArrayAsync(), includeUsage: true, endsWithError: false, out var problems);
        Assert.Empty(problems);
        Assert.Equal("Hi", read.Text[0]);
        Assert.Equal("/v1/models/some-model:streamGenerateContent?alt=sse", upstream.LastRequest.Path);
    }

    [Fact]
    public async Task The_same_format_on_both_sides_is_forwarded_byte_for_byte()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartWithGeminiAsync(upstream);
        const string body = """{ "contents": [{"parts":[{"text":"é \u00e9"}]}], "unknownField": 1.50 }""";
        upstream.ThenJson(Answer).ThenStream($"data: {Answer}\r\n\r\n");

        var whole = await gateway.PostAsync("/v1beta/models/up/some-model:generateContent", body);
        Assert.Equal(Answer, await whole.Content.ReadAsStringAsync());
        Assert.Equal(body, upstream.LastRequest.Text);
        var stream = await gateway.PostAsync("/v1beta/models/up/some-model:streamGenerateContent?alt=sse", body);
        Assert.Equal($"data: {Answer}\r\n\r\n", await stream.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task The_usage_of_a_forwarded_image_is_read_behind_all_of_it()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        var ended = new TaskCompletionSource<TokenUsage>();
        await using var gateway = await GatewayHost.StartAsync(
            upstream,
            options => options.Providers["up"].Dialect = "gemini",
            builder => builder.AddSink(new EndedSink(call => ended.TrySetResult(call.Usage))));
        var sent = Answer.Replace(
            """{"text":"Hi"}""", $$$"""{"inlineData":{"mimeType":"image/png","data":"{{{new string('A', 400_000)}}}"}}""",
            StringComparison.Ordinal);
        upstream.ThenJson(sent);

        var response = await gateway.PostAsync("/v1beta/models/up/some-model:generateContent", Hello);

        Assert.Equal(sent, await response.Content.ReadAsStringAsync());
        var usage = await ended.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal((4, 1), (usage.Input, usage.Output));
    }

    [Fact]
    public async Task Tokens_are_counted_and_texts_embedded()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartWithGeminiAsync(upstream);
        upstream.ThenJson("""{"totalTokens":7}""").ThenJson("""{"embeddings":[{"values":[1,2]}]}""");

        var count = await gateway.PostAsync("/v1beta/models/up/some-model:countTokens", Hello);
        Assert.Equal("""{"totalTokens":7}""", await count.Content.ReadAsStringAsync());
        Assert.EndsWith(":countTokens", upstream.LastRequest.Path, StringComparison.Ordinal);
        var one = await gateway.PostAsync("/v1beta/models/up/some-model:embedContent", """{"content":{"parts":[{"text":"a"}]}}""");
        Assert.Equal("""{"embedding":{"values":[1,2]}}""", await one.Content.ReadAsStringAsync());
        var batch = await gateway.PostAsync(
            "/v1beta/models/up/some-model:batchEmbedContents",
            """{"requests":[{"model":"models/x","content":{"parts":[{"text":"a"}]}}]}""");
        Assert.Equal("""{"embeddings":[{"values":[1,2]}]}""", await batch.Content.ReadAsStringAsync());
        Assert.EndsWith(":batchEmbedContents", upstream.LastRequest.Path, StringComparison.Ordinal);
        var openAI = await gateway.PostAsync("/v1/embeddings", """{"model":"up/some-model","input":"a"}""");
        Assert.Contains("\"embedding\":[1,2]", await openAI.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_masked_text_is_embedded_with_the_picture_beside_it()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(
            upstream,
            options =>
            {
                options.Providers["up"].Dialect = "gemini";
                options.Guards["pii"] = new() { Type = "mask", On = ["request"] };
            });
        upstream.ThenJson("""{"embeddings":[{"values":[1,2]}]}""");

        var response = await gateway.PostAsync(
            "/v1beta/models/up/some-model:embedContent",
            """{"content":{"parts":[{"text":"ada@example.com"},{"inlineData":{"mimeType":"image/png","data":"AA=="}}]}}""");

        Assert.Equal("""{"embedding":{"values":[1,2]}}""", await response.Content.ReadAsStringAsync());
        Assert.Equal(
            """{"requests":[{"model":"models/some-model","content":{"parts":[{"text":"[EMAIL_1]"},{"inlineData":{"mimeType":"image/png","data":"AA=="}}]}}]}""",
            upstream.LastRequest.Text);
    }

    [Fact]
    public async Task A_picture_is_refused_where_only_its_text_would_be_embedded()
    {
        await using var gateway = await GatewayHost.StartAsync();

        var response = await gateway.PostAsync(
            "/v1beta/models/mock/mock-model-v1:embedContent",
            """{"content":{"parts":[{"text":"a"},{"inlineData":{"mimeType":"image/png","data":"AA=="}}]}}""");

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("embeds text alone", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_of_a_client_of_this_format_is_not_downloaded_for_a_provider_of_it()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartWithGeminiAsync(upstream);
        upstream.ThenStream($"data: {Answer}\r\n\r\n");

        // A stream as one list is translated, and this address must not be reached from here.
        var response = await gateway.PostAsync(
            "/v1beta/models/up/some-model:streamGenerateContent",
            """{"contents":[{"role":"user","parts":[{"fileData":{"fileUri":"https://127.0.0.1/film"}},{"text":"What is it about?"}]}]}""");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains("\"fileUri\":\"https://127.0.0.1/film\"", upstream.LastRequest.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1beta/models/up/some-model:translate", 404, "NOT_FOUND")]
    [InlineData("/v1beta/models/some-model", 404, "NOT_FOUND")]
    [InlineData("/v1beta/nothing", 404, "NOT_FOUND")]
    [InlineData("/v1beta/up/some-model:translate", 404, "NOT_FOUND")]
    [InlineData("/v1beta/v1beta/models/up/some-model:generateContent", 404, "NOT_FOUND")]
    [InlineData("/genai/v1/nothing", 404, "NOT_FOUND")]
    [InlineData("/v1beta/models/nobodys-model:generateContent", 404, "NOT_FOUND")]
    public async Task What_is_not_there_is_refused_in_this_formats_shape(string path, int code, string status)
    {
        await using var gateway = await GatewayHost.StartAsync();

        var response = await gateway.PostAsync(path, Hello);

        Assert.Equal(code, (int)response.StatusCode);
        var error = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("error");
        Assert.Equal((code, status), (error.GetProperty("code").GetInt32(), error.GetProperty("status").GetString()));
        Assert.False(string.IsNullOrEmpty(error.GetProperty("message").GetString()));
    }

    [Theory]
    [InlineData("/v1beta/files", 404)]
    [InlineData("/genai/v1beta/cachedContents/x", 404)]
    [InlineData("/v1beta/up/some-model:generateContent", 405)]
    public async Task A_path_without_a_method_of_a_model_does_not_exist(string path, int status)
    {
        await using var gateway = await GatewayHost.StartAsync();

        using var response = await gateway.Http.GetAsync(path);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(status == 405, response.Content.Headers.Allow.Contains("POST"));
    }

    [Theory]
    [InlineData("/v1/models")]
    [InlineData("/v1/models/some-model")]
    public async Task The_other_formats_addresses_stay_its_own(string path)
    {
        await using var gateway = await GatewayHost.StartAsync();
        var response = await gateway.PostAsync(path, Hello);
        Assert.Equal(405, (int)response.StatusCode);
        Assert.Contains("\"type\":", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_may_stand_where_clients_of_this_format_put_it()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, options => options.Server.Keys = ["client-key"]);
        const string path = "/v1beta/models/up/some-model:generateContent";

        Assert.Equal(HttpStatusCode.OK, (await gateway.PostAsync(path, Hello, ("x-goog-api-key", "client-key"))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await gateway.PostAsync(path + "?key=client-key", Hello)).StatusCode);
        var refused = await gateway.PostAsync(path, Hello, ("x-goog-api-key", "other"));
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Contains("\"status\":\"UNAUTHENTICATED\"", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.All(
            upstream.Requests,
            request => Assert.DoesNotContain("client-key", request.Path + string.Concat(request.Headers.Values), StringComparison.Ordinal));
    }

    [Covers("E10")]
    [Theory]
    [InlineData(400, """{"error":{"code":400,"message":"Bad field","status":"INVALID_ARGUMENT"}}""", 400, "invalid_request_error")]
    [InlineData(429, """{"error":{"code":429,"message":"quota","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"48s"}]}}""", 429, "rate_limit_error")]
    [InlineData(
        400,
        """{"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}""",
        500, "server_error")]
    public async Task An_error_before_a_stream_keeps_its_status_and_takes_the_clients_shape(
        int status, string body, int expected, string type)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartWithGeminiAsync(upstream);
        upstream.ThenJson(body, status);

        var response = await gateway.ChatAsync(Some.ChatRequest(stream: true));

        Assert.Equal(expected, (int)response.StatusCode);
        var error = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("error");
        Assert.Equal(type, error.GetProperty("type").GetString());
        if (status == 429)
            Assert.Equal("48", response.Headers.GetValues("Retry-After").Single());
    }

    private static Task<GatewayHost> StartWithGeminiAsync(FakeUpstream upstream) => GatewayHost.StartAsync(
        upstream,
        options => options.Providers["up"].Dialect = "gemini");
}
