using System.Net;
using System.Text.Json;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Translation;

/// <summary>A choice among custom tools and tools of namespaces reaches providers without either as a choice among functions.</summary>
public sealed class ToolChoiceTests
{
    private const string Tools = """
        [{"type":"custom","name":"apply_patch"},{"type":"function","name":"read","parameters":{"type":"object"}},
        {"type":"namespace","name":"mcp__files","tools":[{"type":"function","name":"list","parameters":{"type":"object"}},{"type":"function","name":"read","parameters":{"type":"object"}},{"type":"custom","name":"raw"}]}]
        """;

    [Covers("X18")]
    [Theory]
    [InlineData("""{"type":"custom","name":"apply_patch"}""", "apply_patch")]
    [InlineData("""{"type":"custom","name":"raw"}""", "mcp__files__raw")]
    [InlineData("""{"type":"function","name":"list"}""", "mcp__files__list")]
    [InlineData("""{"type":"function","name":"read"}""", "read")]
    [InlineData("""{"type":"function","name":"read","namespace":"mcp__files"}""", "mcp__files__read")]
    public async Task A_forced_tool_is_forced_under_the_name_it_has_there(string choice, string forced)
    {
        foreach (var format in new[] { "openai-chat", "openai-responses", "anthropic-messages", "gemini", "bedrock-converse" })
        {
            var sent = await SendAsync(format, choice);

            var found = format switch
            {
                "openai-chat" => sent.GetProperty("tool_choice").GetProperty("function").GetProperty("name"),
                "gemini" => sent.GetProperty("toolConfig").GetProperty("functionCallingConfig").GetProperty("allowedFunctionNames")[0],
                "bedrock-converse" =>
                    sent.GetProperty("toolConfig").GetProperty("toolChoice").GetProperty("tool").GetProperty("name"),
                _ => sent.GetProperty("tool_choice").GetProperty("name"),
            };
            Assert.Equal((format, forced), (format, found.GetString()));
        }
    }

    [Covers("X18")]
    [Theory]
    [InlineData("openai-chat")]
    [InlineData("openai-responses")]
    [InlineData("anthropic-messages")]
    [InlineData("gemini")]
    [InlineData("bedrock-converse")]
    [InlineData("cohere")]
    public async Task Tools_that_are_allowed_stay_allowed(string format)
    {
        const string choice = """{"type":"allowed_tools","mode":"auto","tools":[{"type":"custom","name":"apply_patch"},{"type":"namespace","name":"mcp__files"}]}""";
        string[] allowed = ["apply_patch", "mcp__files__list", "mcp__files__read", "mcp__files__raw"];

        var sent = await SendAsync(format, choice);

        var list = format switch
        {
            "openai-chat" => sent.GetProperty("tool_choice").GetProperty("allowed_tools").GetProperty("tools"),
            "openai-responses" => sent.GetProperty("tool_choice").GetProperty("tools"),
            "gemini" => sent.GetProperty("toolConfig").GetProperty("functionCallingConfig").GetProperty("allowedFunctionNames"),
            "bedrock-converse" => sent.GetProperty("toolConfig").GetProperty("tools"),
            _ => sent.GetProperty("tools"),
        };
        Assert.Equal(allowed, list.EnumerateArray().Select(NameOf));
    }

