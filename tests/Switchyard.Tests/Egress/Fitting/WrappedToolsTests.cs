using System.Text.Json;
using Switchyard.Canonical;
using Switchyard.Egress.Fitting;
using Switchyard.Tests.Dialects.OpenAIResponses;
using Xunit;

namespace Switchyard.Tests.Egress.Fitting;

/// <summary>The further members of custom tools, of namespaces' tools and of their calls, for a target that has functions only.</summary>
public sealed class WrappedToolsTests
{
    private const string Request = """
        {"model":"m","tools":[
        {"type":"custom","name":"note","description":"writes","defer_loading":true,"allowed_callers":["programmatic"]},
        {"type":"namespace","name":"quay","tools":[{"type":"custom","name":"berth","defer_loading":true}]}],
        "input":[{"role":"user","content":"?"},
        {"type":"custom_tool_call","id":"ctc_1","call_id":"c1","name":"note","input":"x","caller":{"type":"program","caller_id":"p1"}},
        {"type":"custom_tool_call_output","call_id":"c1","output":"y"},
        {"type":"function_call","id":"fc_2","status":"completed","call_id":"c2","name":"list","namespace":"quay","arguments":"{}"},
        {"type":"function_call_output","call_id":"c2","output":"z"}]}
        """;

    [Fact]
    public void Members_that_the_format_lacks_are_named()
    {
        var sent = Codec.Encode(Wrap(DialectId.OpenAIChat), out var losses, dialect: Codec.Chat);

        Assert.Equal(
            ["tools[0].defer_loading", "tools[0].allowed_callers", "tools[1].defer_loading"],
            losses.Fields.Where(field => field.StartsWith("tools", StringComparison.Ordinal)));
        Assert.Contains("messages[1].tool_calls[0].caller", losses.Fields);
        Assert.Equal(
            ["note", "quay__berth"],
            sent.GetProperty("tools").EnumerateArray().Select(tool => tool.GetProperty("function").GetProperty("name").GetString()));
    }

    [Fact]
    public void Members_that_the_format_has_are_kept()
    {
        var sent = Codec.Encode(Wrap(DialectId.OpenAIResponses), out var losses);

        Assert.Empty(losses.Fields);
        var tool = sent.GetProperty("tools")[0];
        Assert.Equal(("function", true), (tool.GetProperty("type").GetString(), tool.GetProperty("defer_loading").GetBoolean()));
        Assert.Equal("p1", Call(sent, "c1").GetProperty("caller").GetProperty("caller_id").GetString());
    }

    [Fact]
    public void The_result_of_a_call_that_became_a_functions_is_a_functions_too()
    {
        var sent = Codec.Encode(Wrap(DialectId.OpenAIResponses), out _);

        var results = sent.GetProperty("input").EnumerateArray().Where(item => item.TryGetProperty("output", out _)).ToList();
        Assert.All(results, result => Assert.Equal("function_call_output", result.GetProperty("type").GetString()));
        Assert.Equal(
            [("c1", "y"), ("c2", "z")],
            results.Select(result => (result.GetProperty("call_id").GetString(), result.GetProperty("output").GetString())));
    }

    [Fact]
    public void A_call_under_both_names_has_no_namespace_beside_them()
    {
        var call = Call(Codec.Encode(Wrap(DialectId.OpenAIResponses), out _), "c2");

        Assert.Equal("quay__list", call.GetProperty("name").GetString());
        Assert.False(call.TryGetProperty("namespace", out _));
    }

    [Fact]
    public void A_chat_clients_custom_tool_keeps_its_cache_hint()
    {
        const string body = """
            {"model":"m","messages":[{"role":"user","content":"?"}],
            "tools":[{"type":"custom","custom":{"name":"note"},"cache_control":{"type":"ephemeral"}}]}
            """;
        var request = WrappedTools.Apply(Codec.Decode(body, dialect: Codec.Chat), Codec.Target, DialectId.OpenAIChat, out _);

        var tool = Codec.Encode(request, out var losses, dialect: Codec.Chat).GetProperty("tools")[0];

        Assert.Empty(losses.Fields);
        Assert.Equal("ephemeral", tool.GetProperty("function").GetProperty("cache_control").GetProperty("type").GetString());
    }

    private static CanonicalChatRequest Wrap(DialectId dialect) =>
        WrappedTools.Apply(Codec.Decode(Request), Codec.Target, dialect, out _);

    private static JsonElement Call(JsonElement sent, string id) => sent.GetProperty("input").EnumerateArray().First(
        item => item.TryGetProperty("type", out var type) && type.GetString() == "function_call"
            && item.GetProperty("call_id").GetString() == id);
}
