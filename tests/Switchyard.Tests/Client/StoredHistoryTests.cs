using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Client;

/// <summary>
/// A host stores a conversation as JSON, in a database or between two runs, and continues it: data that a provider requires back is
/// still recognised.
/// </summary>
public sealed class StoredHistoryTests
{
    [Theory]
    [InlineData("up", "anthropic-messages", "claude-sonnet-4-5", """
        {"id":"m","type":"message","role":"assistant","model":"m","content":[{"type":"thinking","thinking":"hm","signature":"U0lHTkVE"},
        {"type":"tool_use","id":"c1","name":"ls","input":{}}],"stop_reason":"tool_use","usage":{"input_tokens":1,"output_tokens":1}}
        """, "\"signature\":\"U0lHTkVE\"")]
    [InlineData("up", "anthropic-messages", "claude-sonnet-4-5", """
        {"id":"m","type":"message","role":"assistant","model":"m","content":[{"type":"redacted_thinking","data":"UkVE"},
        {"type":"tool_use","id":"c1","name":"ls","input":{}}],"stop_reason":"tool_use","usage":{"input_tokens":1,"output_tokens":1}}
        """, "{\"type\":\"redacted_thinking\",\"data\":\"UkVE\"}")]
    [InlineData("up", "bedrock-converse", "anthropic.claude-sonnet-4-5-20250929-v1:0", """
        {"output":{"message":{"role":"assistant","content":[{"reasoningContent":{"reasoningText":{"text":"hm","signature":"U0lHTkVE"}}},
        {"toolUse":{"toolUseId":"c1","name":"ls","input":{}}}]}},"stopReason":"tool_use","usage":{"inputTokens":1,"outputTokens":1,"totalTokens":2}}
        """, "\"signature\":\"U0lHTkVE\"")]
    [InlineData("up", "gemini", "gemini-3-pro-preview", """
        {"candidates":[{"content":{"role":"model","parts":[{"functionCall":{"id":"c1","name":"ls","args":{}},"thoughtSignature":"U0lHTkVE"}]},
        "finishReason":"STOP","index":0}],"modelVersion":"m","responseId":"r"}
        """, "\"thoughtSignature\":\"U0lHTkVE\"")]
    [InlineData("openai", "openai-responses", "gpt-5", """
        {"id":"r","object":"response","created_at":1,"status":"completed","model":"m","output":[
        {"id":"rs_1","type":"reasoning","summary":[],"encrypted_content":"U0lHTkVE"},
        {"id":"fc_1","type":"function_call","status":"completed","call_id":"c1","name":"ls","arguments":"{}"}]}
        """, "\"encrypted_content\":\"U0lHTkVE\"")]
    [InlineData("openai", "openai-responses", "gpt-5", """
        {"id":"r","object":"response","created_at":1,"status":"completed","model":"m","output":[
        {"id":"ctc_1","type":"custom_tool_call","status":"completed","call_id":"c1","name":"ls","input":"*** as it is"}]}
        """, "\"input\":\"*** as it is\"")]
    [InlineData("openai", "openai-chat", "gpt-5", """
        {"id":"x","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"finish_reason":"tool_calls","message":
        {"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"custom","custom":{"name":"ls","input":"*** as it is"}}]}}]}
        """, "\"input\":\"*** as it is\"")]
    public async Task What_a_provider_demands_back_outlives_storage(
        string provider, string dialect, string model, string answer, string expected)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        List<ChatMessage> history = [new(ChatRole.User, "Go")];
        await using (var first = AnEngine(upstream, provider, dialect))
        {
            upstream.ThenJson(answer);
            var answered = await first.Chat.GetResponseAsync(history, new ChatOptions { ModelId = $"{provider}/{model}" });
            history.AddMessages(answered);
            history.Add(new ChatMessage(ChatRole.Tool, [new FunctionResultContent("c1", "a")]));
        }

        var loaded = JsonSerializer.Deserialize<List<ChatMessage>>(
            JsonSerializer.Serialize(history, AIJsonUtilities.DefaultOptions), AIJsonUtilities.DefaultOptions)!;
        await using var second = AnEngine(upstream, provider, dialect);
        upstream.ThenJson(answer);
        await second.Chat.GetResponseAsync(loaded, new ChatOptions { ModelId = $"{provider}/{model}" });

