using System.Text;
using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.AnthropicMessages;
using Switchyard.Targets;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Dialects.BedrockConverse;

/// <summary>Options: those of all models, those of each family in its own words, and those that no model accepts.</summary>
public sealed class OptionTests
{
    private const string User = """{"role":"user","content":"hi"}""";

    public static TheoryData<string, string, int?> Efforts
    {
        get
        {
            var grid = new TheoryData<string, string, int?>();
            foreach (var model in new[]
            {
                "anthropic.claude-3-7-sonnet-20250219-v1:0", "us.anthropic.claude-sonnet-4-6", "us.amazon.nova-2-lite-v1:0",
                "openai.gpt-oss-120b-1:0", "meta.llama3-1-70b-instruct-v1:0",
            })
            {
                foreach (var effort in new[] { "none", "minimal", "low", "medium", "high", "xhigh", "max" })
                {
                    foreach (var max in new int?[] { null, 1, 1024, 2048, 4096, 100_000 })
                        grid.Add(model, effort, max);
                }
            }

            return grid;
        }
    }

    [Covers("R6")]
    [Theory]
    [MemberData(nameof(Efforts))]
    public void A_budget_is_always_below_the_bound_and_each_family_is_asked_in_its_words(string model, string effort, int? max)
    {
        var written = Wire.Messages(
            User, out var losses, Wire.Target(model),
            $",\"reasoning_effort\":\"{effort}\"" + (max is null ? "" : $",\"max_tokens\":{max}"));
        var fields = written.TryGetProperty("additionalModelRequestFields", out var own) ? own : default;
        if (effort == "none")
        {
            Assert.Equal(JsonValueKind.Undefined, fields.ValueKind);
            Assert.Empty(losses);
            return;
        }

        if (model.Contains("claude-3-7", StringComparison.Ordinal))
        {
            if (max < 2048)
            {
                Assert.Equal(["reasoning_effort"], losses);
                return;
            }

            var budget = fields.GetProperty("thinking").GetProperty("budget_tokens").GetInt32();
            Assert.InRange(budget, 1024, written.GetProperty("inferenceConfig").GetProperty("maxTokens").GetInt32() - 1);
        }
        else if (model.Contains("claude", StringComparison.Ordinal))
        {
            Assert.Equal("adaptive", fields.GetProperty("thinking").GetProperty("type").GetString());
            Assert.Equal(effort == "minimal" ? "low" : effort, written.GetProperty("outputConfig").GetProperty("effort").GetString());
        }
        else if (model.Contains("nova", StringComparison.Ordinal))
        {
            Assert.Contains(
                fields.GetProperty("reasoningConfig").GetProperty("maxReasoningEffort").GetString(), new[] { "low", "medium", "high" });
        }
        else if (model.Contains("gpt", StringComparison.Ordinal))
        {
            Assert.Contains(fields.GetProperty("reasoning_effort").GetString(), new[] { "low", "medium", "high" });
        }
        else
        {
            Assert.Equal(["reasoning_effort"], losses);
        }
    }

    [Fact]
    public void An_effort_of_the_whole_answer_starts_no_thinking()
    {
        var written = FromClient("\"output_config\":{\"effort\":\"high\"},\"temperature\":0.5", Wire.NewClaude, out var losses);
        Wire.AssertJson("""{"effort":"high"}""", written.GetProperty("outputConfig"));
        Assert.Equal(0.5, written.GetProperty("inferenceConfig").GetProperty("temperature").GetDouble());
        Assert.False(written.TryGetProperty("additionalModelRequestFields", out _));
        Assert.Empty(losses);
    }

    [Fact]
    public void An_effort_of_the_whole_answer_stands_beside_the_thinking_that_is_asked_for()
    {
        const string Effort = "\"output_config\":{\"effort\":\"low\"}";
        var known = Wire.Claude with
        {
            Facts = new ModelFacts { Reasoning = true, ReasoningEfforts = ["low", "medium", "high"], TakesReasoningBudget = true },
        };
        foreach (var (target, thinking, asked, said) in ((EgressTarget, string, string, string?)[])
        [
            (Wire.NewClaude, """{"type":"adaptive"}""", """{"type":"adaptive"}""", "low"),
            (known, """{"type":"enabled","budget_tokens":2000}""", """{"type":"enabled","budget_tokens":2000}""", "low"),
            // For this model the effort becomes the budget.
            (Wire.Claude, """{"type":"adaptive"}""", """{"type":"enabled","budget_tokens":1024}""", null),
        ])
        {
            var written = FromClient($"\"thinking\":{thinking},{Effort}", target, out var losses);
            Wire.AssertJson(asked, written.GetProperty("additionalModelRequestFields").GetProperty("thinking"));
            Assert.Equal(said, written.TryGetProperty("outputConfig", out var output) ? output.GetProperty("effort").GetString() : null);
            Assert.Empty(losses);
        }
    }

