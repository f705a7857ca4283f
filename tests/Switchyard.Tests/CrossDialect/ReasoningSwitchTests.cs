using System.Buffers;
using System.Text;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.BuiltIn;
using Switchyard.Targets;
using Xunit;

namespace Switchyard.Tests.CrossDialect;

/// <summary>
/// The fields in which other servers of OpenAI chat take how much a model reasons: their clients send them to every model, so each format
/// asks for what they mean.
/// </summary>
public sealed class ReasoningSwitchTests
{
    private const string Ask = """ "model":"any","max_tokens":9000,"messages":[{"role":"user","content":"?"}] """;

    private static readonly string[] s_names = ["thinking", "reasoning", "enable_thinking", "thinking_budget", "chat_template_kwargs"];

    public static TheoryData<string, string, string> Efforts => Pairs(
        ("\"reasoning\":{\"effort\":\"high\"}", "\"reasoning_effort\":\"high\""),
        ("\"reasoning\":{\"enabled\":true,\"effort\":\"low\",\"max_tokens\":null}", "\"reasoning_effort\":\"low\""),
        ("\"reasoning_effort\":\"low\",\"reasoning\":{\"effort\":\"high\"}", "\"reasoning_effort\":\"low\""),
        ("\"reasoning\":{}", "\"reasoning_effort\":null"));

    public static TheoryData<string, string, string> Types => Pairs(
        ("\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2048}", "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2048}"),
        ("\"reasoning\":{\"max_tokens\":2048}", "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2048}"),
        ("\"enable_thinking\":true,\"thinking_budget\":2048", "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2048}"),
        ("\"thinking\":{\"type\":\"enabled\"}", "\"thinking\":{\"type\":\"adaptive\"}"),
        ("\"thinking\":{\"type\":\"auto\"}", "\"thinking\":{\"type\":\"adaptive\"}"),
        ("\"reasoning\":{\"enabled\":true}", "\"thinking\":{\"type\":\"adaptive\"}"),
        ("\"enable_thinking\":true", "\"thinking\":{\"type\":\"adaptive\"}"),
        ("\"thinking\":{\"type\":\"disabled\"}", "\"thinking\":{\"type\":\"disabled\"}"),
        ("\"reasoning\":{\"enabled\":false}", "\"thinking\":{\"type\":\"disabled\"}"),
        ("\"chat_template_kwargs\":{\"enable_thinking\":true}", "\"thinking\":{\"type\":\"adaptive\"}"),
        ("\"chat_template_kwargs\":{\"enable_thinking\":false}", "\"thinking\":{\"type\":\"disabled\"}"),
        ("\"enable_thinking\":false,\"thinking_budget\":2048", "\"thinking\":{\"type\":\"disabled\"}"));

    public static TheoryData<string, string> Unknown
    {
        get
        {
            var cases = new TheoryData<string, string>();
            foreach (var egress in Others)
            {
                cases.Add("\"thinking\":{\"type\":\"colossal\"}", egress);
                cases.Add("\"thinking\":\"on\"", egress);
                cases.Add("\"reasoning\":{\"effort\":\"colossal\"}", egress);
                cases.Add("\"reasoning\":{\"effort\":\"high\",\"shiny_new\":1}", egress);
                cases.Add("\"enable_thinking\":\"yes\"", egress);
                cases.Add("\"thinking_budget\":2048", egress);
            }

            return cases;
        }
    }

    public static TheoryData<string> Egress => [.. Others];

    private static IEnumerable<string> Others =>
        BuiltInDialects.Set.EgressIds.Where(id => id != DialectId.OpenAIChat).Select(id => id.Value).Order(StringComparer.Ordinal);

    [Theory, MemberData(nameof(Efforts))]
    public void An_effort_in_another_servers_field_is_asked_for_like_OpenAIs(string field, string same, string egress)
    {
        Assert.Equal(
            (Translate("openai-chat", same, egress, out var expected), string.Join(',', expected)),
            (Translate("openai-chat", field, egress, out var lost), string.Join(',', lost)));
        Assert.Empty(lost.Intersect(s_names));
    }