        var sent = JsonSerializer.Serialize(JsonElement.Parse(upstream.LastRequest.Body));
        Assert.Contains(expected, sent, StringComparison.Ordinal);
        Assert.DoesNotContain("has_wire_id", sent, StringComparison.Ordinal);
    }

    public static TheoryData<string, object> Results()
    {
        var picture = Convert.FromBase64String("iVBORw0KGgo=");
        object[] results =
        [
            new List<AIContent> { new TextContent("Look:"), new DataContent(picture, "image/png") },
            new DataContent(picture, "image/png") { Name = "screen.png" },
            new[] { new DataContent(picture, "image/png"), new DataContent(picture, "image/png") },
            JsonElement.Parse("""[{"$type":"Shop.Item, Shop","id":1}]"""),
            JsonElement.Parse("""[{"$type":7}]"""),
            JsonElement.Parse("""{"uri":"data:nothing","id":1}"""),
            JsonElement.Parse("""{"uri":"data:nothing"}"""),
            JsonElement.Parse("[]"),
        ];
        var rows = new TheoryData<string, object>();
        foreach (var dialect in ProviderFormat.Names)
        {
            foreach (var result in results)
                rows.Add(dialect, result);
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(Results), DisableDiscoveryEnumeration = true)]
    public async Task What_a_tool_gave_is_sent_after_storage_as_before(string dialect, object result)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.ThenJson(ProviderFormat.Of(dialect).Whole);
        await using var given = AnEngine(upstream, "up", dialect);
        List<ChatMessage> history =
        [
            new(ChatRole.User, "Go"),
            new(ChatRole.Assistant, [new FunctionCallContent("c1", "look", new Dictionary<string, object?>())]),
            new(ChatRole.Tool, [new FunctionResultContent("c1", result)]),
        ];
        var loaded = JsonSerializer.Deserialize<List<ChatMessage>>(
            JsonSerializer.Serialize(history, AIJsonUtilities.DefaultOptions), AIJsonUtilities.DefaultOptions)!;

        await given.Chat.GetResponseAsync(history, new ChatOptions { ModelId = "up/some-model" });
        await given.Chat.GetResponseAsync(loaded, new ChatOptions { ModelId = "up/some-model" });

        Assert.Equal(2, upstream.Requests.Count);
        Assert.Equal(upstream.Requests[0].Text, upstream.Requests[1].Text);
    }

    /// <summary>The serializer's own options write the members of contents in another case, and those that are null.</summary>
    [Fact]
    public async Task What_a_tool_gave_is_recognised_as_the_serializer_writes_it_without_options()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var given = AnEngine(upstream, "up", "openai-chat");

        await given.Chat.GetResponseAsync(
            [
                new(ChatRole.User, "Go"),
                new(ChatRole.Assistant, [new FunctionCallContent("c1", "look", new Dictionary<string, object?>())]),
                new(ChatRole.Tool, [new FunctionResultContent("c1", JsonElement.Parse(
                    """[{"$type":"text","Text":"Look:","Annotations":null,"AdditionalProperties":null}]"""))]),
            ],
            new ChatOptions { ModelId = "up/some-model" });

        Assert.DoesNotContain("$type", upstream.LastRequest.Text, StringComparison.Ordinal);
        Assert.Contains("Look:", upstream.LastRequest.Text, StringComparison.Ordinal);
    }

    /// <summary>Function calling turns a tool's objects into JSON, which may name their types as that of contents does.</summary>
    [Theory]
    [InlineData("""{"$type":"error","message":"No such order."}""")]
    [InlineData("""{"$type":"text","text":"Ada","id":7}""")]
    [InlineData("""[{"$type":"text","text":"Ada","id":7}]""")]
    public async Task JSON_of_a_tools_own_is_sent_as_it_is(string json)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var given = AnEngine(upstream, "up", "openai-chat");

        await given.Chat.GetResponseAsync(
            [
                new(ChatRole.User, "Go"),
                new(ChatRole.Assistant, [new FunctionCallContent("c1", "look", new Dictionary<string, object?>())]),
                new(ChatRole.Tool, [new FunctionResultContent("c1", JsonElement.Parse(json))]),
            ],
            new ChatOptions { ModelId = "up/some-model" });

        var sent = JsonElement.Parse(upstream.LastRequest.Body).GetProperty("messages")[2];
        Assert.Equal(json, sent.GetProperty("content").GetString());
    }

    [Fact]
    public async Task Nothing_in_a_history_is_null()
    {
        await using var given = Given.AnEngine();
        var hole = new ChatMessage(ChatRole.User, [new TextContent("Hi"), null!]);

        await Assert.ThrowsAsync<ArgumentException>(() => given.Chat.GetResponseAsync([new(ChatRole.User, "Hi"), null!]));
        await Assert.ThrowsAsync<ArgumentException>(() => given.Chat.GetResponseAsync([hole]));
    }

    private static Given AnEngine(FakeUpstream upstream, string provider, string dialect) => Given.AnEngine(options =>
        options.Providers[provider] = new ProviderOptions { BaseUrl = upstream.BaseUrl, Key = "sk-a", Dialect = dialect });
}
