using System.Buffers;
using System.Text;
using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.BuiltIn;
using Switchyard.Targets;
using Xunit;

namespace Switchyard.Tests.CrossDialect;

/// <summary>Unknown reasoning settings of a client: they are not sent in another format, and that is reported.</summary>
public sealed class UnknownReasoningTests
{
    private const string Asks = """ "messages":[{"role":"user","content":"?"}] """;

    public static TheoryData<string> Egress => [.. BuiltInDialects.Set.EgressIds.Select(id => id.Value).Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(Egress))]
    public void Members_of_thinkingConfig_and_words_of_its_level_go_to_Gemini_or_are_named(string egress)
    {
        var body = Translate(
            "gemini",
            """
            {"contents":[{"parts":[{"text":"?"}]}],
            "generationConfig":{"thinking_config":{"include_thoughts":true,"thinkingLevel":"COLOSSAL","shiny_new":{"a":1}}}}
            """,
            egress, out var lost);
        if (egress == "gemini")
        {
            var config = body.GetProperty("generationConfig").GetProperty("thinkingConfig");
            Assert.Equal("COLOSSAL", config.GetProperty("thinkingLevel").GetString());
            Assert.Equal(1, config.GetProperty("shinyNew").GetProperty("a").GetInt32());
            Assert.True(config.GetProperty("includeThoughts").GetBoolean());
            Assert.Empty(lost);
            return;
        }

        Assert.Contains("generationConfig.thinkingConfig.thinkingLevel", lost);
        Assert.Contains("generationConfig.thinkingConfig.shinyNew", lost);
    }

    [Theory, MemberData(nameof(Egress))]
    public void Members_of_thinkingConfig_beside_a_budget_go_beside_it_or_are_named(string egress)
    {
        var body = Translate(
            "gemini",
            """{"contents":[{"parts":[{"text":"?"}]}],"generationConfig":{"thinkingConfig":{"thinkingBudget":2048,"shinyNew":1}}}""",
            egress, out var lost);
        if (egress == "gemini")
        {
            var config = body.GetProperty("generationConfig").GetProperty("thinkingConfig");
            Assert.Equal(
                (2048, 1), (config.GetProperty("thinkingBudget").GetInt32(), config.GetProperty("shinyNew").GetInt32()));
            Assert.Empty(lost);
        }
        else
        {
            Assert.Contains("generationConfig.thinkingConfig.shinyNew", lost);
        }
    }

    [Theory, MemberData(nameof(Egress))]
    public void A_level_that_is_unspecified_says_nothing(string egress)
    {
        Translate(
            "gemini",
            """
            {"contents":[{"parts":[{"text":"?"}]}],
            "generationConfig":{"thinkingConfig":{"includeThoughts":true,"thinkingLevel":"THINKING_LEVEL_UNSPECIFIED"}}}
            """,
            egress, out var lost);
        Assert.DoesNotContain("generationConfig.thinkingConfig.thinkingLevel", lost);
    }

    [Theory, MemberData(nameof(Egress))]
    public void Members_of_thinking_and_words_of_its_display_go_to_Anthropic_or_are_named(string egress)
    {
        var body = Translate(
            "anthropic-messages",
            """
            {"model":"any","max_tokens":9000,"messages":[{"role":"user","content":"?"}],
            "thinking":{"type":"enabled","budget_tokens":2048,"display":"holographic","shiny_new":1}}
            """,
            egress, out var lost);
        if (egress == "anthropic-messages")
        {
            var thinking = body.GetProperty("thinking");
            Assert.Equal(
                ("enabled", "holographic", 1),
                (thinking.GetProperty("type").GetString(), thinking.GetProperty("display").GetString(),
                    thinking.GetProperty("shiny_new").GetInt32()));
            Assert.Empty(lost);
            return;
        }

        Assert.Contains("thinking.display", lost);
        Assert.Contains("thinking.shiny_new", lost);
    }

    [Theory, MemberData(nameof(Egress))]
    public void Members_of_reasoning_go_to_responses_or_are_named(string egress)
    {
        var body = Translate(
            "openai-responses", """{"model":"any","input":"?","reasoning":{"effort":"low","shiny_new":1}}""", egress, out var lost);
        if (egress == "openai-responses")
            Assert.Equal(1, body.GetProperty("reasoning").GetProperty("shiny_new").GetInt32());
        else
            Assert.Contains("reasoning.shiny_new", lost);
    }

    [Theory, MemberData(nameof(Egress))]
    public void An_unknown_effort_goes_out_as_it_is_or_is_named(string egress)
    {
        foreach (var (ingress, request) in ((string, string)[])
        [
            ("openai-responses", """{"model":"any","input":"?","reasoning":{"effort":"colossal"}}"""),
            ("openai-chat", $$"""{"model":"any",{{Asks}},"reasoning_effort":"colossal" }"""),
            ("anthropic-messages", $$"""{"model":"any","max_tokens":9000,{{Asks}},"output_config":{"effort":"colossal"} }"""),
        ])
        {
            var body = Translate(ingress, request, egress, out var lost).GetRawText();
            Assert.True(
                lost.Contains("reasoning_effort") || body.Contains("\"colossal\"", StringComparison.Ordinal), $"{ingress}: {body}");
        }
    }

    private static JsonElement Translate(string ingress, string request, string egress, out IReadOnlyList<string> lost)
    {
        var losses = new LossReport();
        var canonical = BuiltInDialects.Set.Ingress(new DialectId(ingress)).DecodeRequest(
            new CallEnvelope { Operation = CallOperation.Chat, Model = "any" }, Encoding.UTF8.GetBytes(request));
        var output = new ArrayBufferWriter<byte>();
        BuiltInDialects.Set.Egress(new DialectId(egress))
            .EncodeRequest(canonical, new EgressTarget("some", Golden.GoldenTests.ModelOf(egress), ProviderQuirks.None), losses, output);
        lost = losses.Fields;
        return JsonElement.Parse(output.WrittenSpan);
    }
}