    [Theory, MemberData(nameof(Types))]
    public void A_switch_of_another_server_is_asked_for_like_Anthropics(string field, string same, string egress)
    {
        Assert.Equal(
            (Translate("anthropic-messages", same, egress, out var expected), string.Join(',', expected)),
            (Translate("openai-chat", field, egress, out var lost), string.Join(',', lost)));
        Assert.Empty(lost.Intersect(s_names));
    }

    [Theory, MemberData(nameof(Unknown))]
    public void A_switch_in_an_unknown_form_is_named(string field, string egress)
    {
        Assert.Equal(
            Translate("openai-chat", "\"user\":null", egress, out _), Translate("openai-chat", field, egress, out var lost));
        Assert.Equal(field.Split('"')[1], Assert.Single(lost));
    }

    [Theory, MemberData(nameof(Egress))]
    public void A_switch_with_a_member_that_no_other_format_has_is_followed_and_named(string egress)
    {
        const string Type = "\"thinking\":{\"type\":\"enabled\"}";
        Assert.Equal(
            Translate("openai-chat", Type, egress, out var expected),
            Translate("openai-chat", Type.Replace("}", ",\"keep\":\"all\"}", StringComparison.Ordinal), egress, out var lost));
        Assert.Equal([.. expected, "thinking"], lost.Order(StringComparer.Ordinal));
    }

    [Theory, MemberData(nameof(Egress))]
    public void Of_two_switches_that_contradict_the_first_is_followed_and_the_other_named(string egress)
    {
        const string Off = "\"thinking\":{\"type\":\"disabled\"}";
        Assert.Equal(
            Translate("openai-chat", Off, egress, out var expected),
            Translate("openai-chat", Off + ",\"enable_thinking\":true", egress, out var lost));
        Assert.Equal(expected.Append("enable_thinking").Order(StringComparer.Ordinal), lost.Order(StringComparer.Ordinal));
    }

    [Theory, MemberData(nameof(Egress))]
    public void Of_two_switches_the_one_that_switches_off_is_followed_wherever_it_is_and_the_other_named(string egress)
    {
        const string Off = "\"enable_thinking\":false";
        Assert.Equal(
            Translate("openai-chat", Off, egress, out var expected),
            Translate("openai-chat", "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2048}," + Off, egress, out var lost));
        Assert.Equal(expected.Append("thinking").Order(StringComparer.Ordinal), lost.Order(StringComparer.Ordinal));
    }

    [Theory, MemberData(nameof(Egress))]
    public void The_effort_none_switches_off_what_another_servers_field_switches_on_which_is_named(string egress)
    {
        const string Off = "\"reasoning_effort\":\"none\"";
        Assert.Equal(
            Translate("openai-chat", Off, egress, out var expected),
            Translate("openai-chat", "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2048}," + Off, egress, out var lost));
        Assert.Equal(expected.Append("thinking").Order(StringComparer.Ordinal), lost.Order(StringComparer.Ordinal));
    }

    [Theory, MemberData(nameof(Egress))]
    public void A_switch_that_says_off_wins_over_an_effort(string egress)
    {
        const string Off = "\"thinking\":{\"type\":\"disabled\"}";
        foreach (var off in (string[])[Off, "\"reasoning\":{\"effort\":\"none\",\"max_tokens\":2048}"])
        {
            Assert.Equal(
                Translate("openai-chat", Off + ",\"reasoning_effort\":\"high\"", egress, out _),
                Translate("openai-chat", off + ",\"reasoning_effort\":\"high\"", egress, out _));
        }
    }

    [Theory, MemberData(nameof(Egress))]
    public void An_effort_beside_a_switch_that_says_off_is_named(string egress)
    {
        const string Off = "\"thinking\":{\"type\":\"disabled\"}";
        Assert.Equal(
            Translate("openai-chat", Off, egress, out var expected),
            Translate("openai-chat", Off + ",\"reasoning_effort\":\"high\"", egress, out var lost));
        Assert.Equal(expected.Append("reasoning_effort").Distinct().Order(StringComparer.Ordinal), lost.Order(StringComparer.Ordinal));
    }

