using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Targets;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Dialects.AnthropicMessages;

public sealed class AnswerSchemaTests
{
    private const string Schema = """{"type":"object","properties":{"name":{"type":["string","null"]},"list":{"type":"array","items":{"type":"object","properties":{"n":{"type":"integer"}}}}},"required":["name","list"],"additionalProperties":false}""";

    private static readonly EgressTarget WithoutSchemas = Codec.With(new ModelFacts { JsonSchema = false });

    private static string Request(string schema = Schema, string more = "") =>
        Codec.OpenAIChat($$$$"""  "response_format":{"type":"json_schema","json_schema":{"name":"p","strict":true,"schema":{{{{schema}}}}}}{{{{more}}}}""");

    [Covers("S6")]
    [Fact]
    public void A_schema_goes_to_the_api_with_its_objects_closed()
    {
        var format = Codec.FromOpenAI(Request()).GetProperty("output_config").GetProperty("format");
        const string inner = "{\"n\":{\"type\":\"integer\"}}";
        Codec.AssertJson(
            "{\"type\":\"json_schema\",\"schema\":"
                + Schema.Replace(inner + "}", inner + ",\"additionalProperties\":false}", StringComparison.Ordinal) + "}",
            format);
    }

    [Covers("S6")]
    [Fact]
    public void What_the_api_refuses_in_a_schema_is_left_out_and_reported()
    {
        var body = Codec.FromOpenAI(
            Request("""{"type":"object","properties":{"minimum":{"type":"integer","minimum":1},"b":{"type":"object","properties":{"c":{"type":"string"}},"additionalProperties":true}}}"""), out var losses);
        Codec.AssertJson(
            """{"type":"object","properties":{"minimum":{"type":"integer"},"b":{"type":"object","properties":{"c":{"type":"string"}},"additionalProperties":false}},"additionalProperties":false}""",
            body.GetProperty("output_config").GetProperty("format").GetProperty("schema"));
        Assert.Equal(2, losses.Fields.Count);
    }

    [Covers("S9")]
    [Fact]
    public void Required_and_nullable_stay_what_they_are()
    {
        var schema = Codec.FromOpenAI(Request()).GetProperty("output_config").GetProperty("format").GetProperty("schema");
        Codec.AssertJson("""["string","null"]""", schema.GetProperty("properties").GetProperty("name").GetProperty("type"));
        Codec.AssertJson("""["name","list"]""", schema.GetProperty("required"));
    }

