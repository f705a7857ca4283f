using System.Text.Json;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Translation;

/// <summary>Fields that clients of one format always send and providers of another refuse.</summary>
public sealed class FittedRequestTests
{
    private const string Png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

    private const string Union = """{"$schema":"https://json-schema.org/draft/2020-12/schema","anyOf":[{"type":"object","properties":{"kind":{"const":"file"},"path":{"type":"string"}},"required":["kind","path"]},{"$ref":"#/$defs/url"}],"$defs":{"url":{"type":"object","properties":{"kind":{"const":"url"},"url":{"type":"string"}},"required":["kind","url"]}}}""";

    private static readonly string s_user = """{\"device_id\":\"DEVICE\",\"account_uuid\":\"9b2b0c3e\",\"session_id\":\"d1f1\"}"""
        .Replace("DEVICE", new string('a', 64), StringComparison.Ordinal);

    [Theory]
    [InlineData("openai-chat")]
    [InlineData("openai-responses")]
    public async Task A_long_user_is_shortened_always_to_the_same(string format)
    {
        var body = $$$"""{"model":"up/some-model","max_tokens":99,"messages":[{"role":"user","content":"x"}],"metadata":{"user_id":"{{{s_user}}}"}}""";

        var first = (await SendAsync(format, "/v1/messages", body)).GetProperty("user").GetString();

        Assert.Equal(64, first!.Length);
        Assert.Equal(first, (await SendAsync(format, "/v1/messages", body)).GetProperty("user").GetString());
        var other = await SendAsync(format, "/v1/messages", body.Replace("d1f1", "d1f2", StringComparison.Ordinal));
        Assert.NotEqual(first, other.GetProperty("user").GetString());
    }

    [Fact]
    public async Task A_user_that_fits_stays_and_one_far_too_long_is_shortened_for_Anthropic()
    {
        const string body = """{"model":"up/some-model","messages":[{"role":"user","content":"x"}],"user":"USER"}""";

        var kept = await SendAsync("anthropic-messages", "/v1/chat/completions", body.Replace("USER", s_user, StringComparison.Ordinal));
        var fitted = await SendAsync(
            "anthropic-messages", "/v1/chat/completions", body.Replace("USER", new string('u', 300), StringComparison.Ordinal));

        Assert.Contains("device_id", kept.GetProperty("metadata").GetProperty("user_id").GetString(), StringComparison.Ordinal);
        Assert.Equal(64, fitted.GetProperty("metadata").GetProperty("user_id").GetString()!.Length);
    }

    [Theory]
    [InlineData("anthropic-messages")]
    [InlineData("bedrock-converse")]
    [InlineData("openai-chat")]
    [InlineData("openai-responses")]
    public async Task A_tool_of_several_objects_becomes_one_of_all_their_properties(string format)
    {
        var (path, body) = format == "openai-chat"
            ? ("/v1/messages", $$$"""{"model":"up/some-model","max_tokens":99,"messages":[{"role":"user","content":"x"}],"tools":[{"name":"read","description":"d","input_schema":{{{Union}}}}]}""")
            : ("/v1/chat/completions", $$$$"""{"model":"up/some-model","messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"name":"read","description":"d","parameters":{{{{Union}}}}}}]}""");

        var tool = (await SendAsync(format, path, body)) is var sent && format == "bedrock-converse"
            ? sent.GetProperty("toolConfig").GetProperty("tools")[0].GetProperty("toolSpec")
            : sent.GetProperty("tools")[0];

        var schema = format switch
        {
            "anthropic-messages" => tool.GetProperty("input_schema"),
            "bedrock-converse" => tool.GetProperty("inputSchema").GetProperty("json"),
            "openai-chat" => tool.GetProperty("function").GetProperty("parameters"),
            _ => tool.GetProperty("parameters"),
        };
        Assert.Equal("object", schema.GetProperty("type").GetString());
        Assert.Equal(["kind", "path", "url"], schema.GetProperty("properties").EnumerateObject().Select(property => property.Name));
        Assert.Equal(["kind"], schema.GetProperty("required").EnumerateArray().Select(name => name.GetString()));
        Assert.Equal(2, schema.GetProperty("properties").GetProperty("kind").GetProperty("anyOf").GetArrayLength());
        Assert.False(schema.TryGetProperty("anyOf", out _));
    }