    [Theory, MemberData(nameof(Egress))]
    public void An_effort_for_the_whole_answer_beside_thinking_that_is_off_is_sent_or_named(string egress)
    {
        var body = Translate(
            "anthropic-messages", "\"thinking\":{\"type\":\"disabled\"},\"output_config\":{\"effort\":\"high\"}", egress, out var lost);
        Assert.NotEqual(
            body.Contains("\"effort\":\"high\"", StringComparison.Ordinal), lost.Contains("output_config.effort", StringComparer.Ordinal));
    }

    [Theory, MemberData(nameof(Egress))]
    public void A_template_with_other_variables_is_followed_and_named(string egress)
    {
        const string On = "\"enable_thinking\":true";
        Assert.Equal(
            Translate("openai-chat", On, egress, out var expected),
            Translate("openai-chat", $"\"chat_template_kwargs\":{{{On},\"lang\":\"de\"}}", egress, out var lost));
        Assert.Equal(expected.Append("chat_template_kwargs").Order(StringComparer.Ordinal), lost.Order(StringComparer.Ordinal));
    }

    [Theory, MemberData(nameof(Egress))]
    public void A_switch_that_says_nothing_leaves_the_decision_to_the_next(string egress)
    {
        const string On = "\"enable_thinking\":true";
        Assert.Equal(
            Translate("openai-chat", On, egress, out var expected),
            Translate("openai-chat", "\"reasoning\":{}," + On, egress, out var lost));
        Assert.Equal(expected, lost);
    }

    [Theory]
    [InlineData("\"thinking\":{\"type\":\"enabled\"}")]
    [InlineData("\"thinking\":{\"type\":\"disabled\"}")]
    [InlineData("\"reasoning\":{\"effort\":\"high\"}")]
    [InlineData("\"enable_thinking\":true,\"thinking_budget\":2048")]
    public void A_server_of_OpenAI_chat_gets_the_field_as_it_is_and_no_other(string field)
    {
        var body = Translate("openai-chat", field, "openai-chat", out var lost);
        Assert.Contains(field, body, StringComparison.Ordinal);
        Assert.DoesNotContain("reasoning_effort", body, StringComparison.Ordinal);
        Assert.Empty(lost);
    }

    [Fact]
    public void Reasoning_that_the_client_excludes_is_not_asked_for_as_text()
    {
        var body = Translate("openai-chat", "\"reasoning\":{\"max_tokens\":2048,\"exclude\":true}", "gemini", out var lost);
        Assert.Contains("\"thinkingBudget\":2048", body, StringComparison.Ordinal);
        Assert.DoesNotContain("includeThoughts", body, StringComparison.Ordinal);
        Assert.Empty(lost);
    }

    private static TheoryData<string, string, string> Pairs(params (string Field, string Same)[] pairs)
    {
        var cases = new TheoryData<string, string, string>();
        foreach (var (field, same) in pairs)
        {
            foreach (var egress in Others)
                cases.Add(field, same, egress);
        }

        return cases;
    }

    private static string Translate(string ingress, string field, string egress, out IReadOnlyList<string> lost)
    {
        var losses = new LossReport();
        var canonical = BuiltInDialects.Set.Ingress(new DialectId(ingress)).DecodeRequest(
            new CallEnvelope { Operation = CallOperation.Chat, Model = "any" }, Encoding.UTF8.GetBytes($"{{{Ask},{field}}}"));
        var output = new ArrayBufferWriter<byte>();
        BuiltInDialects.Set.Egress(new DialectId(egress)).EncodeRequest(
            canonical, new EgressTarget("some", Golden.GoldenTests.ModelOf(egress), ProviderQuirks.None), losses, output);
        lost = losses.Fields;
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
