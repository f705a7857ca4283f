using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Dialects.AnthropicMessages;

public sealed class ToolTests
{
    private const string Weather =
        """{"type":"function","function":{"name":"weather","parameters":{"type":"object","properties":{"city":{"type":"string"}}}}}""";

    private static string Call(string id, string arguments) =>
        $$$$"""{"role":"assistant","content":null,"tool_calls":[{"id":"{{{{id}}}}","type":"function","function":{"name":"weather","arguments":{{{{JsonSerializer.Serialize(arguments)}}}}}}]}""";

    private static string History(string id, string arguments, string result = "\"sunny\"") => Codec.OpenAIChat(
        $"\"tools\":[{Weather}]",
        $$$$"""{"role":"user","content":"hi"},{{{{Call(id, arguments)}}}},{"role":"tool","tool_call_id":"{{{{id}}}}","content":{{{{result}}}}}""");

    [Covers("T7")]
    [Theory]
    [InlineData("""{}""")]
    [InlineData("")]
    [InlineData("  ")]
    public void Empty_arguments_of_a_history_are_an_empty_object(string arguments)
    {
        var body = Codec.FromOpenAI(History("call_1", arguments));
        Assert.Equal("{}", body.GetProperty("messages")[1].GetProperty("content")[0].GetProperty("input").GetRawText());
    }

    [Covers("T8")]
    [Theory]
    [InlineData("[]")]
    [InlineData("1")]
    [InlineData("\"x\"")]
    [InlineData("null")]
    [InlineData("{\"city\": \"Ber")]
    public void Arguments_that_are_no_object_are_wrapped_and_reported(string arguments)
    {
        var body = Codec.FromOpenAI(History("call_1", arguments), out var losses);
        Assert.Equal(
            arguments, body.GetProperty("messages")[1].GetProperty("content")[0].GetProperty("input").GetProperty("_raw").GetString());
        Assert.Contains(losses.Fields, field => field.EndsWith(".arguments", StringComparison.Ordinal));
    }

    [Covers("T9")]
    [Fact]
    public void Arguments_cut_off_anywhere_keep_their_text_and_finish_as_length()
    {
        const string arguments = """{"city": "Berlin", "days": [1, 2]}""";
        for (var length = 0; length < arguments.Length; length++)
        {
            var updates = Codec.DecodeGood(Codec.Stream(
                Codec.Start(), Codec.Open(0, """{"type":"tool_use","id":"toolu_1","name":"weather","input":{}}"""),
                Codec.Json(0, arguments[..length]), Codec.Stop(0), Codec.End("max_tokens"), Codec.Last));
            var call = updates.SelectMany(update => update.Contents).OfType<FunctionCallContent>().Single();
            // A block that stops without arguments is complete, and must be complete before the next call begins.
            var text = length == 0 ? "{}" : arguments[..length];
            Assert.Equal(text, call.AdditionalProperties![CanonicalKeys.RawArguments]);
            Assert.Contains(updates, update => update.FinishReason == ChatFinishReason.Length);
            var emitted = Codec.Emit(updates);
            Assert.Equal("max_tokens", emitted.StopReason);
            Assert.Equal(text, emitted.Calls.Single().Content);
        }
    }

    [Covers("T11")]
    [Fact]
    public void An_id_of_other_characters_is_fitted_the_same_way_for_call_and_result()
    {
        var body = Codec.FromOpenAI(History("call:1.2/x y", "{}"));
        var id = body.GetProperty("messages")[1].GetProperty("content")[0].GetProperty("id").GetString()!;
        Assert.Matches("^[a-zA-Z0-9_-]{1,64}$", id);
        Assert.Equal(id, body.GetProperty("messages")[2].GetProperty("content")[0].GetProperty("tool_use_id").GetString());
        Assert.Equal(
            id,
            Codec.FromOpenAI(History("call:1.2/x y", "{}")).GetProperty("messages")[1].GetProperty("content")[0].GetProperty("id")
                .GetString());
    }

    [Covers("T12")]
    [Fact]
    public void An_id_too_long_is_shortened_the_same_way_for_call_and_result()
    {
        var body = Codec.FromOpenAI(History(new string('a', 200), "{}"));
        var id = body.GetProperty("messages")[1].GetProperty("content")[0].GetProperty("id").GetString()!;
        Assert.Equal(64, id.Length);
        Assert.Equal(id, body.GetProperty("messages")[2].GetProperty("content")[0].GetProperty("tool_use_id").GetString());
    }

    [Covers("T14")]
    [Fact]
    public void An_id_with_a_signature_smuggled_into_it_reaches_the_client_within_the_pattern()
    {
        var id = "call_1__thought__" + Convert.ToBase64String([.. Enumerable.Range(0, 200).Select(i => (byte)i)]);
        var answer = Codec.EncodeAnswer(new ChatResponse(new ChatMessage(ChatRole.Assistant, [new FunctionCallContent(id, "f")])));
        Assert.Matches("^[a-zA-Z0-9_-]{1,64}$", answer.GetProperty("content")[0].GetProperty("id").GetString());
        Codec.Emit([new ChatResponseUpdate(ChatRole.Assistant, [new FunctionCallContent(id, "f")])]);
    }

