using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Client;

/// <summary>
/// A provider that runs the tools of an MCP server asks before it calls one; an in-process caller answers with the types of
/// Microsoft.Extensions.AI.
/// </summary>
public sealed class McpApprovalTests
{
    private const string Listed = """{"id":"mcpl_1","type":"mcp_list_tools","server_label":"docs","tools":[{"name":"find","input_schema":{"type":"object"}}]}""";
    private const string Asked = """{"id":"mcpr_1","type":"mcp_approval_request","server_label":"docs","name":"find","arguments":"{\"of\":\"ada@example.com\"}"}""";
    private const string Said = """{"id":"msg_1","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","text":"Found.","annotations":[]}]}""";

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task A_question_is_answered_with_the_content_that_it_makes(bool stream, bool isStored)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var given = AnEngine(upstream);
        Answer(upstream, stream, Listed, Asked);
        Answer(upstream, stream, Said);
        using var client = given.Chat.AsBuilder().UseFunctionInvocation().Build();
        List<ChatMessage> history = [new(ChatRole.User, "Find Ada.")];
        history.AddMessages(await AskAsync(client, history, stream));

        var question = Assert.IsType<ToolApprovalRequestContent>(history[1].Contents[1]);
        var call = Assert.IsType<McpServerToolCallContent>(question.ToolCall);
        Assert.Equal(("mcpr_1", "docs", "find"), (question.RequestId, call.ServerName, call.Name));
        Assert.Equal("ada@example.com", $"{call.Arguments!["of"]}");
        history.Add(new ChatMessage(ChatRole.User, [question.CreateResponse(approved: false, "Not now.")]));
        if (isStored)
        {
            history = JsonSerializer.Deserialize<List<ChatMessage>>(
                JsonSerializer.Serialize(history, AIJsonUtilities.DefaultOptions), AIJsonUtilities.DefaultOptions)!;
        }

        var answer = await AskAsync(client, history, stream);

        Assert.Equal("Found.", answer.Text);
        Assert.False(answer.AdditionalProperties?.ContainsKey(AnswerFacts.Dropped) == true);
        var input = JsonNode.Parse(upstream.LastRequest.Text)!["input"]!.AsArray();
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(Listed), input[1]));
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(Asked), input[2]));
        Assert.Equal(
            """{"type":"mcp_approval_response","approval_request_id":"mcpr_1","approve":false,"reason":"Not now."}""",
            input[3]!.ToJsonString());
    }

    [Fact]
    public async Task A_question_that_another_library_read_is_written_from_its_content()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var given = AnEngine(upstream);
        Answer(upstream, stream: false, Said);
        var call = new McpServerToolCallContent("mcpr_1", "find", "docs")
        {
            Arguments = new Dictionary<string, object?> { ["of"] = "Ada" },
        };
        var question = new ToolApprovalRequestContent("mcpr_1", call);

        await AskAsync(
            given.Chat,
            [
                new(ChatRole.User, "Find Ada."), new(ChatRole.Assistant, [question]),
                new(ChatRole.User, [question.CreateResponse(approved: true)]),
            ],
            stream: false);

        Assert.Equal(
            """[{"role":"user","content":"Find Ada."},{"type":"mcp_approval_request","id":"mcpr_1","server_label":"docs","name":"find","arguments":"{\u0022of\u0022:\u0022Ada\u0022}"},{"type":"mcp_approval_response","approval_request_id":"mcpr_1","approve":true}]""",
            JsonNode.Parse(upstream.LastRequest.Text)!["input"]!.ToJsonString());
    }

    [Fact]
    public async Task A_guard_masks_the_question_and_its_answer()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var given = AnEngine(upstream, options => options.Guards["pii"] = new() { Type = "mask", On = ["request"] });
        Answer(upstream, stream: false, Listed, Asked);
        Answer(upstream, stream: false, Said);
        List<ChatMessage> history = [new(ChatRole.User, "Find Ada.")];
        history.AddMessages(await AskAsync(given.Chat, history, stream: false));
        var question = history[1].Contents.OfType<ToolApprovalRequestContent>().Single();
        history.Add(new ChatMessage(ChatRole.User, [question.CreateResponse(approved: false, "Ask ada@example.com.")]));

        await AskAsync(given.Chat, history, stream: false);

        Assert.DoesNotContain("ada@example.com", upstream.LastRequest.Text, StringComparison.Ordinal);
        var input = JsonNode.Parse(upstream.LastRequest.Text)!["input"]!;
        Assert.Equal(
            ("mcp_approval_request", "{\"of\":\"[EMAIL_1]\"}"), ((string?)input[2]!["type"], (string?)input[2]!["arguments"]));
        Assert.Equal("Ask [EMAIL_1].", (string?)input[3]!["reason"]);
    }

    [Fact]
    public async Task A_question_without_an_id_is_kept_whole()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var given = AnEngine(upstream);
        Answer(upstream, stream: false, Asked.Replace("mcpr_1", " ", StringComparison.Ordinal), Said);

        var answer = await AskAsync(given.Chat, [new(ChatRole.User, "Find Ada.")], stream: false);

        Assert.Equal([typeof(AIContent), typeof(TextContent)], answer.Messages[0].Contents.Select(content => content.GetType()));
    }

    private static Given AnEngine(FakeUpstream upstream, Action<SwitchyardOptions>? configure = null) => Given.AnEngine(options =>
    {
        options.Providers["up"] = new ProviderOptions { BaseUrl = upstream.BaseUrl, Key = "sk-a", Dialect = "openai-responses" };
        configure?.Invoke(options);
    });

    private static Task<ChatResponse> AskAsync(IChatClient client, List<ChatMessage> messages, bool stream)
    {
        var options = new ChatOptions { ModelId = "up/m", Tools = [new HostedMcpServerTool("docs", "https://mcp.example/x")] };
        return stream
            ? client.GetStreamingResponseAsync(messages, options).ToChatResponseAsync()
            : client.GetResponseAsync(messages, options);
    }

    private static void Answer(FakeUpstream upstream, bool stream, params string[] items)
    {
        string Response(string status, string output) => $$"""
            {"id":"resp_1","object":"response","created_at":1790000000,"status":"{{status}}","model":"m","store":false,"output":[{{output}}]}
            """;
        var whole = Response("completed", string.Join(',', items));
        if (!stream)
        {
            upstream.ThenJson(whole);
            return;
        }

        upstream.ThenStream(
        [
            Event("response.created", $"\"response\":{Response("in_progress", "")}"),
            .. items.SelectMany((item, index) => new[]
            {
                Event("response.output_item.added", $"\"output_index\":{index},\"item\":{item}"),
                Event("response.output_item.done", $"\"output_index\":{index},\"item\":{item}"),
            }),
            Event("response.completed", $"\"response\":{whole}"),
        ]);
    }

    private static string Event(string type, string members) => $"event: {type}\ndata: {{\"type\":\"{type}\",{members}}}\n\n";
}
