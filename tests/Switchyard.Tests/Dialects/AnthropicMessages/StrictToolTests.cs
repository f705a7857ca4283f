using Switchyard.Dialects.BedrockConverse;
using Switchyard.Targets;
using Xunit;

namespace Switchyard.Tests.Dialects.AnthropicMessages;

/// <summary>Strict tools, as OpenAI's agents create them: Claude supports a smaller schema language, or no strict tools.</summary>
public sealed class StrictToolTests
{
    private const string Schema = """{"type":"object","properties":{"ms":{"type":"integer","minimum":1,"description":"Time."},"tags":{"type":"array","items":{"type":"string"},"maxItems":3}},"required":["ms","tags"],"additionalProperties":false}""";

    private const string Held = """{"type":"object","properties":{"ms":{"type":"integer","description":"Time."},"tags":{"type":"array","items":{"type":"string"}}},"required":["ms","tags"],"additionalProperties":false}""";

    [Fact]
    public void The_schema_of_a_strict_tool_has_no_bounds_and_they_are_named()
    {
        var body = Codec.FromOpenAI(Request(1), out var losses);

        var tool = body.GetProperty("tools")[0];
        Assert.True(tool.GetProperty("strict").GetBoolean());
        Codec.AssertJson(Held, tool.GetProperty("input_schema"));
        Assert.Equal(["tools[0].input_schema (minimum)", "tools[0].input_schema (maxItems)"], losses.Fields);
    }

    [Fact]
    public void A_model_without_schemas_is_given_the_tool_and_all_its_bounds()
    {
        var body = Codec.FromOpenAI(Request(1), out var losses, Codec.With(new ModelFacts { JsonSchema = false }));

        var tool = body.GetProperty("tools")[0];
        Assert.False(tool.TryGetProperty("strict", out _));
        Codec.AssertJson(Schema, tool.GetProperty("input_schema"));
        Assert.Equal(["tools[0].strict"], losses.Fields);
    }

    [Theory]
    [InlineData("""{"type":"object","properties":{"m":{"type":"object","additionalProperties":{"type":"string"}}}}""")]
    [InlineData("""{"type":"object","properties":{"n":{"$ref":"#/$defs/n"}},"$defs":{"n":{"type":"object","properties":{"n":{"$ref":"#/$defs/n"}}}}}""")]
    public void A_tool_that_takes_a_map_or_what_holds_itself_is_open(string schema)
    {
        foreach (var isBedrock in new[] { false, true })
        {
            var request = Codec.OpenAIChat($$$$"""  "tools":[{"type":"function","function":{"name":"f","strict":true,"parameters":{{{{schema}}}}}}]""");
            var target = new EgressTarget("bedrock", "anthropic.claude-sonnet-4-5-20250929-v1:0", ProviderQuirks.None);

            var body = isBedrock
                ? Codec.Encode(Codec.Decode(Codec.OpenAI, request), out var losses, target, new BedrockConverseDialect())
                : Codec.FromOpenAI(request, out losses);

            var tool = isBedrock
                ? body.GetProperty("toolConfig").GetProperty("tools")[0].GetProperty("toolSpec")
                : body.GetProperty("tools")[0];
            Assert.False(tool.TryGetProperty("strict", out _));
            Codec.AssertJson(schema, isBedrock ? tool.GetProperty("inputSchema").GetProperty("json") : tool.GetProperty("input_schema"));
            Assert.Equal(["tools[0].strict"], losses.Fields);
        }
    }

    [Fact]
    public void No_more_tools_are_strict_than_the_api_takes()
    {
        var body = Codec.FromOpenAI(Request(23), out var losses);

        var strict = body.GetProperty("tools").EnumerateArray().Select(tool => tool.TryGetProperty("strict", out _)).ToList();
        Assert.Equal(20, strict.Count(isStrict => isStrict));
        Assert.Equal(20, strict.LastIndexOf(true) + 1);
        Assert.Contains("tools[22].strict", losses.Fields);
    }

    [Theory]
    [InlineData("anthropic.claude-sonnet-4-5-20250929-v1:0", true)]
    [InlineData("anthropic.claude-3-5-sonnet-20240620-v1:0", false)]
    [InlineData("amazon.nova-pro-v1:0", false)]
    public void Bedrock_is_asked_the_same(string model, bool isHeld)
    {
        var target = new EgressTarget("bedrock", model, ProviderQuirks.None);

        var body = Codec.Encode(Codec.Decode(Codec.OpenAI, Request(1)), out var losses, target, new BedrockConverseDialect());

        var tool = body.GetProperty("toolConfig").GetProperty("tools")[0].GetProperty("toolSpec");
        Assert.Equal(isHeld, tool.TryGetProperty("strict", out _));
        Codec.AssertJson(isHeld ? Held : Schema, tool.GetProperty("inputSchema").GetProperty("json"));
        Assert.NotEmpty(losses.Fields);
    }

    [Fact]
    public void A_map_in_an_answer_is_described_to_a_Claude_on_Bedrock_in_words()
    {
        const string map = """{"type":"object","properties":{"m":{"type":"object","additionalProperties":{"type":"integer"}}}}""";
        var request = Codec.Decode(
            Codec.OpenAI,
            Codec.OpenAIChat($$$$"""  "response_format":{"type":"json_schema","json_schema":{"name":"p","schema":{{{{map}}}}}}"""));
        var target = new EgressTarget("bedrock", "anthropic.claude-sonnet-4-5-20250929-v1:0", ProviderQuirks.None);

        var body = Codec.Encode(request, out var losses, target, new BedrockConverseDialect());

        Assert.False(body.TryGetProperty("outputConfig", out _));
        Assert.Contains(map, body.GetProperty("system")[0].GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.Equal(["response_format"], losses.Fields);
    }

    [Fact]
    public void The_schema_of_an_answer_is_closed_for_a_Claude_on_Bedrock_too()
    {
        var request = Codec.Decode(
            Codec.OpenAI,
            """{"model":"m","messages":[{"role":"user","content":"x"}],"response_format":{"type":"json_schema","json_schema":{"name":"p","schema":{"type":"object","properties":{"n":{"type":"integer","minimum":1}}}}}}""");
        var target = new EgressTarget("bedrock", "anthropic.claude-sonnet-4-5-20250929-v1:0", ProviderQuirks.None);

        var body = Codec.Encode(request, out var losses, target, new BedrockConverseDialect());

        var schema = body.GetProperty("outputConfig").GetProperty("textFormat").GetProperty("structure").GetProperty("jsonSchema");
        Assert.Equal(
            """{"type":"object","properties":{"n":{"type":"integer"}},"additionalProperties":false}""",
            schema.GetProperty("schema").GetString());
        Assert.Single(losses.Fields);
    }

    private static string Request(int tools) => Codec.OpenAIChat(
        "\"tools\":[" + string.Join(
            ',', Enumerable.Range(0, tools).Select(number =>
                $$$$"""{"type":"function","function":{"name":"f{{{{number}}}}","parameters":{{{{Schema}}}},"strict":true}}""")) + "]");
}
