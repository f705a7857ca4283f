using System.ComponentModel;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Dialects.OpenAIChat;

/// <summary>Requests made of Microsoft.Extensions.AI objects, as an IChatClient's user makes them.</summary>
public sealed class InProcessRequestTests
{
    [Fact]
    public void Options_of_an_application_are_written()
    {
        var options = new ChatOptions
        {
            Instructions = "Be kind.",
            Temperature = 0.5f,
            Tools = [AIFunctionFactory.Create(Add, "add")],
            ToolMode = ChatToolMode.RequireAny,
            ResponseFormat = ChatResponseFormat.ForJsonSchema<Answer>(),
            Reasoning = new ReasoningOptions { Effort = ReasoningEffort.ExtraHigh },
            AdditionalProperties = new() { ["logit_bias"] = new Dictionary<string, int> { ["5"] = 1 }, ["user"] = "ann", ["n"] = 2 },
        };
        var written = Codec.EncodeRequest(new CanonicalChatRequest([new ChatMessage(ChatRole.User, "2+2?")], options));
        Assert.Equal("Be kind.", written.GetProperty("messages")[0].GetProperty("content").GetString());
        Assert.Equal("system", written.GetProperty("messages")[0].GetProperty("role").GetString());
        var function = written.GetProperty("tools")[0].GetProperty("function");
        Assert.Equal("add", function.GetProperty("name").GetString());
        Assert.Equal("Adds.", function.GetProperty("description").GetString());
        Assert.True(function.GetProperty("parameters").GetProperty("properties").TryGetProperty("left", out _));
        Assert.Equal("required", written.GetProperty("tool_choice").GetString());
        Assert.Equal("json_schema", written.GetProperty("response_format").GetProperty("type").GetString());
        Assert.Equal("xhigh", written.GetProperty("reasoning_effort").GetString());
        Assert.Equal("""{"5":1}""", written.GetProperty("logit_bias").GetRawText());
        Assert.Equal(2, written.GetProperty("n").GetInt32());
    }

    [Covers("T22")]
    [Fact]
    public void What_has_no_place_is_reported()
    {
        var message = new ChatMessage(ChatRole.User,
        [
            new TextContent("x"), new UriContent("https://example.com/a.pdf", "application/pdf"), new ErrorContent("e"),
            new HostedVectorStoreContent("v"),
        ]);
        var options = new ChatOptions
        {
            TopK = 5, AllowBackgroundResponses = true, ToolMode = ChatToolMode.RequireAny,
            Tools = [new HostedWebSearchTool(), new HostedCodeInterpreterTool()],
            AdditionalProperties = new() { ["raw:anthropic"] = JsonElement.Parse("{}"u8), ["model"] = "smuggled" },
        };
        var written = Codec.EncodeRequest(new CanonicalChatRequest([message], options), out var losses);
        Assert.Equal(
            [
                "messages[0].content[1]", "messages[0].content[2]", "messages[0].content[3]", "tools[0]", "tools[1]", "tool_choice",
                "top_k", "background", "raw:anthropic", "model",
            ],
            losses.Fields);
        Assert.Equal("upstream-model", written.GetProperty("model").GetString());
        Assert.False(written.TryGetProperty("tools", out _));
    }

    [Covers("T25")]
    [Fact]
    public void A_tool_loop_is_written_as_the_api_wants_it()
    {
        ChatMessage[] messages =
        [
            new(ChatRole.User, "q"),
            new(
                ChatRole.Assistant,
                [new FunctionCallContent("a", "f", new Dictionary<string, object?> { ["x"] = 1 }), new FunctionCallContent("b", "g")]),
            new(ChatRole.Tool,
            [
                new FunctionResultContent("a", new { ok = true }),
                new FunctionResultContent(
                    "b", new List<AIContent> { new TextContent("seen"), new DataContent("data:image/png;base64,iVBORw0KGgo=") }),
            ]),
            new(ChatRole.User, "then"),
        ];
        var written = Codec.EncodeRequest(new CanonicalChatRequest(messages, new ChatOptions())).GetProperty("messages");
        Assert.Equal(
            ["user", "assistant", "tool", "tool", "user", "user"],
            written.EnumerateArray().Select(message => message.GetProperty("role").GetString()!));
        Assert.Equal("""{"x":1}""", written[1].GetProperty("tool_calls")[0].GetProperty("function").GetProperty("arguments").GetString());
        Assert.Equal("{}", written[1].GetProperty("tool_calls")[1].GetProperty("function").GetProperty("arguments").GetString());
        Assert.Equal("""{"ok":true}""", written[2].GetProperty("content").GetString());
        Assert.Equal("seen", written[3].GetProperty("content").GetString());
        // The image of a tool result moves to a user message, for a tool message takes text only.
        Assert.Equal("image_url", written[4].GetProperty("content")[0].GetProperty("type").GetString());
    }

