using System.Text;
using System.Text.Json;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Translation;

/// <summary>
/// Models that always reason and refuse what OpenAI clients do: drop <c>reasoning_content</c>, and require a call.
/// </summary>
public sealed class EchoedReasoningTests
{
    private const string Tools =
        """[{"type":"function","function":{"name":"ls","parameters":{"type":"object","properties":{}}}}]""";

    private const string Chat = """
        {"model":"MODEL","messages":[{"role":"user","content":"Go"},
        {"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"ls","arguments":"{}"}}]},
        {"role":"tool","tool_call_id":"c1","content":"a"},{"role":"assistant","content":"Done."},{"role":"user","content":"More"}]}
        """;

    private const string Messages = """
        {"model":"MODEL","max_tokens":99,"messages":[{"role":"user","content":"Go"},
        {"role":"assistant","content":[{"type":"tool_use","id":"c1","name":"ls","input":{}}]},
        {"role":"user","content":[{"type":"tool_result","tool_use_id":"c1","content":"a"}]},
        {"role":"assistant","content":"Done."},{"role":"user","content":"More"}]}
        """;

    private const string Responses = """
        {"model":"MODEL","input":[{"role":"user","content":"Go"},{"type":"function_call","call_id":"c1","name":"ls","arguments":"{}"},
        {"type":"function_call_output","call_id":"c1","output":"a"},{"role":"assistant","content":"Done."},{"role":"user","content":"More"}]}
        """;

    private const string Contents = """
        {"contents":[{"role":"user","parts":[{"text":"Go"}]},{"role":"model","parts":[{"functionCall":{"name":"ls","args":{}}}]},
        {"role":"user","parts":[{"functionResponse":{"name":"ls","response":{"output":"a"}}}]},{"role":"model","parts":[{"text":"Done."}]},
        {"role":"user","parts":[{"text":"More"}]}]}
        """;

    [Theory]
    [InlineData("deepseek/deepseek-v4-pro", "/v1/chat/completions", Chat)]
    [InlineData("deepseek/deepseek-v4-pro", "/v1/messages", Messages)]
    [InlineData("moonshot/kimi-k2.5", "/v1/chat/completions", Chat)]
    [InlineData("moonshot/kimi-k2.5", "/v1/messages", Messages)]
    [InlineData("moonshot/kimi-k2.5", "/v1/responses", Responses)]
    [InlineData("moonshot/kimi-k2.5", "/v1beta/models/MODEL:generateContent", Contents)]
    public async Task A_history_without_its_reasoning_gets_a_space_for_it(string model, string path, string body)
    {
        var sent = await SendAsync(model, path, body);

        var answers = sent.GetProperty("messages").EnumerateArray()
            .Where(message => message.GetProperty("role").GetString() == "assistant");
        Assert.All(answers, message => Assert.Equal(" ", message.GetProperty("reasoning_content").GetString()));
    }

    [Theory]
    [InlineData("reasoning_content")]
    [InlineData("reasoning")]
    public async Task What_the_client_kept_of_it_goes_back(string member)
    {
        var body = Chat.Replace("\"content\":null,", $"\"content\":null,\"{member}\":\"I look.\",", StringComparison.Ordinal);

        var sent = await SendAsync("moonshot/kimi-k2.5", "/v1/chat/completions", body);

        Assert.Equal("I look.", sent.GetProperty("messages")[1].GetProperty("reasoning_content").GetString());
    }

