using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.BuiltIn;
using Switchyard.Dialects.Framing;
using Xunit;

namespace Switchyard.Tests.CrossDialect;

/// <summary>Tool calls of providers that lack what a client needs, in every format.</summary>
public sealed class BrokenCallTests
{
    [Theory]
    [InlineData("openai-chat", """{"id":"x","choices":[{"index":0,"message":{"role":"assistant","content":"a","tool_calls":[{"id":"c","type":"function","function":{"name":"NAME","arguments":"{}"}}]},"finish_reason":"tool_calls"}]}""")]
    [InlineData("openai-chat", """{"id":"x","choices":[{"index":0,"message":{"role":"assistant","content":"a","function_call":{"name":"NAME","arguments":"{}"}},"finish_reason":"function_call"}]}""")]
    [InlineData("openai-responses", """{"id":"x","status":"completed","output":[{"type":"function_call","call_id":"c","name":"NAME","arguments":"{}"}]}""")]
    [InlineData("openai-responses", """{"id":"x","status":"completed","output":[{"type":"custom_tool_call","call_id":"c","name":"NAME","input":"i"}]}""")]
    [InlineData("anthropic-messages", """{"id":"x","type":"message","role":"assistant","content":[{"type":"tool_use","id":"c","name":"NAME","input":{}}],"stop_reason":"tool_use"}""")]
    [InlineData("gemini", """{"candidates":[{"content":{"parts":[{"functionCall":{"name":"NAME","args":{}}}]},"finishReason":"STOP"}]}""")]
    [InlineData("bedrock-converse", """{"output":{"message":{"role":"assistant","content":[{"toolUse":{"toolUseId":"c","name":"NAME","input":{}}}]}},"stopReason":"tool_use"}""")]
    [InlineData("cohere", """{"id":"x","finish_reason":"TOOL_CALL","message":{"tool_calls":[{"id":"c","type":"function","function":{"name":"NAME","arguments":"{}"}}]}}""")]
    [InlineData("ollama", """{"model":"m","message":{"role":"assistant","content":"","tool_calls":[{"function":{"name":"NAME","arguments":{}}}]},"done":true}""")]
    public void A_call_without_a_name_is_a_failure_of_the_provider(string format, string answer)
    {
        Assert.Equal(
            "f", Assert.Single(Decode(format, answer.Replace("NAME", "f", StringComparison.Ordinal)).OfType<FunctionCallContent>()).Name);

        foreach (var nameless in new[]
        {
            answer.Replace("NAME", "", StringComparison.Ordinal), answer.Replace("\"name\":\"NAME\",", "", StringComparison.Ordinal),
        })
        {
            var refused = Assert.Throws<CallException>(() => Decode(format, nameless));
            Assert.Equal(CallErrorKind.UpstreamUnavailable, refused.Error.Kind);
        }
    }

    [Fact]
    public void So_is_one_that_comes_in_pieces()
    {
        var decoder = BuiltInDialects.Set.Egress(DialectId.Gemini).CreateStreamDecoder(CallOperation.Chat);

        var error = decoder.Decode(
            new StreamFrame(
                default,
                """{"candidates":[{"content":{"parts":[{"functionCall":{"willContinue":true,"partialArgs":[{"jsonPath":"$.a","stringValue":"b"}]}}]}}]}"""u8),
            []);

        Assert.Equal(CallErrorKind.UpstreamUnavailable, error!.Kind);
    }

    [Theory]
    [InlineData("openai-chat", """{"model":"m","messages":[{"role":"user","content":"x"},{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"","arguments":"{}"}}]}]}""", "messages[1].tool_calls[0].function.name")]
    [InlineData("openai-responses", """{"model":"m","input":[{"type":"function_call","call_id":"c","name":"","arguments":"{}"}]}""", "input[0].name")]
    [InlineData("anthropic-messages", """{"model":"m","max_tokens":9,"messages":[{"role":"assistant","content":[{"type":"tool_use","id":"c","name":"","input":{}}]}]}""", "messages[0].content[0].name")]
    [InlineData("gemini", """{"contents":[{"role":"model","parts":[{"functionCall":{"args":{}}}]}]}""", "contents[0].parts[0].functionCall.name")]
    public void A_call_without_a_name_in_a_history_is_refused_by_its_place(string format, string body, string place)
    {
        var refused = Assert.Throws<CallException>(() => BuiltInDialects.Set.Ingress(new(format)).DecodeRequest(
            new CallEnvelope { Operation = CallOperation.Chat, Model = "m" }, Encoding.UTF8.GetBytes(body)));
        Assert.Equal((CallErrorKind.InvalidRequest, place), (refused.Error.Kind, refused.Error.Param));
    }