    [Covers("S7")]
    [Fact]
    public void A_json_object_is_asked_for_in_words_and_that_is_reported()
    {
        var body = Codec.FromOpenAI(
            Codec.OpenAIChat(
                """  "response_format":{"type":"json_object"}""",
                """{"role":"system","content":"Be brief."},{"role":"user","content":"hi"}"""),
            out var losses);
        Assert.Equal("Be brief.", body.GetProperty("system")[0].GetProperty("text").GetString());
        Assert.Contains("JSON", body.GetProperty("system")[1].GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.Contains("response_format", Assert.Single(losses.Fields), StringComparison.Ordinal);
        Assert.False(Codec.FromOpenAI(Codec.OpenAIChat("""  "response_format":{"type":"text"}""")).TryGetProperty("system", out _));
    }

    [Covers("S7")]
    [Fact]
    public void A_model_without_schemas_is_made_to_answer_by_a_tool_of_ours()
    {
        var body = Codec.FromOpenAI(Request(), WithoutSchemas);
        Assert.False(body.TryGetProperty("output_config", out _));
        var tool = Assert.Single(body.GetProperty("tools").EnumerateArray());
        Codec.AssertJson(Schema, tool.GetProperty("input_schema"));
        Assert.Equal(tool.GetProperty("name").GetString(), body.GetProperty("tool_choice").GetProperty("name").GetString());
    }

    [Theory]
    [InlineData("""{"type":"object","properties":{"m":{"type":"object","additionalProperties":{"type":"integer"}}}}""")]
    [InlineData("""{"type":"object","properties":{"m":{"type":"object"}}}""")]
    [InlineData("""{"type":"object","properties":{"m":{"type":"object","additionalProperties":true}}}""")]
    [InlineData("""{"type":"object","properties":{"n":{"$ref":"#/$defs/n"}},"$defs":{"n":{"type":"object","properties":{"next":{"anyOf":[{"$ref":"#/$defs/n"},{"type":"null"}]}}}}}""")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"array","items":{"$ref":"#/$defs/m"}}},"$defs":{"m":{"type":"object","additionalProperties":{"type":"string"}}}}""")]
    public void A_map_is_asked_for_by_a_tool_of_ours_because_the_api_would_leave_it_empty_and_so_is_what_holds_itself(string schema)
    {
        var body = Codec.FromOpenAI(Request(schema), out var losses);

        Assert.False(body.TryGetProperty("output_config", out _));
        Codec.AssertJson(schema, body.GetProperty("tools")[0].GetProperty("input_schema"));
        Assert.Empty(losses.Fields);
    }

    [Fact]
    public void A_map_beside_tools_or_thinking_is_described_in_words_and_named()
    {
        const string map = """{"type":"object","additionalProperties":{"type":"integer"}}""";
        const string tools = ""","tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}]""";

        foreach (var more in new[] { tools, ",\"reasoning_effort\":\"high\"" })
        {
            var body = Codec.FromOpenAI(Request(map, more), out var losses);

            Assert.False(body.TryGetProperty("output_config", out var output) && output.TryGetProperty("format", out _));
            Assert.EndsWith(map, body.GetProperty("system")[0].GetProperty("text").GetString(), StringComparison.Ordinal);
            Assert.Contains("response_format (as an instruction)", losses.Fields);
        }
    }

    [Covers("S8")]
    [Fact]
    public void The_tool_of_ours_never_reaches_the_client()
    {
        var name = Codec.FromOpenAI(Request(), WithoutSchemas).GetProperty("tools")[0].GetProperty("name").GetString();
        var response = Codec.DecodeAnswer(
            $$$$"""{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"tool_use","id":"t","name":"{{{{name}}}}","input":{"name":null}}],"stop_reason":"tool_use","usage":{"input_tokens":1,"output_tokens":1}}""");
        Assert.Equal("""{"name":null}""", response.Text);
        Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
        Assert.Empty(response.Messages[0].Contents.OfType<FunctionCallContent>());

        var updates = Codec.DecodeGood(Codec.Stream(
            Codec.Start(), Codec.Open(0, $$$$"""{"type":"tool_use","id":"t","name":"{{{{name}}}}","input":{}}"""),
            Codec.Json(0, "{\"name\""), Codec.Json(0, ":null}"), Codec.Stop(0), Codec.End("tool_use"), Codec.Last));
        Assert.Equal("""{"name":null}""", string.Concat(updates.Select(update => update.Text)));
        Assert.DoesNotContain(updates.SelectMany(update => update.Contents), content => content is FunctionCallContent or ToolCallFragment);
        var emitted = OpenAIChat.Codec.EncodeStream(updates);
        Assert.DoesNotContain(name!, emitted, StringComparison.Ordinal);
        Assert.Contains("\"finish_reason\":\"stop\"", emitted, StringComparison.Ordinal);
    }

    [Covers("S8")]
    [Fact]
    public void A_schema_beside_tools_is_refused_where_the_model_cannot_do_both()
    {
        const string tools = """,  "tools":[{"type":"function","function":{"name":"f"}}]""";
        Assert.Equal("response_format", Codec.Refusal(() => Codec.FromOpenAI(Request(more: tools), out _, WithoutSchemas)).Param);
        Assert.Single(Codec.FromOpenAI(Request(more: tools)).GetProperty("tools").EnumerateArray());
    }
}
