using System.Net;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Client;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Translation;

/// <summary>A model's capabilities decide what is sent to it, for clients of every format.</summary>
public sealed class ModelFactTests
{
    private const string Tool = """{"name":"f","input_schema":{"type":"object"}}""";
    private const string ChatTool = """{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}""";

    private const string ResponsesAnswer = """
        {"id":"resp_1","object":"response","created_at":1790000000,"status":"completed","model":"gpt-x","output":[{"id":"msg_1","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","text":"Hello there!","annotations":[]}]}],"usage":{"input_tokens":9,"output_tokens":3,"total_tokens":12}}
        """;

    [Covers("X1")]
    [Theory]
    [InlineData("openai", "gpt-5.6-sol", "", true)]
    [InlineData("openai", "gpt-5.5", "", true)]
    [InlineData("openai", "gpt-5.4", "", false)]
    [InlineData("openai", "gpt-5.4", ""","output_config":{"effort":"high"}""", true)]
    [InlineData("openai", "gpt-5.4", ""","output_config":{"effort":"high"},"thinking":{"type":"disabled"}""", false)]
    [InlineData("openai", "gpt-4o", ""","output_config":{"effort":"high"}""", false)]
    [InlineData("azure-openai", "gpt-5.6-sol", "", true)]
    public async Task A_model_that_takes_tools_in_Responses_alone_is_asked_there(string provider, string model, string more, bool responses)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, provider);
        upstream.ThenJson(responses ? ResponsesAnswer : Some.ChatCompletion());

        using var response = await gateway.PostAsync(
            "/v1/messages",
            $$"""{"model":"{{provider}}/{{model}}","max_tokens":100,"messages":[{"role":"user","content":"x"}],"tools":[{{Tool}}]{{more}}}""");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.EndsWith(responses ? "/responses" : "/chat/completions", upstream.LastRequest.Path, StringComparison.Ordinal);
        Assert.Contains("Hello there!", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Covers("X1")]
    [Theory]
    [InlineData("/v1/chat/completions", """{"model":"openai/gpt-5.5","messages":[{"role":"user","content":"x"}],"tools":[$]}""", true)]
    [InlineData("/v1/chat/completions", """{"model":"openai/gpt-5.5","messages":[{"role":"user","content":"x"}]}""", false)]
    [InlineData("/v1/chat/completions", """{"model":"openai/gpt-5-codex","messages":[{"role":"user","content":"x"}]}""", true)]
    [InlineData("/v1/chat/completions", """{"model":"openai/gpt-5.2-pro","messages":[{"role":"user","content":"x"}]}""", true)]
    [InlineData("/v1/messages", """{"model":"openai/o3-pro","max_tokens":100,"messages":[{"role":"user","content":"x"}]}""", true)]
    [InlineData(
        "/v1beta/models/openai%2Fgpt-5.6-sol:generateContent",
        """{"contents":[{"role":"user","parts":[{"text":"x"}]}],"tools":[{"functionDeclarations":[{"name":"f"}]}]}""", true)]
    public async Task The_model_decides_for_clients_of_every_format(string path, string body, bool responses)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, "openai");
        upstream.ThenJson(responses ? ResponsesAnswer : Some.ChatCompletion());

        using var response = await gateway.PostAsync(path, body.Replace("$", ChatTool, StringComparison.Ordinal));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.EndsWith(responses ? "/responses" : "/chat/completions", upstream.LastRequest.Path, StringComparison.Ordinal);
    }

    [Covers("X1")]
    [Fact]
    public async Task In_process_the_model_decides_as_well()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, "openai");
        upstream.ThenJson(ResponsesAnswer);
        using var client = new SwitchyardChatClient(gateway.Engine);

        var answer = await client.GetResponseAsync("x", new ChatOptions { ModelId = "openai/o3-pro" });

        Assert.Equal("Hello there!", answer.Text);
        Assert.EndsWith("/responses", upstream.LastRequest.Path, StringComparison.Ordinal);
    }

    [Covers("X1", "Z1")]
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task In_process_an_effort_counts_however_it_is_said(bool plain)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, "openai");
        upstream.ThenJson(ResponsesAnswer);
        using var client = new SwitchyardChatClient(gateway.Engine);
        var options = new ChatOptions { ModelId = "openai/gpt-5.4", Tools = [AIFunctionFactory.Create(() => "now", "time")] };
        if (plain)
            options.AdditionalProperties = new() { ["reasoning_effort"] = "high" };
        else
            options.RawRepresentationFactory = _ => JsonElement.Parse("""{"reasoning_effort":"high"}""");

        await client.GetResponseAsync("x", options);

        Assert.EndsWith("/responses", upstream.LastRequest.Path, StringComparison.Ordinal);
        Assert.Equal("high", JsonElement.Parse(upstream.LastRequest.Body).GetProperty("reasoning").GetProperty("effort").GetString());
    }

    [Covers("X5")]
    [Theory]
    [InlineData("gpt-5", "minimal", "reasoning_effort")]
    [InlineData("gpt-5.2", "none", null)]
    [InlineData("gpt-4o", null, null)]
    [InlineData("o3", "low", "reasoning_effort")]
    public async Task Thinking_that_is_disabled_stays_off_beside_any_effort(string model, string? effort, string? dropped)
    {
        foreach (var more in new[] { "", ""","output_config":{"effort":"max"}""" })
        {
            var (sent, response) = await SendAsync(
                "/v1/messages",
                $$"""{"model":"openai/{{model}}","max_tokens":100,"messages":[{"role":"user","content":"x"}],"thinking":{"type":"disabled"}{{more}}}""");
            using (response)
            {
                Assert.Equal(effort, sent.TryGetProperty("reasoning_effort", out var word) ? word.GetString() : null);
                // The effort is lost, because the other field contradicts it.
                string?[] lost = [more.Length == 0 ? null : "output_config.effort", dropped];
                Assert.Equal(string.Join(", ", lost.OfType<string>()), Dropped(response) ?? "");
            }
        }
    }

    [Covers("X5")]
    [Theory]
    [InlineData("gpt-5", "max", "high")]
    [InlineData("gpt-5.1", "minimal", "none")]
    [InlineData("gpt-5.2", "max", "xhigh")]
    [InlineData("o3", "xhigh", "high")]
    [InlineData("gpt-4o", "high", null)]
    public async Task An_effort_becomes_the_nearest_the_model_knows_and_is_named(string model, string wanted, string? sent)
    {
        var (body, response) = await SendAsync(
            "/v1/messages",
            $$"""{"model":"openai/{{model}}","max_tokens":100,"messages":[{"role":"user","content":"x"}],"thinking":{"type":"adaptive"},"output_config":{"effort":"{{wanted}}"} }""");
        using (response)
        {
            Assert.Equal(sent, body.TryGetProperty("reasoning_effort", out var word) ? word.GetString() : null);
            Assert.Equal("reasoning_effort", Dropped(response));
        }
    }

    [Covers("X9")]
    [Theory]
    [InlineData("/v1/chat/completions", "gpt-5", "\"temperature\":0.5,\"top_p\":0.9,\"stop\":[\"a\"]", "temperature,top_p,stop")]
    [InlineData("/v1/chat/completions", "o3", "\"temperature\":0.5,\"stop\":\"a\"", "temperature,stop")]
    [InlineData("/v1/chat/completions", "gpt-5", "\"temperature\":1,\"top_p\":1", null)]
    [InlineData("/v1/chat/completions", "gpt-5.2", "\"temperature\":0.5", null)]
    [InlineData(
        "/v1/messages", "gpt-5", "\"temperature\":0.5,\"top_p\":0.9,\"stop_sequences\":[\"a\"],\"max_tokens\":50",
        "temperature,top_p,stop")]
    public async Task Fields_a_model_refuses_are_left_out_and_named(string path, string model, string fields, string? dropped)
    {
        var (sent, response) = await SendAsync(
            path, $$"""{"model":"openai/{{model}}","messages":[{"role":"user","content":"x"}],{{fields}}}""");
        using (response)
        {
            Assert.Equal(dropped, Dropped(response)?.Replace(" ", "", StringComparison.Ordinal));
            foreach (var field in dropped?.Split(',') ?? [])
                Assert.False(sent.TryGetProperty(field, out _), field);
        }
    }

    [Covers("X9", "X12")]
    [Theory]
    [InlineData("/v1/messages", "claude-opus-4-8", "\"top_k\":5,\"top_p\":0.5,\"stop_sequences\":[\"a\"]", "top_p,top_k", null)]
    [InlineData("/v1/messages", "claude-haiku-4-5", "\"top_k\":5", null, null)]
    [InlineData("/v1/messages", "claude-opus-4-8", "\"temperature\":0.5,\"output_config\":{\"effort\":\"high\"}", "temperature", null)]
    [InlineData("/v1/chat/completions", "claude-opus-9", "\"temperature\":0.5,\"reasoning_effort\":\"high\"", "temperature", "adaptive")]
    public async Task Claude_is_sent_no_sampling_it_refuses_forwarded_or_not(
        string path, string model, string fields, string? dropped, string? thinking)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, "anthropic");
        upstream.ThenJson("""{"id":"msg_1","type":"message","role":"assistant","model":"c","content":[{"type":"text","text":"Hi"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":1}}""");

        using var response = await gateway.PostAsync(
            path, $$"""{"model":"anthropic/{{model}}","max_tokens":100,"messages":[{"role":"user","content":"x"}],{{fields}}}""");

        var sent = JsonElement.Parse(upstream.LastRequest.Body);
        Assert.Equal(dropped, Dropped(response)?.Replace(" ", "", StringComparison.Ordinal));
        Assert.Equal(dropped is null, sent.TryGetProperty("top_k", out _));
        Assert.False(sent.TryGetProperty("temperature", out _));
        Assert.Equal(thinking, sent.TryGetProperty("thinking", out var member) ? member.GetProperty("type").GetString() : null);
    }

    [Covers("X9")]
    [Theory]
    [InlineData("/v1/messages", ""","max_tokens":50,"temperature":0.5,"top_p":0.9,"top_k":4""", "temperature,top_p,top_k")]
    [InlineData("/v1/chat/completions", ""","top_p":0.9,"top_k":4""", "top_p,top_k")]
    public async Task Claude_on_Bedrock_is_sent_no_sampling_it_refuses(string path, string fields, string dropped)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, "bedrock");
        upstream.ThenJson(ProviderFormat.Of("bedrock-converse").Whole);

        using var response = await gateway.PostAsync(
            path, $$"""{"model":"bedrock/us.anthropic.claude-opus-4-7-v1:0","messages":[{"role":"user","content":"x"}]{{fields}}}""");

        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        Assert.Equal(dropped, Dropped(response)?.Replace(" ", "", StringComparison.Ordinal));
        Assert.DoesNotContain("top", upstream.LastRequest.Text, StringComparison.OrdinalIgnoreCase);
    }

    [Covers("X12")]
    [Theory]
    [InlineData("gpt-5-codex", true)]
    [InlineData("gpt-5.5", true)]
    [InlineData("gpt-4o", false)]
    [InlineData("gpt-5-chat-latest", false)]
    public async Task Only_a_model_that_reasons_is_asked_for_its_reasoning_in_Responses(string model, bool reasons)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, "openai");
        upstream.Then((http, request) => FakeUpstream.WriteAsync(
            http, 200, "application/json",
            request.Path.EndsWith("/responses", StringComparison.Ordinal) ? ResponsesAnswer : Some.ChatCompletion()));

        using var response = await gateway.PostAsync(
            "/v1/messages",
            $$"""{"model":"openai/{{model}}","max_tokens":100,"messages":[{"role":"user","content":"x"}],"tools":[{{Tool}}]}""");

        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        Assert.Equal(
            reasons, upstream.LastRequest.Text.Contains("\"include\":[\"reasoning.encrypted_content\"]", StringComparison.Ordinal));
    }

    [Covers("X11")]
    [Theory]
    [InlineData("/v1/chat/completions")]
    [InlineData("/v1/responses")]
    public async Task DeepSeek_is_asked_for_JSON_with_the_schema_in_words(string path)
    {
        var schema = """{"type":"object","properties":{"city":{"type":"string"}}}""";
        var (sent, response) = await SendAsync(
            path,
            path.EndsWith("completions", StringComparison.Ordinal)
                ? $$$$"""{"model":"deepseek/deepseek-v4-pro","messages":[{"role":"user","content":"x"}],"response_format":{"type":"json_schema","json_schema":{"name":"a","schema":{{{{schema}}}}}}}"""
                : $$$$"""{"model":"deepseek/deepseek-v4-pro","input":"x","text":{"format":{"type":"json_schema","name":"a","schema":{{{{schema}}}}}}}""",
            "deepseek");
        using (response)
        {
            Assert.Equal("""{"type":"json_object"}""", sent.GetProperty("response_format").GetRawText());
            Assert.Contains("\"city\"", sent.GetProperty("messages")[0].GetProperty("content").GetString(), StringComparison.Ordinal);
            Assert.Equal("response_format", Dropped(response));
        }
    }

    [Covers("X13")]
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_long_name_of_a_tool_is_fitted_for_the_provider_and_the_clients_again_in_the_answer(bool stream)
    {
        var name = "mcp__server__" + new string('x', 80);
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, "openai");
        upstream.Then(async (http, request) =>
        {
            var fitted = JsonElement.Parse(request.Body).GetProperty("tools")[0].GetProperty("function").GetProperty("name").GetString()!;
            Assert.Matches("^[a-zA-Z0-9_-]{1,64}$", fitted);
            var call = $$$"""[{"index":0,"id":"call_1","type":"function","function":{"name":"{{{fitted}}}","arguments":"{}"}}]""";
            http.Response.ContentType = stream ? "text/event-stream" : "application/json";
            var answer = stream
                ? Some.Chunk($$"""{"role":"assistant","tool_calls":{{call}}}""") + Some.Chunk("{}", "\"tool_calls\"") + Some.UsageChunk
                    + Some.Done
                : $$"""{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":{{call}}},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2} }""";
            await http.Response.Body.WriteAsync(System.Text.Encoding.UTF8.GetBytes(answer));
        });

        using var response = await gateway.PostAsync(
            "/v1/messages",
            $$$"""{"model":"openai/gpt-4o","max_tokens":100,"stream":{{{(stream ? "true" : "false")}}},"messages":[{"role":"user","content":"x"},{"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"{{{name}}}","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"y"}]}],"tools":[{"name":"{{{name}}}","input_schema":{"type":"object"}}],"tool_choice":{"type":"tool","name":"{{{name}}}"}}""");

        Assert.Contains($"\"name\":\"{name}\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain(name, upstream.LastRequest.Text, StringComparison.Ordinal);
        Assert.Null(Dropped(response));
    }

    [Covers("X18")]
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Custom_tools_and_namespaces_are_functions_for_the_provider_and_the_clients_own_in_the_answer(bool stream)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, "deepseek");
        const string calls = """[{"index":0,"id":"c3","type":"function","function":{"name":"apply_patch","arguments":"{\"input\":\"*** Begin\\n\"}"}},{"index":1,"id":"c4","type":"function","function":{"name":"mcp__files__read","arguments":"{\"path\":\"a\"}"}}]""";
        if (stream)
        {
            upstream.ThenStream(
                Some.Chunk($$"""{"role":"assistant","tool_calls":{{calls}} }"""), Some.Chunk("{}", "\"tool_calls\""), Some.UsageChunk,
                Some.Done);
        }
        else
        {
            upstream.ThenJson(
                $$"""{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":{{calls}} },"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2} }""");
        }

        using var response = await gateway.PostAsync(
            "/v1/responses",
            $$"""
            {"model":"deepseek/deepseek-v4-pro","stream":{{(stream ? "true" : "false")}},"input":[{"role":"user","content":"x"},
            {"type":"custom_tool_call","call_id":"c1","name":"apply_patch","input":"*** End"},{"type":"function_call","call_id":"c2","name":"read","namespace":"mcp__files","arguments":"{}"},
            {"type":"custom_tool_call_output","call_id":"c1","output":"done"},{"type":"function_call_output","call_id":"c2","output":"text"}],
            "tools":[{"type":"custom","name":"apply_patch","description":"Edits.","format":{"type":"grammar","syntax":"lark","definition":"start: x"} },
            {"type":"namespace","name":"mcp__files","description":"Files.","tools":[{"type":"function","name":"read","parameters":{"type":"object"},"strict":false}]}] }
            """);

        var sent = JsonElement.Parse(upstream.LastRequest.Body);
        Assert.Equal(
            ["function apply_patch", "function mcp__files__read"],
            sent.GetProperty("tools").EnumerateArray().Select(tool =>
                $"{tool.GetProperty("type").GetString()} {tool.GetProperty("function").GetProperty("name").GetString()}"));
        Assert.Contains(
            "start: x", sent.GetProperty("tools")[0].GetProperty("function").GetProperty("description").GetString(),
            StringComparison.Ordinal);
        Assert.Equal(
            ["""apply_patch {"input":"*** End"}""", "mcp__files__read {}"],
            sent.GetProperty("messages").EnumerateArray().Where(message => message.TryGetProperty("tool_calls", out _))
                .SelectMany(message => message.GetProperty("tool_calls").EnumerateArray()).Select(call => call.GetProperty("function"))
                .Select(function => $"{function.GetProperty("name").GetString()} {function.GetProperty("arguments").GetString()}"));
        Assert.Null(Dropped(response));
        var text = await response.Content.ReadAsStringAsync();
        var output = stream
            ? ResponsesStreamGrammar.Read(System.Text.Encoding.UTF8.GetBytes(text), out var problems).Response!.Value.GetProperty("output")
            : JsonElement.Parse(text).GetProperty("output");
        Assert.Equal(
            ("custom_tool_call", "apply_patch", "*** Begin\n"),
            (
                output[0].GetProperty("type").GetString(), output[0].GetProperty("name").GetString(),
                output[0].GetProperty("input").GetString()));
        Assert.Equal(
            ("function_call", "read", "mcp__files", """{"path":"a"}"""),
            (output[1].GetProperty("type").GetString(), output[1].GetProperty("name").GetString(),
                output[1].GetProperty("namespace").GetString(), output[1].GetProperty("arguments").GetString()));
    }

    [Covers("X6")]
    [Fact]
    public async Task A_probe_of_one_token_is_raised_to_the_least_the_API_takes()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, "openai");
        upstream.ThenJson(ResponsesAnswer);

        using var response = await gateway.PostAsync(
            "/v1/messages", """{"model":"openai/o3-pro","max_tokens":1,"messages":[{"role":"user","content":"x"}]}""");

        Assert.Equal(16, JsonElement.Parse(upstream.LastRequest.Body).GetProperty("max_output_tokens").GetInt32());
        Assert.Equal("max_tokens", Dropped(response));
    }

    [Covers("X12")]
    [Fact]
    public async Task Nothing_is_asked_of_a_model_that_does_not_reason()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, "openai");
        upstream.ThenJson(Some.ChatCompletion());

        using var response = await gateway.PostAsync("/v1/responses", """{"model":"openai/gpt-5-chat-latest","input":"x"}""");

        Assert.DoesNotContain("encrypted_content", upstream.LastRequest.Text, StringComparison.Ordinal);
    }

    [Covers("X1")]
    [Fact]
    public async Task Capabilities_say_the_format_the_refused_fields_and_where_that_comes_from()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, "openai");

        using var response = await gateway.Http.GetAsync(new Uri("/v1/capabilities?model=openai/gpt-5.5", UriKind.Relative));

        var model = JsonElement.Parse(await response.Content.ReadAsByteArrayAsync()).GetProperty("data")[0];
        Assert.Equal("""{"dialect":"openai-responses","when":"tools"}""", model.GetProperty("format").GetRawText());
        Assert.Contains("stop", model.GetProperty("refused_fields").EnumerateArray().Select(field => field.GetString()));
        Assert.NotEmpty(model.GetProperty("source").GetProperty("rules").EnumerateArray());
    }

    private static async Task<(JsonElement Sent, HttpResponseMessage Response)> SendAsync(
        string path, string body, string provider = "openai")
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, provider);
        upstream.ThenJson(Some.ChatCompletion());
        var response = await gateway.PostAsync(path, body);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        return (JsonElement.Parse(upstream.LastRequest.Body), response);
    }

    private static string? Dropped(HttpResponseMessage response) =>
        response.Headers.TryGetValues("x-switchyard-dropped", out var values) ? string.Join(",", values) : null;

    private static Task<GatewayHost> StartAsync(FakeUpstream upstream, string provider) => GatewayHost.StartAsync(
        options => options.Providers[provider] = new ProviderOptions { BaseUrl = upstream.BaseUrl, Key = "sk-upstream-secret" });
}
