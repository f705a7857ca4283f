using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.AnthropicMessages;
using Switchyard.Dialects.Gemini;
using Xunit;

namespace Switchyard.Tests.Dialects.OpenAIResponses;

/// <summary>
/// A client of this format keeps <c>encrypted_content</c> of reasoning items and sends it back: in it the signed reasoning of other
/// formats' providers returns to them, whichever process gets the next request.
/// </summary>
public sealed class CarriedReasoningTests
{
    private const string Asks = """{"model":"m","input":"q","store":false,"include":["reasoning.encrypted_content"]}""";

    private const string Claude = """
        {"id":"msg_1","type":"message","role":"assistant","model":"c","content":[
        {"type":"thinking","thinking":"hm","signature":"c2ln"},
        {"type":"redacted_thinking","data":"ZGF0YQ=="},
        {"type":"tool_use","id":"toolu_1","name":"f","input":{"a":1}}],
        "stop_reason":"tool_use","usage":{"input_tokens":1,"output_tokens":2}}
        """;

    private const string Gemini = """
        {"candidates":[{"content":{"role":"model","parts":[
        {"functionCall":{"id":"c1","name":"f","args":{"a":1}},"thoughtSignature":"c2ln"}]},"finishReason":"STOP"}]}
        """;

    public static TheoryData<bool> WholeAndStreamed => [false, true];

    [Theory, MemberData(nameof(WholeAndStreamed))]
    public void Signed_and_redacted_thinking_comes_back_to_its_provider_as_it_was(bool streamed)
    {
        var output = OutputOf(new AnthropicMessagesDialect(), Claude, Asks, streamed);

        Assert.Equal(["reasoning", "reasoning", "function_call"], TypesOf(output));
        var content = Next(output, new AnthropicMessagesDialect(), out var losses).GetProperty("messages")[1].GetProperty("content");

        Assert.Equal(
            """[{"type":"thinking","thinking":"hm","signature":"c2ln"},{"type":"redacted_thinking","data":"ZGF0YQ=="}]""",
            JsonSerializer.Serialize(content.EnumerateArray().Take(2)));
        Assert.Empty(losses.Fields);
    }

    [Theory, MemberData(nameof(WholeAndStreamed))]
    public void The_signature_on_a_call_comes_back_on_it(bool streamed)
    {
        var output = OutputOf(new GeminiDialect(), Gemini, Asks, streamed);

        Assert.Equal(["reasoning", "function_call"], TypesOf(output));
        var part = Next(output, new GeminiDialect(), out var losses).GetProperty("contents")[1].GetProperty("parts")[0];

        Assert.Equal("c2ln", part.GetProperty("thoughtSignature").GetString());
        Assert.Empty(losses.Fields);
    }

    [Theory, MemberData(nameof(WholeAndStreamed))]
    public void A_client_that_does_not_ask_for_it_gets_the_text_alone(bool streamed)
    {
        var output = OutputOf(new AnthropicMessagesDialect(), Claude, """{"model":"m","input":"q"}""", streamed);

        Assert.Equal(["reasoning", "function_call"], TypesOf(output));
        Assert.False(output[0].TryGetProperty("encrypted_content", out _));
    }

    [Fact]
    public void Another_providers_reasoning_reaches_no_provider_of_this_format_and_is_named()
    {
        var body = Body(OutputOf(new AnthropicMessagesDialect(), Claude, Asks, streamed: false));

        Assert.Null(Codec.Dialect.PlanForward(Codec.Envelope(body), Encoding.UTF8.GetBytes(body), Codec.Target));
        var again = Codec.Again(body, out var losses);

        Assert.DoesNotContain("c2ln", again.GetRawText(), StringComparison.Ordinal);
        Assert.Equal(["function_call", "function_call_output"], TypesOf([.. again.GetProperty("input").EnumerateArray().Skip(1)]));
        Assert.Equal(["messages[1].reasoning"], losses.Fields);
    }

    [Fact]
    public void Reasoning_of_this_format_beside_words_that_look_carried_is_forwarded()
    {
        const string body = """{"model":"m","input":[{"role":"user","content":"switchyard-1:text:gemini:x"},{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"E"},{"role":"user","content":"q"}]}""";

        Assert.NotNull(Codec.Dialect.PlanForward(Codec.Envelope(body), Encoding.UTF8.GetBytes(body), Codec.Target));
    }

    [Theory]
    [InlineData("switchyard-1:")]
    [InlineData("switchyard-1:text:gemini:")]
    [InlineData("switchyard-1:text")]
    public void A_carried_text_that_is_cut_off_harms_nothing(string carried)
    {
        var body = $$"""{"model":"m","input":[{"role":"user","content":"q"},{"type":"reasoning","summary":[],"encrypted_content":"{{carried}}"},{"role":"user","content":"r"}]}""";

        var request = Codec.Encode(Codec.Decode(body), out _, dialect: new AnthropicMessagesDialect());

        Assert.DoesNotContain("switchyard-1", request.GetRawText(), StringComparison.Ordinal);
        Assert.Null(Codec.Dialect.PlanForward(Codec.Envelope(body), Encoding.UTF8.GetBytes(body), Codec.Target));
        Assert.DoesNotContain("switchyard-1", Codec.Again(body, out _).GetRawText(), StringComparison.Ordinal);
    }

    private static List<JsonElement> OutputOf(IEgressDialect provider, string answer, string asked, bool streamed)
    {
        var response = ((CanonicalChatAnswer)provider.DecodeAnswer(CallOperation.Chat, Encoding.UTF8.GetBytes(answer))).Response;
        var context = Codec.Context(Codec.Decode(asked));
        if (!streamed)
            return [.. Codec.EncodeAnswer(response, context).GetProperty("output").EnumerateArray()];
        var encoder = Codec.Dialect.CreateStreamEncoder(context);
        var output = new ArrayBufferWriter<byte>();
        foreach (var update in response.ToChatResponseUpdates())
            encoder.Encode(update, output);
        encoder.Complete(output);
        var stream = Encoding.UTF8.GetString(output.WrittenSpan);
        Codec.AssertGrammar(stream);
        var last = stream.Split("data: ")[^1];
        return [.. JsonElement.Parse(last.Trim()).GetProperty("response").GetProperty("output").EnumerateArray()];
    }

    /// <summary>The next request of a client that keeps the items but not their ids, as coding agents do.</summary>
    private static JsonElement Next(List<JsonElement> output, IEgressDialect provider, out LossReport losses) =>
        Codec.Encode(Codec.Decode(Body(output)), out losses, dialect: provider);

    private static string Body(List<JsonElement> output)
    {
        var items = output.Select(item => JsonSerializer.Serialize(
            item.EnumerateObject().Where(member => member.Name != "id").ToDictionary(member => member.Name, member => member.Value)));
        var call = output.Find(item => item.GetProperty("type").GetString() == "function_call").GetProperty("call_id").GetString();
        return $$"""{"model":"m","store":false,"include":["reasoning.encrypted_content"],"input":[{"role":"user","content":"q"},{{string.Join(',', items)}},{"type":"function_call_output","call_id":"{{call}}","output":"r"}]}""";
    }

    private static List<string?> TypesOf(List<JsonElement> items) => [.. items.Select(item => item.GetProperty("type").GetString())];
}