    [Covers("T15")]
    [Theory]
    [InlineData("\"auto\"", """{"type":"auto"}""", "\"auto\"")]
    [InlineData("\"none\"", """{"type":"none"}""", "\"none\"")]
    [InlineData("\"required\"", """{"type":"any"}""", "\"required\"")]
    [InlineData(
        """{"type":"function","function":{"name":"weather"}}""", """{"type":"tool","name":"weather"}""",
        """{"type":"function","function":{"name":"weather"}}""")]
    public void Tool_choice_means_the_same_both_ways(string openAI, string anthropic, string back)
    {
        Codec.AssertJson(
            anthropic, Codec.FromOpenAI(Codec.OpenAIChat($"\"tools\":[{Weather}],\"tool_choice\":{openAI}")).GetProperty("tool_choice"));
        var request = Codec.Chat($$$$"""  "tools":[{"name":"weather","input_schema":{"type":"object"}}],"tool_choice":{{{{anthropic}}}}""");
        Codec.AssertJson(anthropic, Codec.Through(request).GetProperty("tool_choice"));
        Codec.AssertJson(back, Codec.ToOpenAI(request, out _).GetProperty("tool_choice"));
    }

    [Covers("T15")]
    [Fact]
    public void Of_allowed_tools_only_those_are_sent()
    {
        var body = Codec.FromOpenAI(Codec.OpenAIChat(
            $$$$"""  "tools":[{{{{Weather}}}},{"type":"function","function":{"name":"other"}}],"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"weather"}}]}}"""));
        Assert.Equal("weather", Assert.Single(body.GetProperty("tools").EnumerateArray()).GetProperty("name").GetString());
        Codec.AssertJson("""{"type":"any"}""", body.GetProperty("tool_choice"));
    }

    [Covers("T16")]
    [Theory]
    [InlineData("", """{"type":"auto","disable_parallel_tool_use":true}""")]
    [InlineData(",\"tool_choice\":\"required\"", """{"type":"any","disable_parallel_tool_use":true}""")]
    [InlineData(",\"tool_choice\":\"none\"", """{"type":"none"}""")]
    public void Parallel_tool_calls_can_be_forbidden(string choice, string expected)
    {
        Codec.AssertJson(
            expected,
            Codec.FromOpenAI(Codec.OpenAIChat($"\"tools\":[{Weather}],\"parallel_tool_calls\":false{choice}")).GetProperty("tool_choice"));
        Assert.False(Codec.FromOpenAI(Codec.OpenAIChat("\"parallel_tool_calls\":false")).TryGetProperty("tool_choice", out _));
        var back = Codec.ToOpenAI(
            Codec.Chat(
                """  "tools":[{"name":"weather","input_schema":{}}],"tool_choice":{"type":"auto","disable_parallel_tool_use":true}"""),
            out _);
        Assert.False(back.GetProperty("parallel_tool_calls").GetBoolean());
    }

    [Covers("T18")]
    [Fact]
    public void Of_two_results_for_one_call_the_last_one_counts_and_the_other_is_reported()
    {
        var body = Codec.FromOpenAI(Codec.OpenAIChat(
            $"\"tools\":[{Weather}]",
            $$"""{"role":"user","content":"hi"},{{Call("c1", "{}")}},{"role":"tool","tool_call_id":"c1","content":"old"},{"role":"tool","tool_call_id":"c1","content":"new"}"""), out var losses);
        Assert.Equal(
            "new",
            Assert.Single(body.GetProperty("messages")[2].GetProperty("content").EnumerateArray()).GetProperty("content").GetString());
        Assert.Single(losses.Fields);
    }

    [Covers("T19")]
    [Fact]
    public void A_call_without_a_result_is_refused_by_its_name()
    {
        var error = Codec.Refusal(() => Codec.FromOpenAI(
            Codec.OpenAIChat(messages: $$"""{"role":"user","content":"hi"},{{Call("c1", "{}")}},{"role":"user","content":"and?"}"""),
            out _));
        Assert.Equal(CallErrorKind.InvalidRequest, error.Kind);
        Assert.Contains("'c1'", error.Message, StringComparison.Ordinal);
    }

    [Covers("T21")]
    [Fact]
    public void A_call_without_text_gets_no_text()
    {
        var content = Codec.FromOpenAI(History("c1", "{}")).GetProperty("messages")[1].GetProperty("content");
        Assert.Equal("tool_use", Assert.Single(content.EnumerateArray()).GetProperty("type").GetString());
    }

