using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared.Tools;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Dialects.BedrockConverse;

/// <summary>Tools, the choice among them, calls and results.</summary>
public sealed class ToolTests
{
    private const string User = """{"role":"user","content":"hi"}""";
    private const string Tools = ""","tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object","properties":{"q":{"type":"string"}},"$schema":"x","$defs":{"a":{}}}}}]""";

    [Covers("T15")]
    [Theory]
    [InlineData("", null)]
    [InlineData(",\"tool_choice\":\"auto\"", """{"auto":{}}""")]
    [InlineData(",\"tool_choice\":\"required\"", """{"any":{}}""")]
    [InlineData(""","tool_choice":{"type":"function","function":{"name":"f"}}""", """{"tool":{"name":"f"}}""")]
    public void The_choice_of_tools_is_written_in_this_formats_words(string choice, string? expected)
    {
        var config = Wire.Messages(User, out var losses, more: Tools + choice).GetProperty("toolConfig");
        Assert.Empty(losses);
        if (expected is null)
            Assert.False(config.TryGetProperty("toolChoice", out _));
        else
            Wire.AssertJson(expected, config.GetProperty("toolChoice"));
    }

    [Covers("T15")]
    [Fact]
    public void None_leaves_the_tools_out_and_with_calls_in_the_history_keeps_them()
    {
        Assert.False(Wire.Messages(User, out var losses, more: Tools + ",\"tool_choice\":\"none\"").TryGetProperty("toolConfig", out _));
        Assert.Empty(losses);
        var written = Wire.Messages(History("{}"), out losses, more: Tools + ",\"tool_choice\":\"none\"");
        Wire.AssertJson("""{"auto":{}}""", written.GetProperty("toolConfig").GetProperty("toolChoice"));
        Assert.Equal(["tool_choice"], losses);
    }

    [Covers("T15")]
    [Fact]
    public void Allowed_tools_are_the_only_ones_sent()
    {
        const string More = """
            ,"tools":[{"type":"function","function":{"name":"f"}},{"type":"function","function":{"name":"g"}}],
             "tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"g"}}]}}
            """;
        var config = Wire.Messages(User, out var losses, more: More).GetProperty("toolConfig");
        Assert.Equal(
            "g", Assert.Single(config.GetProperty("tools").EnumerateArray()).GetProperty("toolSpec").GetProperty("name").GetString());
        Wire.AssertJson("""{"any":{}}""", config.GetProperty("toolChoice"));
        Assert.Empty(losses);
    }

    [Covers("T16")]
    [Theory]
    [InlineData("", "auto")]
    [InlineData(",\"tool_choice\":\"required\"", "any")]
    [InlineData(""","tool_choice":{"type":"function","function":{"name":"f"}}""", "tool")]
    public void One_call_at_a_time_is_asked_for_in_claudes_own_words(string choice, string type)
    {
        var written = Wire.Messages(User, out var losses, more: Tools + choice + ",\"parallel_tool_calls\":false");
        var own = written.GetProperty("additionalModelRequestFields").GetProperty("tool_choice");
        Assert.Equal(type, own.GetProperty("type").GetString());
        Assert.True(own.GetProperty("disable_parallel_tool_use").GetBoolean());
        Assert.Empty(losses);
        Wire.Messages(User, out losses, Wire.Nova, Tools + ",\"parallel_tool_calls\":false");
        Assert.Equal(["parallel_tool_calls"], losses);
        Assert.False(
            Wire.Messages(User, out losses, more: ",\"parallel_tool_calls\":false").TryGetProperty("additionalModelRequestFields", out _));
    }

    [Covers("T17")]
    [Fact]
    public void A_history_with_calls_gets_a_list_of_tools()
    {
        var config = Wire.Messages(History("{}"), out var losses).GetProperty("toolConfig");
        Wire.AssertJson(
            """{"tools":[{"toolSpec":{"name":"f","description":"f","inputSchema":{"json":{"type":"object","properties":{}}}}}]}""", config);
        Assert.Empty(losses);
    }

    [Covers("S5")]
    [Fact]
    public void A_schema_gets_its_type_and_keeps_its_definitions()
    {
        var spec = Wire.Messages(User, out _, more: Tools).GetProperty("toolConfig").GetProperty("tools")[0].GetProperty("toolSpec");
        Wire.AssertJson("""
            {"name":"f","description":"d","inputSchema":{"json":{"type":"object","properties":{"q":{"type":"string"}},"$defs":{"a":{}}}}}
            """, spec);
        spec = Wire.Messages(User, out _, more: ""","tools":[{"type":"function","function":{"name":"f","parameters":{},"strict":true}}]""")
            .GetProperty("toolConfig").GetProperty("tools")[0].GetProperty("toolSpec");
        // The schema has no properties, so "strict" has no effect.
        Wire.AssertJson("""{"name":"f","description":"f","inputSchema":{"json":{"type":"object","properties":{}}}}""", spec);
    }

    [Covers("T7")]
    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    public void No_arguments_are_an_empty_object(string arguments) =>
        Wire.AssertJson("{}", Input(History(arguments), out _));

    [Covers("T8", "T9")]
    [Theory]
    [InlineData("[]")]
    [InlineData("1")]
    [InlineData("{\"a\":\"b")]
    public void Arguments_that_are_no_object_are_wrapped_and_named(string arguments)
    {
        var input = Input(History(arguments), out var losses);
        Assert.Equal(arguments, input.GetProperty("_raw").GetString());
        Assert.Equal(["messages[1].content.arguments"], losses);
    }