    [Fact]
    public void An_effort_of_the_whole_answer_that_the_model_does_not_take_is_named()
    {
        var known = Wire.NewClaude with { Facts = new ModelFacts { Reasoning = true, ReasoningEfforts = ["low", "medium", "high"] } };
        foreach (var (target, effort, said, named) in ((EgressTarget, string, string?, string)[])
        [
            (known, "max", "high", "output_config.effort (max as high)"), (known, "colossal", null, "output_config.effort"),
            (Wire.Claude, "high", null, "output_config.effort"),
        ])
        {
            var written = FromClient($"\"output_config\":{{\"effort\":\"{effort}\"}}", target, out var losses);
            Assert.Equal(said, written.TryGetProperty("outputConfig", out var output) ? output.GetProperty("effort").GetString() : null);
            Assert.False(written.TryGetProperty("additionalModelRequestFields", out _));
            Assert.Equal([named], losses);
        }
    }

    [Covers("R6")]
    [Fact]
    public void What_thinking_forbids_is_left_out_and_named()
    {
        var written = Wire.Messages(
            User, out var losses, more: ",\"reasoning_effort\":\"low\",\"temperature\":0.2,\"top_p\":0.5,\"top_k\":40");
        Assert.Equal(["temperature", "top_k", "top_p"], losses.Order());
        Assert.Equal(["maxTokens"], written.GetProperty("inferenceConfig").EnumerateObject().Select(member => member.Name));
    }

    [Covers("R6")]
    [Fact]
    public void A_forced_call_and_a_call_made_without_thinking_switch_it_off()
    {
        const string Tools = ""","tools":[{"type":"function","function":{"name":"f"}}],"reasoning_effort":"low" """;
        Wire.Messages(User, out var losses, more: Tools + ",\"tool_choice\":\"required\"");
        Assert.Equal(["reasoning_effort"], losses);
        Wire.Messages(
            """{"role":"user","content":"a"},{"role":"assistant","tool_calls":[{"id":"x","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"x","content":"r"}""",
            out losses, more: Tools);
        Assert.Equal(["reasoning_effort"], losses);
    }

    [Theory]
    [InlineData("anthropic.claude-3-5-sonnet-20240620-v1:0", """{"top_k":40}""")]
    [InlineData("mistral.mistral-large-2402-v1:0", """{"top_k":40}""")]
    [InlineData("eu.amazon.nova-pro-v1:0", """{"inferenceConfig":{"topK":40}}""")]
    public void Each_family_takes_top_k_in_its_own_place(string model, string expected)
    {
        var written = Wire.Messages(User, out var losses, Wire.Target(model), ",\"top_k\":40");
        Wire.AssertJson(expected, written.GetProperty("additionalModelRequestFields"));
        Assert.Empty(losses);
    }

    [Fact]
    public void What_has_no_place_is_named()
    {
        Wire.Messages(
            User, out var losses, Wire.Nova,
            ""","temperature":1.5,"top_p":0.9,"seed":7,"logit_bias":{"1":1},"presence_penalty":0.5,"frequency_penalty":0.5,"verbosity":"low","prompt_cache_key":"k","n":1,"store":false""");
        Assert.Equal(
            ["frequency_penalty", "logit_bias", "presence_penalty", "prompt_cache_key", "seed", "temperature", "verbosity"],
            losses.Order());
    }

    [Fact]
    public void A_temperature_above_one_becomes_one() =>
        Assert.Equal(
            1,
            Wire.Messages(User, out _, Wire.Nova, ",\"temperature\":1.5").GetProperty("inferenceConfig").GetProperty("temperature")
                .GetDouble());

    [Fact]
    public void A_newer_claude_gets_temperature_or_top_p_but_not_both()
    {
        var written = Wire.Messages(User, out var losses, Wire.NewClaude, ",\"temperature\":0.5,\"top_p\":0.9");
        Wire.AssertJson("""{"temperature":0.5}""", written.GetProperty("inferenceConfig"));
        Assert.Equal(["top_p"], losses);
        Wire.Messages(User, out losses, Wire.Claude, ",\"temperature\":0.5,\"top_p\":0.9");
        Assert.Empty(losses);
    }

    [Theory]
    [InlineData("\"n\":2", "n")]
    [InlineData("\"logprobs\":true", "logprobs")]
    [InlineData("\"top_logprobs\":3", "logprobs")]
    [InlineData("\"modalities\":[\"text\",\"audio\"]", "modalities")]
    public void What_would_change_the_answers_shape_is_refused(string field, string param)
    {
        var error = Wire.Refusal($$"""{"model":"m","messages":[{{User}}],{{field}}}""");
        Assert.Equal(param, error.Param);
        Assert.Equal("unsupported_parameter", error.Code);
    }