    [Covers("X18")]
    [Fact]
    public async Task A_chat_clients_allowed_custom_tool_is_not_lost()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, "anthropic-messages");
        upstream.ThenJson(ProviderFormat.Of("anthropic-messages").Whole);

        using var response = await gateway.ChatAsync(
            """
            {"model":"up/some-model","messages":[{"role":"user","content":"x"}],"tools":[{"type":"custom","custom":{"name":"apply_patch"}}],
            "tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"custom","custom":{"name":"apply_patch"}}]}}}
            """);

        var sent = JsonElement.Parse(upstream.LastRequest.Body);
        Assert.Equal("apply_patch", sent.GetProperty("tools")[0].GetProperty("name").GetString());
        Assert.Equal("any", sent.GetProperty("tool_choice").GetProperty("type").GetString());
    }

    [Theory]
    [InlineData("moonshot", "kimi-k2-thinking")]
    [InlineData("deepseek", "deepseek-reasoner")]
    [InlineData("zai", "glm-4.6")]
    public async Task A_demand_for_a_call_is_left_out_and_named_where_a_model_refuses_it_and_cannot_be_made_to_take_it(
        string provider, string model)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(options =>
            options.Providers[provider] = new ProviderOptions { BaseUrl = upstream.BaseUrl, Key = "sk-upstream-secret" });
        const string anthropic = """{"model":"MODEL","max_tokens":99,"messages":[{"role":"user","content":"x"}],"tools":[{"name":"look","input_schema":{"type":"object","properties":{}}}],"tool_choice":CHOICE}""";
        const string openai = """{"model":"MODEL","messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"name":"look","parameters":{"type":"object","properties":{}}}}],"tool_choice":CHOICE}""";
        foreach (var (path, template, choice) in new[]
        {
            ("/v1/messages", anthropic, """{"type":"any"}"""),
            ("/v1/messages", anthropic, """{"type":"tool","name":"look"}"""),
            ("/v1/chat/completions", openai, "\"required\""),
            ("/v1/chat/completions", openai, """{"type":"function","function":{"name":"look"}}"""),
        })
        {
            var body = template.Replace("MODEL", $"{provider}/{model}", StringComparison.Ordinal)
                .Replace("CHOICE", choice, StringComparison.Ordinal);

            using var response = await gateway.PostAsync(path, body);

            Assert.True(response.StatusCode == HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
            var sent = JsonElement.Parse(upstream.LastRequest.Body);
            Assert.False(sent.TryGetProperty("tool_choice", out _));
            Assert.False(sent.TryGetProperty("thinking", out _));
            Assert.Equal("tool_choice", response.Headers.GetValues("x-switchyard-dropped").Single());
        }
    }

    [Covers("X11")]
    [Fact]
    public async Task A_Claude_without_schemas_is_not_forwarded_one()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(options =>
            options.Providers["anthropic"] = new ProviderOptions { BaseUrl = upstream.BaseUrl, Key = "sk-upstream-secret" });
        upstream.ThenJson("""{"id":"msg_1","type":"message","role":"assistant","model":"c","content":[{"type":"tool_use","id":"t","name":"switchyard_structured_answer","input":{"city":"Rome"}}],"stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":1}}""");

        using var response = await gateway.PostAsync(
            "/v1/messages",
            """{"model":"anthropic/claude-opus-4-1","max_tokens":99,"messages":[{"role":"user","content":"x"}],"output_config":{"format":{"type":"json_schema","schema":{"type":"object","properties":{"city":{"type":"string"}}}}}}""");

        Assert.False(JsonElement.Parse(upstream.LastRequest.Body).TryGetProperty("output_config", out _));
        var answer = JsonElement.Parse(await response.Content.ReadAsByteArrayAsync());
        Assert.Equal("""{"city":"Rome"}""", answer.GetProperty("content")[0].GetProperty("text").GetString());
        Assert.Equal("end_turn", answer.GetProperty("stop_reason").GetString());
    }

    /// <summary>Fields that have no effect or ask for the default are not losses: strict mode accepts them.</summary>
    [Covers("X16")]
    [Theory]
    [InlineData("/v1/responses", """{"model":"up/some-model","input":"x","truncation":"disabled","include":[],"metadata":{},"background":false,"text":{"verbosity":"medium"},"tools":[]}""")]
    [InlineData("/v1/messages", """{"model":"up/some-model","max_tokens":99,"messages":[{"role":"user","content":"x"}],"mcp_servers":[],"speed":"standard","stop_sequences":[],"tools":[]}""")]
    [InlineData("/v1beta/models/up%2Fsome-model:generateContent", """{"contents":[{"parts":[{"text":"x"}]}],"safetySettings":[],"labels":{},"cachedContent":"","generationConfig":{"mediaResolution":"MEDIA_RESOLUTION_UNSPECIFIED","audioTimestamp":false,"stopSequences":[]}}""")]
    [InlineData("/v1/chat/completions", """{"model":"up/some-model","messages":[{"role":"user","content":"x"}],"n":1,"top_logprobs":0,"modalities":["text"],"verbosity":"medium","metadata":{},"logit_bias":{},"tools":[]}""")]
    public async Task What_asks_for_nothing_is_not_lost(string path, string body)
    {
        foreach (var format in ProviderFormat.All)
        {
            await using var upstream = await FakeUpstream.StartAsync();
            await using var gateway = await StartAsync(upstream, format.Dialect, strict: true);
            upstream.ThenJson(format.Whole);

            using var response = await gateway.PostAsync(path, body);

            Assert.True(response.IsSuccessStatusCode, format.Dialect + ": " + await response.Content.ReadAsStringAsync());
            Assert.False(response.Headers.Contains("x-switchyard-dropped"));
        }
    }

    private static string? NameOf(JsonElement tool) => tool.ValueKind == JsonValueKind.String
        ? tool.GetString()
        : (tool.TryGetProperty("function", out var inner) || tool.TryGetProperty("toolSpec", out inner) ? inner : tool)
            .GetProperty("name").GetString();

    private static async Task<JsonElement> SendAsync(string format, string choice)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, format);
        upstream.ThenJson(ProviderFormat.Of(format).Whole);
        using var response = await gateway.PostAsync(
            "/v1/responses", $$"""{"model":"up/some-model","input":"x","tools":{{Tools}},"tool_choice":{{choice}}}""");
        Assert.True(response.StatusCode == HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
        Assert.False(response.Headers.Contains("x-switchyard-dropped"));
        return JsonElement.Parse(upstream.LastRequest.Body);
    }

    private static Task<GatewayHost> StartAsync(FakeUpstream upstream, string format, bool strict = false) => GatewayHost.StartAsync(
        upstream,
        options =>
        {
            options.Providers["up"].Dialect = format;
            options.Strict = strict;
        });
}