    [Covers("T24")]
    [Fact]
    public void Arguments_pass_byte_for_byte()
    {
        const string Arguments = """{ "a" : "🚂 \u00e9 \/ \"q\"", "n" : 1.50e3 }""";
        var messages = new List<ChatMessage>
        {
            new(ChatRole.User, "q"),
            new(ChatRole.Assistant, [Call("x", "f", Arguments)]),
            new(ChatRole.Tool, [new FunctionResultContent("x", "r")]),
        };
        var bytes = Wire.Bytes(new CanonicalChatRequest(messages, new ChatOptions()), out _);
        Assert.Contains("\"input\":" + Arguments, System.Text.Encoding.UTF8.GetString(bytes), StringComparison.Ordinal);
    }

    [Covers("T11", "T12")]
    [Theory]
    [InlineData("call:1.2/x y")]
    [InlineData("")]
    public void An_id_that_is_not_allowed_becomes_one_that_is_and_the_pair_stays(string id)
    {
        foreach (var given in new[] { id, new string('a', 200) })
        {
            var written = Wire.Encode(
                [
                    new(ChatRole.User, "q"), new(ChatRole.Assistant, [Call(given, "f", "{}")]),
                    new(ChatRole.Tool, [new FunctionResultContent(given, "r")]),
                ],
                null, out _);
            var turns = written.GetProperty("messages");
            var fitted = turns[1].GetProperty("content")[0].GetProperty("toolUse").GetProperty("toolUseId").GetString()!;
            Assert.Matches("^[a-zA-Z0-9_-]{1,64}$", fitted);
            Assert.Equal(fitted, turns[2].GetProperty("content")[0].GetProperty("toolResult").GetProperty("toolUseId").GetString());
        }
    }

    [Covers("T18")]
    [Fact]
    public void Of_two_results_for_one_call_the_last_one_wins()
    {
        var written = Wire.Messages(History("{}") + """,{"role":"tool","tool_call_id":"x","content":"again"}""", out var losses);
        var result = Assert.Single(written.GetProperty("messages")[2].GetProperty("content").EnumerateArray());
        Assert.Equal("again", result.GetProperty("toolResult").GetProperty("content")[0].GetProperty("text").GetString());
        Assert.Single(losses);
    }

    [Covers("T19")]
    [Fact]
    public void A_call_without_a_result_is_refused_by_us()
    {
        var error = Wire.Refusal("""
            {"model":"m","messages":[{"role":"user","content":"a"},{"role":"assistant","tool_calls":[{"id":"x","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"user","content":"b"}]}
            """);
        Assert.Contains("'x'", error.Message, StringComparison.Ordinal);
    }

    [Covers("T20")]
    [Fact]
    public void Text_stands_before_the_call()
    {
        var written = Wire.Encode(
            [
                new(ChatRole.User, "q"), new(ChatRole.Assistant, [Call("x", "f", "{}"), new TextContent("late")]),
                new(ChatRole.Tool, [new FunctionResultContent("x", "r")]),
            ],
            null, out var losses);
        Assert.Equal(
            ["text", "toolUse"],
            written.GetProperty("messages")[1].GetProperty("content").EnumerateArray()
                .Select(block => block.EnumerateObject().First().Name));
        Assert.Empty(losses);
    }

    [Covers("T21")]
    [Fact]
    public void No_text_is_invented_beside_a_call() =>
        Assert.Single(Wire.Messages(History("{}"), out _).GetProperty("messages")[1].GetProperty("content").EnumerateArray());

    [Covers("T22")]
    [Fact]
    public void A_tool_that_is_no_function_is_named()
    {
        Wire.Messages(User, out var losses, more: ""","tools":[{"type":"web_search"},{"type":"function","function":{"name":"f"}}]""");
        Assert.Equal(["tools[0]"], losses);
    }

    [Covers("T25")]
    [Fact]
    public void Images_in_a_result_stay_in_it_and_a_failure_is_marked()
    {
        var failed = new FunctionResultContent(
            "x", new AIContent[] { new TextContent("see"), new DataContent(new byte[] { 1 }, "image/png") })
        {
            AdditionalProperties = new() { [CanonicalKeys.IsError] = true },
        };
        var written = Wire.Encode(
            [new(ChatRole.User, "q"), new(ChatRole.Assistant, [Call("x", "f", "{}")]), new(ChatRole.Tool, [failed])], null, out var losses);
        Wire.AssertJson(
            """{"toolResult":{"toolUseId":"x","content":[{"text":"see"},{"image":{"format":"png","source":{"bytes":"AQ=="}}}],"status":"error"}}""",
            written.GetProperty("messages")[2].GetProperty("content")[0]);
        Assert.Empty(losses);
    }

    [Theory]
    [InlineData("a.b")]
    [InlineData("grüße")]
    public void A_name_this_format_has_no_room_for_is_refused(string name)
    {
        var error = Wire.Refusal($$$$$$"""{"model":"m","messages":[{"role":"user","content":"a"}],"tools":[{"type":"function","function":{"name":"{{{{{{name}}}}}}"}}]}""");
        Assert.Equal("tools[0].function.name", error.Param);
    }

    private static string History(string arguments) => $$$$$$"""
        {"role":"user","content":"a"},{"role":"assistant","content":null,"tool_calls":[{"id":"x","type":"function","function":{"name":"f","arguments":{{{{{{JsonSerializer.Serialize(arguments)}}}}}}}}]},
        {"role":"tool","tool_call_id":"x","content":"r"}
        """;

    private static JsonElement Input(string messages, out IReadOnlyList<string> losses) =>
        Wire.Messages(messages, out losses).GetProperty("messages")[1].GetProperty("content")[0].GetProperty("toolUse")
            .GetProperty("input");

    private static FunctionCallContent Call(string id, string name, string raw) => ToolArguments.ToCall(id, name, raw);
}