    [Covers("F5")]
    [Fact]
    public void Stop_sequences_of_white_space_are_filtered_and_the_others_all_pass()
    {
        var written = Wire.Messages(User, out var losses, more: ",\"stop\":[\"a\",\" \",\"b\",\"c\",\"d\",\"e\"]");
        Wire.AssertJson("""["a","b","c","d","e"]""", written.GetProperty("inferenceConfig").GetProperty("stopSequences"));
        Wire.AssertJson("""["/stop_sequence"]""", written.GetProperty("additionalModelResponseFieldPaths"));
        Assert.Equal(["stop[1]"], losses);
        Assert.False(Wire.Messages(User, out _, Wire.Nova, ",\"stop\":\"a\"").TryGetProperty("additionalModelResponseFieldPaths", out _));
    }

    [Covers("S6")]
    [Fact]
    public void A_schema_for_the_answer_is_text_that_holds_json()
    {
        const string Format = ""","response_format":{"type":"json_schema","json_schema":{"name":"city","description":"d","strict":true,"schema":{"type":"object","properties":{"ü":{"$ref":"#/$defs/a"}},"$defs":{"a":{"type":["string","null"]}}}}}""";
        var output = Wire.Messages(User, out var losses, Wire.NewClaude, Format).GetProperty("outputConfig").GetProperty("textFormat");
        Assert.Equal("json_schema", output.GetProperty("type").GetString());
        var schema = output.GetProperty("structure").GetProperty("jsonSchema");
        Assert.Equal("city", schema.GetProperty("name").GetString());
        Wire.AssertJson(
            """{"type":"object","properties":{"ü":{"$ref":"#/$defs/a"}},"$defs":{"a":{"type":["string","null"]}},"additionalProperties":false}""",
            JsonElement.Parse(schema.GetProperty("schema").GetString()!));
        Assert.Empty(losses);
    }

    [Covers("S7")]
    [Theory]
    [InlineData("text", false)]
    [InlineData("json_object", true)]
    [InlineData("json_schema", true)]
    public void Every_format_has_an_effect_or_is_named(string type, bool isToldInWords)
    {
        var format = type == "json_schema"
            ? """{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object"}}}"""
            : $$"""{"type":"{{type}}"}""";
        var written = Wire.Messages(User, out var losses, Wire.Nova, $",\"response_format\":{format}");
        Assert.Equal(isToldInWords ? ["response_format"] : [], losses);
        Assert.Equal(
            isToldInWords,
            written.TryGetProperty("system", out var system)
                && system[0].GetProperty("text").GetString()!.Contains("JSON", StringComparison.Ordinal));
    }

    [Fact]
    public void Metadata_tier_and_guardrails_are_carried()
    {
        var written = Wire.Messages(
            User, out var losses,
            more: ""","user":"u-1","metadata":{"team":"a b","bad":"ü"},"service_tier":"flex","guardrailConfig":{"guardrailIdentifier":"g","guardrailVersion":"1"},"additionalModelRequestFields":{"anthropic_beta":["x"],"top_k":3}""");
        Wire.AssertJson("""{"user":"u-1","team":"a b"}""", written.GetProperty("requestMetadata"));
        Wire.AssertJson("""{"type":"flex"}""", written.GetProperty("serviceTier"));
        Wire.AssertJson("""{"guardrailIdentifier":"g","guardrailVersion":"1"}""", written.GetProperty("guardrailConfig"));
        Wire.AssertJson("""{"anthropic_beta":["x"],"top_k":3}""", written.GetProperty("additionalModelRequestFields"));
        Assert.Equal(["metadata.bad"], losses);
        Assert.False(Wire.Messages(User, out losses, more: ",\"service_tier\":\"auto\"").TryGetProperty("serviceTier", out _));
        Assert.Empty(losses);
    }

    [Covers("C2")]
    [Fact]
    public void Headers_of_another_vendor_are_not_passed_on()
    {
        var losses = new LossReport();
        var envelope = new CallEnvelope
        {
            Operation = CallOperation.Chat,
            Model = "m",
            Headers = new Dictionary<string, string> { ["anthropic-beta"] = "x" },
        };
        Assert.Empty(((IEgressDialect)Wire.Dialect).GetHeaders(envelope, Wire.Claude, losses));
        Assert.Equal(["anthropic-beta"], losses.Fields);
    }

    /// <summary>Translates a request of Anthropic's format, whose effort applies to the whole answer.</summary>
    private static JsonElement FromClient(string options, EgressTarget target, out IReadOnlyList<string> losses) =>
        Wire.Encode(
            new AnthropicMessagesDialect().DecodeRequest(
                new CallEnvelope { Operation = CallOperation.Chat, Model = "m" },
                Encoding.UTF8.GetBytes($$"""{"model":"m","max_tokens":9000,"messages":[{{User}}],{{options}}}""")),
            out losses, target);
}
