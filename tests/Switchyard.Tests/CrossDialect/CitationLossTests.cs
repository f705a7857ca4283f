using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.BuiltIn;
using Switchyard.Targets;
using Xunit;

namespace Switchyard.Tests.CrossDialect;

/// <summary>The citations of an earlier answer, which a client or an application sends back with it.</summary>
public sealed class CitationLossTests
{
    private const string FromResponses = """
        {"model":"any","input":[{"role":"user","content":"?"},{"type":"message","role":"assistant","content":[{"type":"output_text",
        "text":"Cited.","annotations":[ANNOTATION]}]},{"role":"user","content":"on"}]}
        """;

    private const string FromAnthropic = """
        {"model":"any","max_tokens":99,"messages":[{"role":"user","content":"?"},{"role":"assistant","content":[{"type":"text",
        "text":"Cited.","citations":[{"type":"web_search_result_location","url":"https://a.example","title":"t","cited_text":"c",
        "encrypted_index":"e"}]}]},{"role":"user","content":"on"}]}
        """;

    private const string FromChat = """
        {"model":"any","messages":[{"role":"user","content":"?"},{"role":"assistant","content":"Cited.","annotations":[{"type":
        "url_citation","url_citation":{"url":"https://a.example","title":"t","start_index":0,"end_index":5}}]},{"role":"user",
        "content":"on"}]}
        """;

    public static TheoryData<string> Egress => [.. BuiltInDialects.Set.EgressIds.Select(id => id.Value).Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(Egress))]
    public void Citations_that_a_client_of_responses_sends_back_are_written_or_named(string egress)
    {
        foreach (var annotation in (string[])[
            """{"type":"url_citation","url":"https://a.example","title":"t","start_index":0,"end_index":5}""",
            """{"type":"file_citation","file_id":"file-1","filename":"a.pdf","index":3}"""])
        {
            var request = FromResponses.Replace("ANNOTATION", annotation, StringComparison.Ordinal);
            var body = Translate("openai-responses", request, egress, out var lost);
            if (egress == "openai-responses")
            {
                Assert.Contains(annotation, body, StringComparison.Ordinal);
                Assert.Empty(lost);
            }
            else
            {
                Assert.Equal(["messages[1].content.annotations"], lost);
            }
        }
    }

    [Theory, MemberData(nameof(Egress))]
    public void No_citations_are_no_loss(string egress)
    {
        Translate("openai-responses", FromResponses.Replace("ANNOTATION", "", StringComparison.Ordinal), egress, out var lost);
        Assert.Empty(lost);
    }

    [Theory, MemberData(nameof(Egress))]
    public void Citations_that_a_client_of_Anthropic_sends_back_are_written_or_named_once(string egress)
    {
        var body = Translate("anthropic-messages", FromAnthropic, egress, out var lost);
        Assert.Equal(egress == "anthropic-messages" ? 0 : 1, lost.Count);
        Assert.All(lost, name => Assert.EndsWith(".citations", name, StringComparison.Ordinal));
        Assert.Equal(egress is "anthropic-messages" or "openai-responses", body.Contains("https://a.example", StringComparison.Ordinal));
    }

    [Theory, MemberData(nameof(Egress))]
    public void Annotations_that_a_client_of_chat_sends_back_are_written_or_named(string egress)
    {
        var body = Translate("openai-chat", FromChat, egress, out var lost);
        Assert.Equal(egress == "openai-chat", body.Contains("https://a.example", StringComparison.Ordinal));
        Assert.Equal(egress == "openai-chat" ? [] : ["messages[1].annotations"], lost);
    }

    [Theory, MemberData(nameof(Egress))]
    public void Citations_in_the_history_of_an_application_are_written_or_named(string egress)
    {
        List<ChatMessage> messages =
        [
            new(ChatRole.User, "?"),
            new(ChatRole.Assistant,
            [
                new TextContent("Plain."),
                new TextContent("Cited.") { Annotations = [new CitationAnnotation { Url = new Uri("https://a.example"), Title = "t" }] },
                // As in a stream: after the text they refer to.
                new TextContent("") { Annotations = [new CitationAnnotation { Title = "a document", Snippet = "c" }] },
            ]),
            new(ChatRole.User, "on"),
        ];

        var body = Encode(new CanonicalChatRequest(messages, new ChatOptions()), egress, out var lost);

        Assert.Equal(egress == "openai-responses", body.Contains("https://a.example", StringComparison.Ordinal));
        Assert.Equal(
            egress == "openai-responses"
                ? ["messages[1].content[2].annotations"]
                : ["messages[1].content[1].annotations", "messages[1].content[2].annotations"],
            lost);
    }

    [Theory]
    [InlineData("cohere")]
    [InlineData("gemini")]
    [InlineData("ollama")]
    public void Citations_of_a_text_in_a_tools_result_are_named(string egress)
    {
        var text = new TextContent("Cited.") { Annotations = [new CitationAnnotation { Url = new Uri("https://a.example"), Title = "t" }] };
        foreach (var result in (object[])[text, new List<AIContent> { new TextContent("Plain."), text }])
        {
            List<ChatMessage> messages =
            [
                new(ChatRole.User, "?"),
                new(ChatRole.Assistant, [new FunctionCallContent("c1", "f", new Dictionary<string, object?>())]),
                new(ChatRole.Tool, [new FunctionResultContent("c1", result)]),
            ];

            var body = Encode(new CanonicalChatRequest(messages, new ChatOptions()), egress, out var lost);

            Assert.Contains("Cited.", body, StringComparison.Ordinal);
            Assert.DoesNotContain("https://a.example", body, StringComparison.Ordinal);
            var named = Assert.Single(lost, name => name.EndsWith(".annotations", StringComparison.Ordinal));
            Assert.StartsWith("messages[2]", named, StringComparison.Ordinal);
        }
    }

    private static string Translate(string ingress, string request, string egress, out IReadOnlyList<string> lost) => Encode(
        BuiltInDialects.Set.Ingress(new DialectId(ingress)).DecodeRequest(
            new CallEnvelope { Operation = CallOperation.Chat, Model = "any" }, Encoding.UTF8.GetBytes(request)),
        egress, out lost);

    private static string Encode(CanonicalRequest request, string egress, out IReadOnlyList<string> lost)
    {
        var losses = new LossReport();
        var output = new ArrayBufferWriter<byte>();
        BuiltInDialects.Set.Egress(new DialectId(egress))
            .EncodeRequest(request, new EgressTarget("some", Golden.GoldenTests.ModelOf(egress), ProviderQuirks.None), losses, output);
        lost = losses.Fields;
        return JsonElement.Parse(output.WrittenSpan).GetRawText();
    }
}