    [Fact]
    public async Task A_choice_of_required_fields_keeps_the_properties_and_parts_that_all_hold_are_all_required()
    {
        const string schema = """{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}},"oneOf":[{"required":["a"]},{"required":["b"]}],"allOf":[{"properties":{"c":{"type":"integer"}},"required":["c"]}]}""";

        var sent = await SendAsync(
            "anthropic-messages", "/v1/chat/completions",
            $$$$"""{"model":"up/some-model","messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"name":"f","parameters":{{{{schema}}}}}}]}""");

        var written = sent.GetProperty("tools")[0].GetProperty("input_schema");
        Assert.Equal(
            """{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"},"c":{"type":"integer"}},"required":["c"]}""",
            written.GetRawText());
    }

    [Fact]
    public async Task Definitions_that_name_each_other_in_circles_end()
    {
        const string schema = """{"anyOf":[{"$ref":"#/$defs/a"},{"$ref":"#/$defs/a"}],"$defs":{"a":{"anyOf":[{"$ref":"#/$defs/b"},{"$ref":"#/$defs/a"}]},"b":{"type":"object","properties":{"x":{"$ref":"#/$defs/a"}},"anyOf":[{"$ref":"#/$defs/a"},{"$ref":"#/$defs/b"}]}}}""";

        var sent = await SendAsync(
            "anthropic-messages", "/v1/chat/completions",
            $$$$"""{"model":"up/some-model","messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"name":"f","parameters":{{{{schema}}}}}}]}""");

        Assert.True(sent.GetProperty("tools")[0].GetProperty("input_schema").GetProperty("properties").TryGetProperty("x", out _));
    }

    [Theory]
    [InlineData("anthropic-messages")]
    [InlineData("bedrock-converse")]
    [InlineData("gemini")]
    public async Task An_image_is_sent_as_what_it_is_and_not_as_what_it_is_called(string format)
    {
        foreach (var called in new[] { "image/jpeg", "image/jpg", "image/webp" })
        {
            var sent = await SendAsync(
                format, "/v1/chat/completions",
                $$$"""{"model":"up/some-model","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:{{{called}}};base64,{{{Png}}}"}}]}]}""");

            var text = sent.GetRawText();
            Assert.Contains(format == "bedrock-converse" ? "\"format\":\"png\"" : "\"image/png\"", text, StringComparison.Ordinal);
            Assert.DoesNotContain("jp", text, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("anthropic/claude-opus-4-1", "max_tokens")]
    [InlineData("openai/gpt-4o", "max_completion_tokens")]
    public async Task No_more_output_is_asked_for_than_the_model_can_give_and_that_is_said(string model, string field)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(options =>
            options.Providers[model.Split('/')[0]] = new ProviderOptions { BaseUrl = upstream.BaseUrl, Key = "sk-upstream-secret" });
        var isChat = model.StartsWith("openai", StringComparison.Ordinal);
        upstream.ThenJson(ProviderFormat.Of(isChat ? "openai-chat" : "anthropic-messages").Whole);

        using var response = isChat
            ? await gateway.PostAsync(
                "/v1/messages", $$"""{"model":"{{model}}","max_tokens":500000,"messages":[{"role":"user","content":"x"}]}""")
            : await gateway.ChatAsync(Some.ChatRequest(model, extra: ",\"max_tokens\":500000"));

        var most = JsonElement.Parse(upstream.LastRequest.Body).GetProperty(field).GetInt32();
        Assert.InRange(most, 1000, 499_999);
        Assert.Equal([$"max_tokens (500000 as {most})"], response.Headers.GetValues("x-switchyard-dropped"));
    }

    [Fact]
    public async Task What_a_client_of_the_models_own_format_asks_for_is_between_the_two()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(options =>
            options.Providers["anthropic"] = new ProviderOptions { BaseUrl = upstream.BaseUrl, Key = "sk-upstream-secret" });
        upstream.ThenJson(ProviderFormat.Of("anthropic-messages").Whole);

        using var response = await gateway.PostAsync(
            "/v1/messages",
            """{"model":"anthropic/claude-opus-4-1","max_tokens":500000,"messages":[{"role":"user","content":"x"}]}""");

        Assert.Equal(500_000, JsonElement.Parse(upstream.LastRequest.Body).GetProperty("max_tokens").GetInt32());
    }