    [Theory]
    [InlineData("openai-chat", """{"id":"x","choices":[{"index":0,"message":{"role":"assistant","content":"a","tool_calls":[]},"finish_reason":"tool_calls"}]}""")]
    [InlineData("openai-chat", """{"id":"x","choices":[{"index":0,"message":{"role":"assistant","content":"a"},"finish_reason":"function_call"}]}""")]
    [InlineData("anthropic-messages", """{"id":"x","type":"message","role":"assistant","content":[{"type":"text","text":"a"}],"stop_reason":"tool_use"}""")]
    [InlineData("bedrock-converse", """{"output":{"message":{"role":"assistant","content":[{"text":"a"}]}},"stopReason":"tool_use"}""")]
    [InlineData("cohere", """{"id":"x","finish_reason":"TOOL_CALL","message":{"content":[{"type":"text","text":"a"}]}}""")]
    public void An_answer_that_says_it_calls_a_tool_and_does_not_has_stopped(string format, string answer)
    {
        var response = ((CanonicalChatAnswer)Answer(format, answer)).Response;
        Assert.Equal(ChatFinishReason.Stop, response.FinishReason);

        foreach (var client in BuiltInDialects.Set.IngressIds)
        {
            var output = new ArrayBufferWriter<byte>();
            BuiltInDialects.Set.Ingress(client).EncodeAnswer(
                new CanonicalChatAnswer(response), Context(), output);
            var text = Encoding.UTF8.GetString(output.WrittenSpan);
            Assert.DoesNotContain("\"tool_calls\"", text, StringComparison.Ordinal);
            Assert.DoesNotContain("\"tool_use\"", text, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("anthropic-messages", """{"id":"x","type":"message","role":"assistant","content":[{"type":"thinking","thinking":null,"signature":"c2ln"},{"type":"text","text":null},{"type":"text","text":"a"}],"stop_reason":"end_turn"}""")]
    [InlineData("openai-responses", """{"id":"x","status":"completed","output":[{"type":"message","role":"assistant","content":[{"type":"output_text","text":null},{"type":"output_text","text":"a"}]}]}""")]
    public void A_null_in_the_place_of_a_text_does_not_cost_the_answer(string format, string answer) => Assert.Equal(
        "a", string.Concat(Decode(format, answer).OfType<TextContent>().Select(text => text.Text)));

    [Fact]
    public void Arguments_that_Bedrock_gives_as_text_are_read_as_the_object_they_hold() => Assert.Equal(
        "b",
        ((JsonElement)Assert.Single(Decode(
            "bedrock-converse",
            """{"output":{"message":{"role":"assistant","content":[{"toolUse":{"toolUseId":"c","name":"f","input":"{\"a\":\"b\"}"}}]}},"stopReason":"tool_use"}""")
            .OfType<FunctionCallContent>()).Arguments!["a"]!).GetString());

    private static IEnumerable<AIContent> Decode(string format, string answer) =>
        ((CanonicalChatAnswer)Answer(format, answer)).Response.Messages.SelectMany(message => message.Contents);

    private static AnswerContext Context() => new()
    {
        Operation = CallOperation.Chat, Model = "m", Created = DateTimeOffset.UnixEpoch, IncludeUsage = true, AnswerId = "chatcmpl-1",
    };

    private static CanonicalAnswer Answer(string format, string answer) =>
        BuiltInDialects.Set.Egress(new(format)).DecodeAnswer(CallOperation.Chat, Encoding.UTF8.GetBytes(answer));
}
