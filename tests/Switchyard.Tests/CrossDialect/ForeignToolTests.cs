using System.Buffers;
using System.Text;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.BuiltIn;
using Switchyard.Targets;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.CrossDialect;

/// <summary>A tool that the provider's format has no place for is treated the same in every format.</summary>
public sealed class ForeignToolTests
{
    private const string Function = """{"type":"function","name":"f","parameters":{"type":"object","properties":{}}}""";

    public static TheoryData<string> Others =>
        [
            .. BuiltInDialects.Set.EgressIds.Select(id => id.Value).Where(id => !id.StartsWith("openai", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal),
        ];

    [Covers("T22")]
    [Theory, MemberData(nameof(Others))]
    public void A_custom_tool_is_refused(string egress)
    {
        var refused = Assert.Throws<CallException>(
            () => Translate($$"""[{{Function}},{"type":"custom","name":"free"}]""", "\"auto\"", egress, out _)).Error;
        Assert.Equal((CallErrorKind.InvalidRequest, "tools[1]"), (refused.Kind, refused.Param));
    }

    [Covers("T22")]
    [Theory, MemberData(nameof(Others))]
    [InlineData("openai-chat")]
    public void A_vendors_own_tool_is_reported(string egress)
    {
        var body = Translate($$"""[{{Function}},{"type":"file_search","vector_store_ids":["v"]}]""", "\"auto\"", egress, out var losses);
        Assert.Contains("tools[1]", losses.Fields);
        Assert.DoesNotContain("file_search", body, StringComparison.Ordinal);
    }

    [Covers("T22")]
    [Theory, MemberData(nameof(Others))]
    [InlineData("openai-chat")]
    public void A_vendors_own_tool_that_must_be_called_is_refused(string egress)
    {
        var refused = Assert.Throws<CallException>(() => Translate(
            $$"""[{{Function}},{"type":"file_search","vector_store_ids":["v"]}]""", """{"type":"file_search"}""", egress, out _)).Error;
        Assert.Equal((CallErrorKind.InvalidRequest, "tool_choice"), (refused.Kind, refused.Param));
    }

    [Theory, MemberData(nameof(Others))]
    [InlineData("openai-chat")]
    [InlineData("openai-responses")]
    public void The_tools_that_a_search_found_are_named_to_the_model(string egress)
    {
        const string Found = """[{"type":"tool_reference","tool_name":"fathom"},{"type":"tool_reference","tool_name":"moor"}]""";
        var body = TranslateAll(
            $$$$"""
            {"model":"any","max_tokens":99,"tools":[{"name":"search","input_schema":{"type":"object"}}],
            "messages":[{"role":"user","content":"?"},
            {"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"search","input":{}}]},
            {"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":{{{{Found}}}}}]}]}
            """,
            egress, out _, DialectId.AnthropicMessages);
        Assert.Contains("fathom", body, StringComparison.Ordinal);
        Assert.Contains("moor", body, StringComparison.Ordinal);
        if (egress == "anthropic-messages")
            Assert.Contains(Found, body, StringComparison.Ordinal);
        else
            Assert.DoesNotContain("tool_reference", body, StringComparison.Ordinal);
    }

    [Covers("T18")]
    [Theory]
    [InlineData("cohere")]
    [InlineData("ollama")]
    public void The_last_of_two_results_for_one_call_is_sent(string egress)
    {
        const string Request = """
            {"model":"any","input":[{"role":"user","content":"?"},{"type":"function_call","call_id":"c","name":"f","arguments":"{}"},
            {"type":"function_call_output","call_id":"c","output":"first"},{"type":"function_call_output","call_id":"c","output":"last"}]}
            """;
        var body = TranslateAll(Request, egress, out var losses);
        Assert.DoesNotContain("first", body, StringComparison.Ordinal);
        Assert.Contains("last", body, StringComparison.Ordinal);
        Assert.Equal("messages[3] (a second result for c)", Assert.Single(losses.Fields));
    }

    private static string Translate(string tools, string choice, string egress, out LossReport losses) =>
        TranslateAll($$"""{"model":"any","input":"?","tools":{{tools}},"tool_choice":{{choice}}}""", egress, out losses);

    private static string TranslateAll(string request, string egress, out LossReport losses, DialectId? ingress = null)
    {
        var canonical = BuiltInDialects.Set.Ingress(ingress ?? DialectId.OpenAIResponses)
            .DecodeRequest(new CallEnvelope { Operation = CallOperation.Chat, Model = "any" }, Encoding.UTF8.GetBytes(request));
        losses = new LossReport();
        var output = new ArrayBufferWriter<byte>();
        BuiltInDialects.Set.Egress(new DialectId(egress))
            .EncodeRequest(canonical, new EgressTarget("some", Golden.GoldenTests.ModelOf(egress), ProviderQuirks.None), losses, output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