    [Theory]
    [InlineData("deepseek/deepseek-chat")]
    [InlineData("groq/llama-3.3-70b-versatile")]
    public async Task Lists_of_texts_are_one_text_for_providers_that_take_no_lists(string model)
    {
        const string agents = """
            {"model":"MODEL","max_tokens":99,"system":[{"type":"text","text":"You are"},{"type":"text","text":"terse.","cache_control":{"type":"ephemeral"}}],
            "messages":[{"role":"user","content":[{"type":"text","text":"<reminder/>"},{"type":"text","text":"Go"}]},
            {"role":"assistant","content":[{"type":"text","text":"Let me "},{"type":"text","text":"look."},{"type":"tool_use","id":"t1","name":"ls","input":{}}]},
            {"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}]}]}
            """;
        const string chat = """
            {"model":"MODEL","messages":[{"role":"system","content":[{"type":"text","text":"You are"},{"type":"text","text":"terse."}]},
            {"role":"user","content":[{"type":"text","text":"<reminder/>"},{"type":"text","text":"Go"}]},
            {"role":"assistant","content":[{"type":"text","text":"Let me "},{"type":"text","text":"look."}],"tool_calls":[{"id":"t1","type":"function","function":{"name":"ls","arguments":"{}"}}]},
            {"role":"tool","tool_call_id":"t1","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}]}
            """;
        foreach (var (path, body) in new[] { ("/v1/messages", agents), ("/v1/chat/completions", chat) })
        {
            await using var upstream = await FakeUpstream.StartAsync();
            await using var gateway = await GatewayHost.StartAsync(options =>
                options.Providers[model.Split('/')[0]] = new ProviderOptions { BaseUrl = upstream.BaseUrl, Key = "sk-upstream-secret" });
            upstream.ThenJson(Some.ChatCompletion());

            using var response = await gateway.PostAsync(path, body.Replace("MODEL", model, StringComparison.Ordinal));

            Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
            var messages = JsonElement.Parse(upstream.LastRequest.Body).GetProperty("messages").EnumerateArray();
            Assert.Equal(
                ["You are\nterse.", "<reminder/>\nGo", "Let me look.", "a\nb"],
                messages.Select(message => message.GetProperty("content").GetString()));
        }
    }

    [Fact]
    public async Task A_list_with_an_image_in_it_is_forwarded_as_it_came()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(options =>
            options.Providers["groq"] = new ProviderOptions { BaseUrl = upstream.BaseUrl, Key = "sk-upstream-secret" });
        upstream.ThenJson(Some.ChatCompletion());

        using var response = await gateway.ChatAsync(
            $$$"""{"model":"groq/llama","messages":[{"role":"user","content":[{"type":"text","text":"x"},{"type":"image_url","image_url":{"url":"data:image/png;base64,{{{Png}}}"}}]}]}""");

