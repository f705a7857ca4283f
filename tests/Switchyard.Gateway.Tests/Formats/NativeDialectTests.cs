using System.Net;
using System.Text;
using System.Text.Json;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Formats;

/// <summary>An OpenAI client in front of providers that speak their own format.</summary>
public sealed class NativeDialectTests
{
    private const string OllamaCall = """{"model":"qwen3","created_at":"2026-08-07T06:08:10Z","message":{"role":"assistant","content":"","tool_calls":[{"function":{"name":"lookup","arguments":{"q":"tide"}}}]},"done":false}""";
    private const string OllamaDone = """{"model":"qwen3","created_at":"2026-08-07T06:08:11Z","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","prompt_eval_count":17,"eval_count":5}""";
    private const string Tools = ""","tools":[{"type":"function","function":{"name":"lookup"}}]""";

    [Fact]
    public async Task An_answer_of_Ollama_reaches_an_OpenAI_client_whole()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, "ollama");
        upstream.ThenJson("""{"model":"qwen3","created_at":"2026-08-07T06:08:09Z","message":{"role":"assistant","content":"hello","thinking":"hm"},"done":true,"done_reason":"stop","prompt_eval_count":17,"eval_count":50}""");

        var response = await gateway.ChatAsync(Some.ChatRequest(extra: ",\"max_completion_tokens\":9,\"user\":\"u\""));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("user", response.Headers.GetValues("x-switchyard-dropped").Single());
        var answer = JsonElement.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal("hello", answer.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString());
        Assert.Equal("hm", answer.GetProperty("choices")[0].GetProperty("message").GetProperty("reasoning_content").GetString());
        Assert.Equal(67, answer.GetProperty("usage").GetProperty("total_tokens").GetInt32());
        Assert.Equal("/v1/chat", upstream.LastRequest.Path);
        Assert.Equal(
            """{"model":"some-model","messages":[{"role":"user","content":"Hello"}],"stream":false,"options":{"num_predict":9}}""",
            upstream.LastRequest.Text);
    }

    [Covers("T5")]
    [Fact]
    public async Task A_stream_of_Ollama_reaches_an_OpenAI_client_however_it_is_cut()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, "ollama");
        var stream = Encoding.UTF8.GetBytes($$$"""{"model":"qwen3","created_at":"2026-08-07T06:08:09Z","message":{"role":"assistant","content":"Grüße"},"done":false}{{{"\n"}}}{{{OllamaCall}}}{{{"\n"}}}{{{OllamaDone}}}{{{"\n"}}}""");
        foreach (var cut in new[] { 1, 90, 91, 150, stream.Length - 2 })
        {
            upstream.Then(async http =>
            {
                http.Response.ContentType = "application/x-ndjson";
                await http.Response.Body.WriteAsync(stream.AsMemory(0, cut));
                await http.Response.Body.FlushAsync();
                await http.Response.Body.WriteAsync(stream.AsMemory(cut));
            });
            var response = await gateway.ChatAsync(
                Some.ChatRequest(stream: true, extra: Tools + ",\"stream_options\":{\"include_usage\":true}"));

            Assert.Equal("text/event-stream; charset=utf-8", response.Content.Headers.ContentType!.ToString());
            var body = await response.Content.ReadAsByteArrayAsync();
            var grammar = OpenAIStreamGrammar.Read(body, includeUsage: true, endsWithError: false, out var problems);
            Assert.Empty(problems);
            Assert.Equal("Grüße", grammar.Text[0]);
            var text = Encoding.UTF8.GetString(body);
            Assert.Contains("\"finish_reason\":\"tool_calls\"", text, StringComparison.Ordinal);
            Assert.Contains("""{\"q\":\"tide\"}""", text, StringComparison.Ordinal);
            Assert.Equal("application/x-ndjson", upstream.LastRequest.Headers["Accept"]);
            Assert.True(JsonElement.Parse(upstream.LastRequest.Body).GetProperty("stream").GetBoolean());
        }
    }

    [Covers("E10")]
    [Fact]
    public async Task An_error_of_Ollama_keeps_its_status_and_takes_the_clients_shape()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, "ollama");
        upstream.ThenJson("""{"error":"model 'some-model' not found"}""", 404);
        foreach (var stream in new[] { false, true })
        {
            var response = await gateway.ChatAsync(Some.ChatRequest(stream: stream));
            Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
            var error = JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("error");
            Assert.Equal("model 'some-model' not found", error.GetProperty("message").GetString());
            Assert.Equal("model_not_found", error.GetProperty("code").GetString());
        }
    }

    [Covers("E10")]
    [Fact]
    public async Task An_error_in_the_first_line_of_a_stream_is_an_error_and_no_stream()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, "ollama");
        upstream.ThenBytes("""{"error":"the model runner has crashed"}"""u8.ToArray(), "application/x-ndjson");

        var response = await gateway.ChatAsync(Some.ChatRequest(stream: true));

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Contains("the model runner has crashed", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Embeddings_of_Ollama_reach_an_OpenAI_client_in_base64_when_it_asks()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, "ollama");
        upstream.ThenJson("""{"model":"e","embeddings":[[1,0.5]],"prompt_eval_count":4}""");

        var response = await gateway.PostAsync("/v1/embeddings", """{"model":"up/some-model","input":"hi","encoding_format":"base64"}""");

        var answer = JsonElement.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal("AACAPwAAAD8=", answer.GetProperty("data")[0].GetProperty("embedding").GetString());
        Assert.Equal("/v1/embed", upstream.LastRequest.Path);
        Assert.Equal("""{"model":"some-model","input":["hi"]}""", upstream.LastRequest.Text);
    }

    [Theory]
    [InlineData("cohere.embed-english-v3", """{"embeddings":[[1,0.5]],"response_type":"embeddings_floats"}""", "7", 7)]
    [InlineData("amazon.titan-embed-text-v2:0", """{"embedding":[1,0.5],"inputTextTokenCount":3}""", "7", 3)]
    [InlineData("cohere.embed-english-v3", """{"embeddings":[[1,0.5]],"response_type":"embeddings_floats"}""", "many", 0)]
    public async Task The_usage_of_embeddings_on_Bedrock_is_that_of_the_body_or_else_of_a_header(
        string model, string body, string header, int tokens)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, "bedrock-converse", model);
        upstream.ThenJson(body, 200, ("x-amzn-bedrock-input-token-count", header));

        var response = await gateway.PostAsync("/v1/embeddings", $$"""{"model":"up/{{model}}","input":"hi"}""");

        var answer = JsonElement.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal(1, answer.GetProperty("data")[0].GetProperty("embedding")[0].GetInt32());
        Assert.Equal(tokens, answer.GetProperty("usage").GetProperty("prompt_tokens").GetInt32());
        Assert.Equal(tokens, answer.GetProperty("usage").GetProperty("total_tokens").GetInt32());
    }

    [Fact]
    public async Task An_answer_of_Cohere_reaches_an_OpenAI_client_whole()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, "cohere");
        upstream.ThenJson("""{"id":"a1","message":{"role":"assistant","tool_plan":"I will look.","tool_calls":[{"id":"lookup_1","type":"function","function":{"name":"lookup","arguments":"{\"q\":1}"}}]},"finish_reason":"TOOL_CALL","usage":{"billed_units":{"input_tokens":98,"output_tokens":35},"tokens":{"input_tokens":1508,"output_tokens":67},"cached_tokens":704}}""");

        var response = await gateway.ChatAsync(Some.ChatRequest(extra: Tools[..^1] + """,{"type":"function","function":{"name":"other"}}],"tool_choice":{"type":"function","function":{"name":"lookup"}},"logit_bias":{"1":1}"""));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("logit_bias", response.Headers.GetValues("x-switchyard-dropped").Single());
        var answer = JsonElement.Parse(await response.Content.ReadAsStringAsync());
        var choice = answer.GetProperty("choices")[0];
        Assert.Equal("tool_calls", choice.GetProperty("finish_reason").GetString());
        Assert.Equal("I will look.", choice.GetProperty("message").GetProperty("reasoning_content").GetString());
        Assert.Equal(
            """{"q":1}""",
            choice.GetProperty("message").GetProperty("tool_calls")[0].GetProperty("function").GetProperty("arguments").GetString());
        Assert.Equal(133, answer.GetProperty("usage").GetProperty("total_tokens").GetInt32());
        Assert.Equal("/v1/chat", upstream.LastRequest.Path);
        var sent = JsonElement.Parse(upstream.LastRequest.Body);
        Assert.Equal("REQUIRED", sent.GetProperty("tool_choice").GetString());
        Assert.Equal(1, sent.GetProperty("tools").GetArrayLength());
    }

    [Fact]
    public async Task A_stream_of_Cohere_reaches_an_OpenAI_client()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, "cohere");
        upstream.ThenStream(
            "event: message-start\ndata: {\"id\":\"a1\",\"type\":\"message-start\",\"delta\":{\"message\":{\"role\":\"assistant\"}}}\n\n",
            "event: content-delta\n"
                + """data: {"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"Hi"}}}}""" + "\n\n",
            "event: message-end\n"
                + """data: {"type":"message-end","delta":{"finish_reason":"COMPLETE","usage":{"billed_units":{"input_tokens":7,"output_tokens":2}}}}"""
                + "\n\n",
            "data: [DONE]\n\n");

        var response = await gateway.ChatAsync(Some.ChatRequest(stream: true, extra: ",\"stream_options\":{\"include_usage\":true}"));

        var grammar = OpenAIStreamGrammar.Read(
            await response.Content.ReadAsByteArrayAsync(), includeUsage: true, endsWithError: false, out var problems);
        Assert.Empty(problems);
        Assert.Equal("Hi", grammar.Text[0]);
    }

    [Covers("T15")]
    [Fact]
    public async Task What_a_provider_cannot_do_is_refused_before_it_is_asked()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, "ollama");

        var response = await gateway.ChatAsync(Some.ChatRequest(extra: Tools + ",\"tool_choice\":\"required\""));

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal(
            "tool_choice",
            JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("error").GetProperty("param").GetString());
        Assert.Empty(upstream.Requests);
    }

    [Covers("T12")]
    [Fact]
    public async Task Mistral_is_sent_what_it_takes_and_its_stream_comes_back()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(options =>
            options.Providers["mistral"] = new ProviderOptions { BaseUrl = upstream.BaseUrl, Key = "sk-upstream-secret" });
        upstream.ThenStream(
            Some.Chunk(
                """{"role":"assistant","content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]}]}""",
                extra: ",\"p\":\"abc\""),
            Some.Chunk("""{"content":"yes"}""", extra: ",\"p\":\"abcdef\""),
            Some.Chunk("""{"content":""}""", "\"stop\"", ",\"usage\":{\"prompt_tokens\":11,\"total_tokens\":14,\"completion_tokens\":3}"),
            Some.Done);

        var response = await gateway.ChatAsync("""
            {"model":"mistral/mistral-small-latest","stream":true,"stream_options":{"include_usage":true},"user":"u","max_completion_tokens":9,"tool_choice":"required",
             "messages":[{"role":"developer","content":"Be terse."},{"role":"assistant","content":null,"refusal":null,"tool_calls":[{"id":"call_abcdefghijk","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"call_abcdefghijk","content":"one"}],
             "tools":[{"type":"function","function":{"name":"f"}}]}
            """);

        var body = await response.Content.ReadAsByteArrayAsync();
        var grammar = OpenAIStreamGrammar.Read(body, includeUsage: true, endsWithError: false, out var problems);
        Assert.Empty(problems);
        Assert.Equal("yes", grammar.Text[0]);
        var text = Encoding.UTF8.GetString(body);
        Assert.Contains("\"reasoning_content\":\"hm\"", text, StringComparison.Ordinal);
        Assert.Contains("\"choices\":[],\"usage\":{\"prompt_tokens\":11", text, StringComparison.Ordinal);
        Assert.Equal("user", response.Headers.GetValues("x-switchyard-dropped").Single());
        var sent = JsonElement.Parse(upstream.LastRequest.Body);
        Assert.Equal(
            ["model", "messages", "tools", "tool_choice", "max_tokens", "stream"], sent.EnumerateObject().Select(member => member.Name));
        Assert.Equal("any", sent.GetProperty("tool_choice").GetString());
        var messages = sent.GetProperty("messages");
        Assert.Equal("system", messages[0].GetProperty("role").GetString());
        Assert.Equal(["role", "content", "tool_calls"], messages[1].EnumerateObject().Select(member => member.Name));
        var id = messages[1].GetProperty("tool_calls")[0].GetProperty("id").GetString();
        Assert.Matches("^[a-zA-Z0-9]{9}$", id);
        Assert.Equal(id, messages[2].GetProperty("tool_call_id").GetString());
    }

    [Fact]
    public async Task Mistral_is_forwarded_to_where_nothing_need_change_inside()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(options =>
            options.Providers["mistral"] = new ProviderOptions { BaseUrl = upstream.BaseUrl, Key = "sk-upstream-secret" });

        await gateway.ChatAsync(
            """{ "model":"mistral/mistral-small-latest", "messages":[{"role":"user","content":"hi"}], "seed": 7, "safe_prompt":true }""");

        Assert.Equal(
            """{ "model":"mistral-small-latest", "messages":[{"role":"user","content":"hi"}], "random_seed": 7, "safe_prompt":true }""",
            upstream.LastRequest.Text);
    }

    private static Task<GatewayHost> StartAsync(FakeUpstream upstream, string dialect, string model = "some-model") =>
        GatewayHost.StartAsync(options => options.Providers["up"] =
            new ProviderOptions { BaseUrl = upstream.BaseUrl, Key = "sk-upstream-secret", Models = [model], Dialect = dialect });
}
