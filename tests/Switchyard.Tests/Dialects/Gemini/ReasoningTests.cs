using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared.Tools;
using Switchyard.Egress.Reasoning;
using Switchyard.Targets;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Dialects.Gemini;

/// <summary>Thoughts, their budget, and their signatures.</summary>
public sealed class ReasoningTests
{
    private const string Loop = """
        {"role":"user","content":"x"},{"role":"assistant","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}EXTRA},{"id":"b","type":"function","function":{"name":"g","arguments":"{}"}}]},
        {"role":"tool","tool_call_id":"a","content":"1"},{"role":"tool","tool_call_id":"b","content":"2"}
        """;

    private static readonly EgressTarget Levels =
        Codec.Three with { Facts = new ModelFacts { Reasoning = true, ReasoningEfforts = ["low", "high"] } };

    private static readonly EgressTarget Budgets = Codec.Target with
    {
        Facts = new ModelFacts { Reasoning = true, TakesReasoningBudget = true, MinReasoningBudget = 128, MaxReasoningBudget = 20_000 },
    };

    [Covers("R5")]
    [Fact]
    public void A_signature_returned_by_a_client_of_another_format_goes_back_with_its_call()
    {
        var body = Codec.Messages(
            Loop.Replace("EXTRA", ",\"extra_content\":{\"google\":{\"thought_signature\":\"U0lH\"}}", StringComparison.Ordinal));
        var parts = Codec.FromOpenAI(body, Codec.Three).GetProperty("contents")[1].GetProperty("parts");
        Assert.Equal("U0lH", parts[0].GetProperty("thoughtSignature").GetString());
        Assert.False(parts[1].TryGetProperty("thoughtSignature", out _));
    }

    [Covers("R5")]
    [Fact]
    public void A_call_that_was_never_signed_says_so_to_models_that_check()
    {
        var body = Codec.Messages(Loop.Replace("EXTRA", "", StringComparison.Ordinal));
        var parts = Codec.FromOpenAI(body, Codec.Three).GetProperty("contents")[1].GetProperty("parts");
        Assert.Equal("skip_thought_signature_validator", parts[0].GetProperty("thoughtSignature").GetString());
        Assert.False(parts[1].TryGetProperty("thoughtSignature", out _));
        Assert.False(Codec.FromOpenAI(body).GetProperty("contents")[1].GetProperty("parts")[0].TryGetProperty("thoughtSignature", out _));
    }

    [Fact]
    public void The_placeholder_that_a_client_writes_for_an_unsigned_call_is_no_state()
    {
        const string body = """{"contents":[{"role":"user","parts":[{"text":"x"}]},{"role":"model","parts":[{"functionCall":{"id":"a","name":"f","args":{"q":1}},"thoughtSignature":"skip_thought_signature_validator"}]},{"role":"user","parts":[{"functionResponse":{"id":"a","name":"f","response":{"output":"1"}}}]}]}""";
        var memory = new ReasoningMemory(new TestClock());
        var thought = new TextReasoningContent("hm") { ProtectedData = "sig" };
        memory.Keep("mine", ToolArguments.ToCall("a", "f", """{"q":1}"""), new ReasoningState([thought], null, null));

        Assert.Contains(thought, memory.Restore(Codec.Decode(body), "mine").Messages[1].Contents);
        Codec.ToOpenAI(body, out var losses);
        Assert.Empty(losses.Fields);
        var call = Codec.Encode(Codec.Decode(body), Codec.Three).GetProperty("contents")[1].GetProperty("parts")[0];
        Assert.Equal("skip_thought_signature_validator", call.GetProperty("thoughtSignature").GetString());
    }

    [Covers("T14")]
    [Fact]
    public void A_signature_stands_beside_the_call_and_never_in_its_id()
    {
        var answer = Codec.Answer(Codec.Chunk("""{"functionCall":{"name":"f","args":{"a":1}},"thoughtSignature":"U0lH"}""", "STOP"));
        var call = Codec.EncodeAnswer(answer, Codec.OpenAI).GetProperty("choices")[0].GetProperty("message").GetProperty("tool_calls")[0];
        Assert.Matches("^[a-zA-Z0-9_-]{1,40}$", call.GetProperty("id").GetString());
        Assert.Equal("U0lH", call.GetProperty("extra_content").GetProperty("google").GetProperty("thought_signature").GetString());

        var (updates, _, _) = Codec.DecodeStream(
            Codec.Chunk("""{"functionCall":{"name":"f","args":{"a":1}},"thoughtSignature":"U0lH"}""", "STOP"));
        Assert.Contains(
            "\"extra_content\":{\"google\":{\"thought_signature\":\"U0lH\"}}", Codec.EncodeStream(updates, dialect: Codec.OpenAI),
            StringComparison.Ordinal);
    }

    [Covers("R9")]
    [Fact]
    public void Reasoning_of_another_provider_is_not_sent_as_thoughts()
    {
        var written = Codec.FromOpenAI(Codec.Messages("""{"role":"user","content":"x"},{"role":"assistant","reasoning_content":"hm","content":"y"},{"role":"user","content":"z"}"""), out var losses);
        Codec.Same("""{"role":"model","parts":[{"text":"y"}]}""", written.GetProperty("contents")[1]);
        Assert.Equal(["messages[1].content[0].reasoning"], losses.Fields);
    }

    [Covers("R9")]
    [Fact]
    public void A_signature_of_another_provider_is_not_sent()
    {
        var foreign = new TextReasoningContent("hm")
        {
            ProtectedData = "sig",
            AdditionalProperties = new() { [CanonicalKeys.ReasoningOrigin] = "anthropic-messages" },
        };
        var request = new CanonicalChatRequest(
            [new(ChatRole.User, "x"), new(ChatRole.Assistant, [foreign, new TextContent("y")]), new(ChatRole.User, "z")],
            new ChatOptions());
        Assert.DoesNotContain("sig", Codec.Encode(request, out var losses).GetRawText(), StringComparison.Ordinal);
        Assert.Single(losses.Fields);
    }

