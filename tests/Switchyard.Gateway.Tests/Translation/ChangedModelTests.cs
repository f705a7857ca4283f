using System.Text.Json;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Translation;

/// <summary>
/// A client that changes the model in a conversation, or was served by a fallback, sends a provider of its own format another model's
/// turns. Content that only that model could sign is left out, although the request could be forwarded.
/// </summary>
public sealed class ChangedModelTests
{
    private const string Claude = """{"id":"msg_01Xy","type":"message","role":"assistant","model":"c","content":[{"type":"thinking","thinking":"hm","signature":"c2ln"},{"type":"text","text":"Hi"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":9,"output_tokens":2}}""";

    [Theory]
    [InlineData("""{"type":"thinking","thinking":"hm","signature":""}""")]
    [InlineData("""{"type":"thinking","thinking":"hm"}""")]
    [InlineData("""{ "type" : "thinking", "thinking":"hm", "signature" : "" }""")]
    public async Task Thinking_without_a_signature_is_not_sent_to_a_Claude(string thinking)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, options => options.Providers["up"].Dialect = "anthropic-messages");
        upstream.ThenJson(Claude);

        using var response = await gateway.PostAsync("/v1/messages", Messages(thinking));

        var content = JsonElement.Parse(upstream.LastRequest.Body).GetProperty("messages")[1].GetProperty("content");
        Assert.Equal(["thinking", "text"], content.EnumerateArray().Select(block => block.GetProperty("type").GetString()));
        Assert.Equal("c2ln", content[0].GetProperty("signature").GetString());
        Assert.Equal(["messages[1].reasoning"], response.Headers.GetValues("x-switchyard-dropped"));
    }

    [Fact]
    public async Task Signed_thinking_and_words_about_thinking_are_forwarded_as_they_came()
    {
        const string words = """{"type":"text","text":"say {\"type\":\"thinking\"}"}""";
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, options => options.Providers["up"].Dialect = "anthropic-messages");
        upstream.ThenJson(Claude);

        using var response = await gateway.PostAsync("/v1/messages", Messages(words));

        Assert.Equal(Messages(words).Replace("up/some-model", "some-model", StringComparison.Ordinal), upstream.LastRequest.Text);
        Assert.False(response.Headers.Contains("x-switchyard-dropped"));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task Reasoning_of_another_model_is_not_sent_to_a_provider_of_responses(bool stream, bool withoutIds)
    {
        await using var claude = await FakeUpstream.StartAsync();
        await using var responses = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(options =>
        {
            options.Providers["claude"] = new ProviderOptions { BaseUrl = claude.BaseUrl, Key = "k", Dialect = "anthropic-messages" };
            options.Providers["gpt"] = new ProviderOptions { BaseUrl = responses.BaseUrl, Key = "k", Dialect = "openai-responses" };
        });
        claude.ThenJson(Claude);
        responses.ThenJson(ProviderFormat.Of("openai-responses").Whole);
        using var first = await gateway.PostAsync(
            "/v1/responses", $$"""{"model":"claude/some-model","input":"x"{{(stream ? ",\"stream\":true" : "")}}}""");
        var text = await first.Content.ReadAsStringAsync();
        if (stream)
            text = text[(text.LastIndexOf("data: ", StringComparison.Ordinal) + 6)..];
        var answer = JsonElement.Parse(text.Trim());
        var items = (stream ? answer.GetProperty("response") : answer).GetProperty("output").EnumerateArray().ToList();
        Assert.Equal("reasoning", items[0].GetProperty("type").GetString());
        // Codex sends neither back.
        var reasoning = withoutIds
            ? """{"type":"reasoning","summary":[{"type":"summary_text","text":"hm"}],"content":null,"encrypted_content":null}"""
            : items[0].GetRawText();

        const string known = """{"type":"reasoning","id":"rs_68af4030baa48193","summary":[],"encrypted_content":"Z3B0"}""";
        var body = $$$"""{"model":"gpt/some-model","input":[{"role":"user","content":"x"},{{{reasoning}}},{{{items[1].GetRawText()}}},{{{known}}},{"role":"assistant","content":"so"},{"role":"user","content":"y"}],"reasoning":{"effort":"low"}}""";
        using var second = await gateway.PostAsync("/v1/responses", body);

        Assert.True(second.IsSuccessStatusCode, await second.Content.ReadAsStringAsync());
        var sent = JsonElement.Parse(responses.LastRequest.Body).GetProperty("input").EnumerateArray()
            .Where(item => item.TryGetProperty("type", out var type) && type.ValueEquals("reasoning")).ToList();
        Assert.Equal("rs_68af4030baa48193", Assert.Single(sent).GetProperty("id").GetString());
        Assert.Contains("reasoning", second.Headers.GetValues("x-switchyard-dropped").Single(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"type":"reasoning","id":"rs_68af","summary":[]}""")]
    [InlineData("""{"type":"reasoning","id":"rs_68af","summary":[],"encrypted_content":"Z3B0"}""")]
    [InlineData("""{"type":"reasoning","summary":[],"encrypted_content":"Z3B0"}""")]
    public async Task Reasoning_a_provider_of_responses_may_know_is_forwarded(string reasoning)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, options => options.Providers["up"].Dialect = "openai-responses");
        upstream.ThenJson(ProviderFormat.Of("openai-responses").Whole);
        var body = $$"""{"model":"up/some-model","input":[{{reasoning}},{"role":"user","content":"y"}]}""";

        using var response = await gateway.PostAsync("/v1/responses", body);

        Assert.Equal(body.Replace("up/some-model", "some-model", StringComparison.Ordinal), upstream.LastRequest.Text);
    }

    [Theory]
    [InlineData("gemini-3-pro-preview", true)]
    [InlineData("gemini-2.5-pro", false)]
    public async Task A_call_of_another_model_is_marked_for_a_Gemini_that_checks_signatures(string model, bool checks)
    {
        const string contents = """[{"role":"user","parts":[{"text":"x"}]},{"role":"model","parts":[{"functionCall":{"name":"ls","args":{}}},{"functionCall":{"name":"ls","args":{}}}]},{"role":"user","parts":[{"functionResponse":{"name":"ls","response":{"output":"a"}}},{"functionResponse":{"name":"ls","response":{"output":"b"}}}]}]""";
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(options =>
            options.Providers["gemini"] = new ProviderOptions { BaseUrl = upstream.BaseUrl, Key = "k" });
        upstream.ThenJson(ProviderFormat.Of("gemini").Whole);

        using var response = await gateway.PostAsync($"/v1beta/models/{model}:generateContent", $$"""{"contents":{{contents}}}""");

        var parts = JsonElement.Parse(upstream.LastRequest.Body).GetProperty("contents")[1].GetProperty("parts");
        Assert.Equal(checks, parts[0].TryGetProperty("thoughtSignature", out _));
        Assert.False(parts[1].TryGetProperty("thoughtSignature", out _));
    }

    [Theory]
    [InlineData("""[{"role":"user","parts":[{"text":"x"}]},{"role":"model","parts":[{"functionCall":{"name":"ls"},"thoughtSignature":"c2ln"},{"functionCall":{"name":"ls"}}]},{"role":"user","parts":[{"functionResponse":{"name":"ls","response":{}}},{"functionResponse":{"name":"ls","response":{}}}]}]""")]
    [InlineData("""[{"role":"user","parts":[{"text":"x"}]},{"parts":[{"thought_signature":"c2ln","function_call":{"name":"ls"}}],"role":"model"},{"parts":[{"functionCall":{"name":"ls"}}],"role":"model"},{"role":"model","parts":[{"text":""}]},{"role":"user","parts":[{"functionResponse":{"name":"ls","response":{}}},{"functionResponse":{"name":"ls","response":{}}}]}]""")]
    public async Task Calls_a_Gemini_signed_are_forwarded_as_they_came(string contents)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(options =>
            options.Providers["gemini"] = new ProviderOptions { BaseUrl = upstream.BaseUrl, Key = "k" });
        upstream.ThenJson(ProviderFormat.Of("gemini").Whole);
        var body = $$"""{"contents":{{contents}}}""";

        using var response = await gateway.PostAsync("/v1beta/models/gemini-3-pro-preview:generateContent", body);

        Assert.Equal(body, upstream.LastRequest.Text);
    }

    private static string Messages(string block) => $$$"""{"model":"up/some-model","max_tokens":99,"thinking":{"type":"adaptive"},"messages":[{"role":"user","content":"x"},{"role":"assistant","content":[{"type":"thinking","thinking":"so","signature":"c2ln"},{{{block}}},{"type":"text","text":"Hi"}]},{"role":"user","content":"y"}]}""";
}