    [Covers("T22")]
    [Fact]
    public void A_tool_of_the_providers_own_stays_there_and_is_reported_elsewhere()
    {
        var request = Codec.Chat("""  "tools":[{"type":"web_search_20250305","name":"web_search","max_uses":3},{"name":"f","input_schema":{"type":"object","properties":{}}}]""");
        Assert.Equal(3, Codec.Through(request).GetProperty("tools")[0].GetProperty("max_uses").GetInt32());
        var body = Codec.ToOpenAI(request, out var losses);
        Assert.Single(body.GetProperty("tools").EnumerateArray());
        Assert.Equal(["tools[0]"], losses.Fields);
    }

    [Covers("T22")]
    [Fact]
    public void A_hosted_tool_of_another_format_is_reported_and_a_custom_one_refused()
    {
        Codec.FromOpenAI(Codec.OpenAIChat("""  "tools":[{"type":"web_search"}]"""), out var losses);
        Assert.Equal(["tools[0]"], losses.Fields);
        Assert.Equal("tools[0]", Codec.Refusal(() => Codec.FromOpenAI(Codec.OpenAIChat("""  "tools":[{"type":"custom","custom":{"name":"c"}}]"""), out _)).Param);
    }

    [Covers("T23")]
    [Fact]
    public void The_same_request_gives_the_same_bytes()
    {
        var request = Codec.OpenAIChat($$$$"""  "tools":[{{{{Weather}}}},{"type":"function","function":{"name":"b","description":"d"}}],"user":"u","temperature":0.5,"stop":["a"]""");
        var first = Codec.EncodeText(Codec.Decode(Codec.OpenAI, request), out _);
        for (var i = 0; i < 100; i++)
            Assert.Equal(first, Codec.EncodeText(Codec.Decode(Codec.OpenAI, request), out _));
    }

    [Covers("T24")]
    [Fact]
    public void Arguments_pass_byte_for_byte()
    {
        const string arguments = """{"city":  "M\u00fcnchen 👋 \"q\"", "n": 1.50, "big": 12345678901234567890}""";
        var body = Codec.EncodeText(Codec.Decode(Codec.OpenAI, History("c1", arguments)), out _);
        Assert.Contains("\"input\":" + arguments, body, StringComparison.Ordinal);
        var back = Codec.ToOpenAI(body, out _);
        Assert.Equal(
            arguments,
            back.GetProperty("messages")[1].GetProperty("tool_calls")[0].GetProperty("function").GetProperty("arguments").GetString());
    }

    [Covers("T25")]
    [Fact]
    public void An_image_in_a_tool_result_stays_in_it_or_follows_it()
    {
        const string result = """{"type":"tool_result","tool_use_id":"t1","is_error":true,"content":[{"type":"text","text":"seen"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}}]}""";
        var request = Codec.Chat(messages: $$$$"""{"role":"user","content":"hi"},{"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"f","input":{}}]},{"role":"user","content":[{{{{result}}}}]}""");
        Codec.AssertJson(result, Codec.Through(request).GetProperty("messages")[2].GetProperty("content")[0]);

        var messages = Codec.ToOpenAI(request, out _).GetProperty("messages");
        Assert.Equal("Error: seen", messages[2].GetProperty("content").GetString());
        Assert.Equal(
            "data:image/png;base64,AAAA", messages[3].GetProperty("content")[0].GetProperty("image_url").GetProperty("url").GetString());
    }

    [Covers("S1")]
    [Fact]
    public void The_schemas_own_address_is_left_out()
    {
        var request = Codec.OpenAIChat("""  "tools":[{"type":"function","function":{"name":"f","parameters":{"$schema":"http://x","$id":"y","type":"object","properties":{}}}}]""");
        Codec.AssertJson(
            """{"type":"object","properties":{}}""", Codec.FromOpenAI(request).GetProperty("tools")[0].GetProperty("input_schema"));
    }

    [Covers("S2")]
    [Fact]
    public void Definitions_stay_so_that_references_resolve()
    {
        const string schema = """{"type":"object","properties":{"a":{"$ref":"#/$defs/A"}},"$defs":{"A":{"type":"string"}}}""";
        Codec.AssertJson(schema, Codec.FromOpenAI(Codec.OpenAIChat($$$$"""  "tools":[{"type":"function","function":{"name":"f","parameters":{{{{schema}}}}}}]""")).GetProperty("tools")[0].GetProperty("input_schema"));
    }

    [Covers("S5")]
    [Theory]
    [InlineData("")]
    [InlineData(",\"parameters\":{}")]
    public void No_parameters_are_an_object_without_properties(string parameters) => Codec.AssertJson(
        """{"type":"object","properties":{}}""",
        Codec.FromOpenAI(Codec.OpenAIChat($$$$"""  "tools":[{"type":"function","function":{"name":"f"{{{{parameters}}}}}}]"""))
            .GetProperty("tools")[0].GetProperty("input_schema"));
}