    [Fact]
    public void What_an_application_attached_to_its_messages_stays_with_it()
    {
        var message = new ChatMessage(ChatRole.User, "x") { AdditionalProperties = new() { ["my-id"] = 5, ["secret"] = new object() } };
        var written = Codec.EncodeRequest(new CanonicalChatRequest([message], new ChatOptions())).GetProperty("messages")[0];
        Assert.Equal(["role", "content"], written.EnumerateObject().Select(member => member.Name));
    }

    [Fact]
    public void Strictness_may_be_asked_for_in_Microsofts_own_way()
    {
        var options = new ChatOptions
        {
            ResponseFormat = ChatResponseFormat.ForJsonSchema(JsonElement.Parse("""{"type":"object"}"""u8)),
            AdditionalProperties = new() { ["strictJsonSchema"] = true },
        };
        var schema = Codec.EncodeRequest(new CanonicalChatRequest([new ChatMessage(ChatRole.User, "x")], options))
            .GetProperty("response_format").GetProperty("json_schema");
        Assert.True(schema.GetProperty("strict").GetBoolean());
        Assert.Equal("response", schema.GetProperty("name").GetString());
    }

    /// <summary>An agent framework puts display names there, and the API refuses white space and a few other characters.</summary>
    [Theory]
    [InlineData("My Agent", "My_Agent")]
    [InlineData(" a/b\\c|d<e>\t", "a_b_c_d_e_")]
    [InlineData("Jürgen-2", "Jürgen-2")]
    public void A_name_the_api_refuses_is_fitted(string author, string name)
    {
        var message = new ChatMessage(ChatRole.Assistant, "x") { AuthorName = author };
        var written = Codec.EncodeRequest(new CanonicalChatRequest([message, new(ChatRole.User, "y")], new ChatOptions()));
        Assert.Equal(name, written.GetProperty("messages")[0].GetProperty("name").GetString());
    }

    /// <summary>The framework sets the agent's name on tool results, as on its answers, where servers take it for the function's.</summary>
    [Fact]
    public void A_name_beside_a_tools_result_is_its_functions_fitted_too()
    {
        ChatMessage[] messages =
        [
            new(ChatRole.User, "x"),
            new(ChatRole.Assistant, [new FunctionCallContent("c1", "f"), new FunctionCallContent("c2", "my f")])
            {
                AuthorName = "My Agent",
            },
            new(ChatRole.Tool, [new FunctionResultContent("c1", "r")]) { AuthorName = "My Agent" },
            new(ChatRole.Tool, [new FunctionResultContent("c2", "r")]) { AuthorName = "my f" },
        ];
        var written = Codec.EncodeRequest(new CanonicalChatRequest(messages, new ChatOptions())).GetProperty("messages");
        Assert.Equal("My_Agent", written[1].GetProperty("name").GetString());
        Assert.False(written[2].TryGetProperty("name", out _));
        Assert.Equal("my_f", written[3].GetProperty("name").GetString());
    }

    [Fact]
    public void A_name_is_no_longer_than_the_api_takes()
    {
        var message = new ChatMessage(ChatRole.User, "x") { AuthorName = new string('n', 63) + "\ud83d\ude00" };
        var written = Codec.EncodeRequest(new CanonicalChatRequest([message], new ChatOptions()));
        Assert.Equal(new string('n', 63), written.GetProperty("messages")[0].GetProperty("name").GetString());
    }

    [Description("Adds.")]
    private static int Add(int left, int right) => left + right;

    private sealed record Answer(int Value);
}