    [Covers("R7")]
    [Fact]
    public void Thoughts_reach_a_client_of_another_format_in_both_modes()
    {
        var chunk = Codec.Chunk("""{"text":"let me see","thought":true},{"text":"4"}""", "STOP");
        var message = Codec.EncodeAnswer(Codec.Answer(chunk), Codec.OpenAI).GetProperty("choices")[0].GetProperty("message");
        Assert.Equal(
            ("let me see", "4"), (message.GetProperty("reasoning_content").GetString(), message.GetProperty("content").GetString()));
        Assert.Contains(
            "\"reasoning_content\":\"let me see\"", Codec.EncodeStream(Codec.DecodeStream(chunk).Updates, dialect: Codec.OpenAI),
            StringComparison.Ordinal);
    }

    [Covers("R6")]
    [Theory]
    [InlineData("none", "LOW", true)]
    [InlineData("minimal", "LOW", false)]
    [InlineData("low", "LOW", false)]
    [InlineData("medium", "LOW", false)]
    [InlineData("high", "HIGH", false)]
    [InlineData("xhigh", "HIGH", true)]
    [InlineData("max", "HIGH", true)]
    public void An_effort_is_the_nearest_level_of_the_model(string effort, string level, bool reports)
    {
        var written = Codec.FromOpenAI(Codec.Chat($"\"reasoning_effort\":\"{effort}\""), out var losses, Levels);
        var config = written.GetProperty("generationConfig").GetProperty("thinkingConfig");
        Assert.Equal(level, config.GetProperty("thinkingLevel").GetString());
        Assert.False(config.TryGetProperty("thinkingBudget", out _));
        Assert.Equal(effort != "none", config.TryGetProperty("includeThoughts", out _));
        Assert.Equal(reports ? ["reasoning_effort"] : [], losses.Fields);
    }

    [Covers("R6")]
    [Fact]
    public void A_budget_stays_within_the_model_and_below_the_bound_of_the_answer()
    {
        foreach (var effort in new[] { "none", "minimal", "low", "medium", "high", "xhigh", "max" })
        {
            foreach (var limit in new int?[] { null, 300, 1000, 4000, 100_000 })
            {
                var body = Codec.Chat($"\"reasoning_effort\":\"{effort}\"" + (limit is null ? "" : $",\"max_completion_tokens\":{limit}"));
                var config = Codec.FromOpenAI(body, out _, Budgets).GetProperty("generationConfig").GetProperty("thinkingConfig");
                var budget = config.GetProperty("thinkingBudget").GetInt32();
                Assert.InRange(budget, 128, Math.Min(20_000, (limit ?? int.MaxValue) - 1));
                Assert.False(config.TryGetProperty("thinkingLevel", out _));
            }
        }
    }

    [Covers("R6")]
    [Theory]
    [InlineData("gemini-2.5-flash", "none", 0)]
    [InlineData("gemini-2.5-flash", "low", 1024)]
    [InlineData("gemini-2.5-pro", "none", 128)]
    [InlineData("gemini-2.5-flash", "high", 24576)]
    public void A_model_the_catalogue_does_not_know_is_judged_by_its_name(string model, string effort, int budget) =>
        Assert.Equal(budget, Codec.FromOpenAI(Codec.Chat($"\"reasoning_effort\":\"{effort}\""), out _, Codec.Target with { Model = model })
            .GetProperty("generationConfig").GetProperty("thinkingConfig").GetProperty("thinkingBudget").GetInt32());

    [Covers("R6")]
    [Fact]
    public void A_model_that_does_not_think_is_not_asked_to()
    {
        var written = Codec.FromOpenAI(
            Codec.Chat("\"reasoning_effort\":\"high\""), out var losses,
            Codec.Target with { Facts = new ModelFacts { Reasoning = false } });
        Assert.False(written.GetProperty("generationConfig").TryGetProperty("thinkingConfig", out _));
        Assert.Equal(["reasoning_effort"], losses.Fields);
    }

    [Covers("R6")]
    [Theory]
    [InlineData("""{"includeThoughts":true,"thinkingBudget":2000}""", "low")]
    [InlineData("""{"thinkingBudget":0}""", "none")]
    [InlineData("""{"thinkingLevel":"HIGH"}""", "high")]
    [InlineData("""{"thinkingLevel":1}""", "low")]
    [InlineData("""{"thinkingLevel":3}""", "high")]
    [InlineData("""{"thinking_level":"MINIMAL","include_thoughts":true}""", "minimal")]
    public void What_a_client_of_this_format_asks_for_is_an_effort_elsewhere(string config, string effort)
    {
        var body = $$$$$"""{"contents":[{"parts":[{"text":"x"}]}],"generationConfig":{"thinkingConfig":{{{{{config}}}}}}}""";
        Assert.Equal(effort, Codec.ToOpenAI(body, out _).GetProperty("reasoning_effort").GetString());
    }

    [Fact]
    public void Thoughts_of_this_formats_own_history_go_back_as_they_came()
    {
        const string body = """{"contents":[{"role":"user","parts":[{"text":"x"}]},{"role":"model","parts":[{"text":"hm","thought":true},{"text":"y","thoughtSignature":"QQ=="},{"text":"","thoughtSignature":"Qg=="}]},{"role":"user","parts":[{"text":"z"}]}]}""";
        Codec.Same(JsonElement.Parse(body).GetProperty("contents").GetRawText(), Codec.Encode(Codec.Decode(body)).GetProperty("contents"));
    }
}