        Assert.Equal(
            2, JsonElement.Parse(upstream.LastRequest.Body).GetProperty("messages")[0].GetProperty("content").GetArrayLength());
    }

    [Theory]
    [InlineData("anthropic-messages")]
    [InlineData("bedrock-converse")]
    [InlineData("gemini")]
    public async Task Instructions_alone_are_the_prompt(string format)
    {
        var sent = await SendAsync(
            format, "/v1/chat/completions",
            """{"model":"up/some-model","messages":[{"role":"system","content":"Name a colour."}]}""");

        var turn = sent.GetProperty(format == "gemini" ? "contents" : "messages")[0];
        Assert.Equal("user", turn.GetProperty("role").GetString());
        Assert.Equal("Name a colour.", turn.GetProperty(format == "gemini" ? "parts" : "content")[0].GetProperty("text").GetString());
        Assert.False(sent.TryGetProperty("system", out _) || sent.TryGetProperty("systemInstruction", out _));
    }

    /// <summary>What Claude Code sends for a name that it does not know, such as an alias.</summary>
    [Theory]
    [InlineData("claude-sonnet-4-5-20250929", true)]
    [InlineData("claude-haiku-4-5", true)]
    [InlineData("claude-opus-4-6", false)]
    [InlineData("claude-opus-9", false)]
    public async Task Thinking_that_is_left_to_a_Claude_becomes_a_budget_where_it_knows_nothing_else(string model, bool translated)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(options =>
            options.Providers["anthropic"] = new ProviderOptions { BaseUrl = upstream.BaseUrl, Key = "sk-upstream-secret" });
        upstream.ThenJson(ProviderFormat.Of("anthropic-messages").Whole);

        using var response = await gateway.PostAsync(
            "/v1/messages",
            $$$"""{"model":"anthropic/{{{model}}}","max_tokens":32000,"thinking":{"type":"adaptive"},"output_config":{"effort":"high"},"context_management":{"edits":[]},"messages":[{"role":"user","content":"Go"},{"role":"system","content":"Be brief."}]}""");

        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        var sent = JsonElement.Parse(upstream.LastRequest.Body);
        Assert.Equal(translated ? "enabled" : "adaptive", sent.GetProperty("thinking").GetProperty("type").GetString());
        Assert.Equal(translated, sent.GetProperty("thinking").TryGetProperty("budget_tokens", out _));
        Assert.Equal(translated, !sent.TryGetProperty("output_config", out _));
        Assert.Equal(translated ? 1 : 2, sent.GetProperty("messages").GetArrayLength());
        Assert.Equal(
            translated, sent.GetProperty("messages")[0].GetRawText().Contains("<system>\\nBe brief.", StringComparison.Ordinal));
        Assert.True(sent.TryGetProperty("context_management", out _));
    }

    /// <summary>What clients that know only budgets send to an alias, or to a model that is newer than they are.</summary>
    [Theory]
    [InlineData("claude-opus-4-8", "", """{"type":"adaptive","display":"summarized"}""")]
    [InlineData("claude-opus-9", ",\"display\":\"updates\"", """{"type":"adaptive","display":"updates"}""")]
    [InlineData("claude-opus-9", ",\"display\":\"omitted\"", """{"type":"adaptive","display":"omitted"}""")]
    [InlineData("claude-opus-4-6", "", """{"type":"enabled","budget_tokens":20000}""")]
    [InlineData("claude-sonnet-4-5-20250929", "", """{"type":"enabled","budget_tokens":20000}""")]
    public async Task A_thinking_budget_is_left_to_a_Claude_that_takes_none(string model, string display, string sentThinking)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(options =>
            options.Providers["anthropic"] = new ProviderOptions { BaseUrl = upstream.BaseUrl, Key = "sk-upstream-secret" });
        upstream.ThenJson(ProviderFormat.Of("anthropic-messages").Whole);

        using var response = await gateway.PostAsync(
            "/v1/messages",
            $$$"""{"model":"anthropic/{{{model}}}","max_tokens":32000,"thinking":{"type":"enabled","budget_tokens":20000{{{display}}}},"messages":[{"role":"user","content":"Go"}]}""");

        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        var sent = JsonElement.Parse(upstream.LastRequest.Body);
        Assert.Equal(sentThinking, sent.GetProperty("thinking").GetRawText());
        Assert.Equal(
            sentThinking.Contains("adaptive", StringComparison.Ordinal) ? "high" : null,
            sent.TryGetProperty("output_config", out var config) ? config.GetProperty("effort").GetString() : null);
    }

    private static async Task<JsonElement> SendAsync(string format, string path, string body)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, options => options.Providers["up"].Dialect = format);
        upstream.ThenJson(ProviderFormat.Of(format).Whole);
        using var response = await gateway.PostAsync(path, body);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        return JsonElement.Parse(upstream.LastRequest.Body);
    }
}