    [Theory]
    [InlineData("moonshot/kimi-k2.5", """{"role":"assistant","content":"Hi."}""")]
    [InlineData("openai/gpt-4.1", """{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"ls","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c1","content":"a"}""")]
    public async Task No_other_model_and_no_other_turn_gets_it(string model, string turns)
    {
        var sent = await SendAsync(
            model, "/v1/chat/completions", $$$"""{"model":"MODEL","messages":[{"role":"user","content":"Go"},{{{turns}}},{"role":"user","content":"More"}]}""");

        Assert.False(sent.GetProperty("messages")[1].TryGetProperty("reasoning_content", out _));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_the_model_thought_before_a_call_is_remembered_for_a_client_that_drops_it(bool stream)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(options =>
            options.Providers["deepseek"] = new ProviderOptions { BaseUrl = upstream.BaseUrl, Key = "sk-upstream-secret" });
        if (stream)
        {
            upstream.ThenStream(
                Chunk("""{"role":"assistant","reasoning_content":"I "}"""), Chunk("""{"reasoning_content":"look."}"""),
                Chunk("""{"tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"ls","arguments":"{}"}}]}"""),
                Chunk("{}", "\"tool_calls\""), "data: [DONE]\n\n");
        }
        else
        {
            upstream.ThenJson(
                """{"id":"x","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"finish_reason":"tool_calls","message":{"role":"assistant","content":null,"reasoning_content":"I look.","tool_calls":[{"id":"c1","type":"function","function":{"name":"ls","arguments":"{}"}}]}}]}""");
        }

        var first = $$$"""{"model":"deepseek/deepseek-v4-pro","max_tokens":99,"stream":{{{(stream ? "true" : "false")}}},"messages":[{"role":"user","content":"Go"}]}""";
        using (var response = await gateway.PostAsync("/v1/messages", first))
            await response.Content.ReadAsStringAsync();
        upstream.ThenJson(Some.ChatCompletion());
        using var second = await gateway.PostAsync(
            "/v1/messages", Messages.Replace("MODEL", "deepseek/deepseek-v4-pro", StringComparison.Ordinal));

        var messages = JsonElement.Parse(upstream.LastRequest.Body).GetProperty("messages");
        Assert.Equal("I look.", messages[1].GetProperty("reasoning_content").GetString());
        Assert.Equal(" ", messages[3].GetProperty("reasoning_content").GetString());
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task So_is_what_it_thought_in_an_answer_that_was_forwarded(bool stream, bool justCloses)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(options =>
            options.Providers["deepseek"] = new ProviderOptions { BaseUrl = upstream.BaseUrl, Key = "sk-upstream-secret" });
        if (stream)
        {
            upstream.ThenStream(
                Chunk("""{"role":"assistant","reasoning_content":"I "}"""), Chunk("""{"reasoning_content":"look."}"""),
                Chunk("""{"tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"ls","arguments":"{}"}}]}"""),
                Chunk("{}", "\"tool_calls\""), justCloses ? ": end\n\n" : "data: [DONE]\n\n");
        }
        else
        {
            upstream.ThenJson(
                """{"id":"x","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"finish_reason":"tool_calls","message":{"role":"assistant","content":null,"reasoning_content":"I look.","tool_calls":[{"id":"c1","type":"function","function":{"name":"ls","arguments":"{}"}}]}}]}""");
        }

        var first = $$$"""{"model":"deepseek/deepseek-v4-pro","odd":  1,"stream":{{{(stream ? "true" : "false")}}},"tools":{{{Tools}}},"messages":[{"role":"user","content":"Go"}]}""";
        using (var response = await gateway.PostAsync("/v1/chat/completions", first))
            Assert.Contains("reasoning_content", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Contains("\"odd\":  1", Encoding.UTF8.GetString(upstream.LastRequest.Body), StringComparison.Ordinal);
        upstream.ThenJson(Some.ChatCompletion());
        using var second = await gateway.PostAsync(
            "/v1/chat/completions", Chat.Replace("MODEL", "deepseek/deepseek-v4-pro", StringComparison.Ordinal));

        var messages = JsonElement.Parse(upstream.LastRequest.Body).GetProperty("messages");
        Assert.Equal("I look.", messages[1].GetProperty("reasoning_content").GetString());
        Assert.Equal(" ", messages[3].GetProperty("reasoning_content").GetString());
    }

    [Theory]
    [InlineData("deepseek/deepseek-v4-pro", "/v1/chat/completions", "\"tool_choice\":\"required\"", "thinking", """{"type":"disabled"}""")]
    [InlineData(
        "deepseek/deepseek-v4-pro", "/v1/chat/completions",
        "\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"ls\"}},\"thinking\":{\"type\":\"enabled\"}", "thinking", """{"type":"disabled"}""")]
    [InlineData(
        "moonshot/kimi-k2.5", "/v1/chat/completions",
        "\"tool_choice\":\"required\",\"thinking\":{\"type\":\"disabled\"}", "thinking", """{"type":"disabled"}""")]
    [InlineData("moonshot/kimi-k2.5", "/v1/messages", "\"tool_choice\":{\"type\":\"any\"},\"max_tokens\":99", "thinking", """{"type":"disabled"}""")]
    [InlineData(
        "dashscope/qwen3.5-plus", "/v1/chat/completions", "\"tool_choice\":\"required\",\"reasoning_effort\":\"high\"",
        "enable_thinking", "false")]
    [InlineData("moonshot/kimi-k2.5", "/v1/chat/completions", "\"tool_choice\":\"auto\"", "thinking", null)]
    [InlineData("deepseek/deepseek-chat", "/v1/chat/completions", "\"tool_choice\":\"required\"", "thinking", null)]
    [InlineData("openai/gpt-5", "/v1/chat/completions", "\"tool_choice\":\"required\"", "thinking", null)]
    public async Task A_required_call_switches_reasoning_off_where_it_is_refused_otherwise(
        string model, string path, string members, string name, string? value)
    {
        var tools = path == "/v1/messages" ? """[{"name":"ls","input_schema":{"type":"object","properties":{}}}]""" : Tools;

        var sent = await SendAsync(
            model, path, $$$"""{"model":"MODEL",{{{members}}},"tools":{{{tools}}},"messages":[{"role":"user","content":"Go"}]}""");

        Assert.Equal(value, sent.TryGetProperty(name, out var written) ? written.GetRawText() : null);
        Assert.Single(sent.EnumerateObject(), member => member.Name == "tool_choice");
        Assert.True(sent.EnumerateObject().Count(member => member.Name == name) <= 1);
        Assert.Equal(value is null, !sent.TryGetProperty(name, out _));
    }

    private static string Chunk(string delta, string finish = "null") =>
        $$$"""data: {"id":"x","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{{{delta}}},"finish_reason":{{{finish}}}}]}""" + "\n\n";

    private static async Task<JsonElement> SendAsync(string model, string path, string body)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(options =>
            options.Providers[model.Split('/')[0]] = new ProviderOptions { BaseUrl = upstream.BaseUrl, Key = "sk-upstream-secret" });
        upstream.ThenJson(Some.ChatCompletion());

        using var response = await gateway.PostAsync(
            path.Replace("MODEL", model, StringComparison.Ordinal), body.Replace("MODEL", model, StringComparison.Ordinal));

        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        return JsonElement.Parse(Encoding.UTF8.GetString(upstream.LastRequest.Body));
    }
}
