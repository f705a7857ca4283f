using System.Text;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Xunit;

namespace Switchyard.Tests.Dialects.AnthropicMessages;

/// <summary>
/// Many models write a line break before they call a tool. As a block of its own it would be refused by Anthropic as soon as the client
/// sends it back ("text content blocks must contain non-whitespace text").
/// </summary>
public sealed class BlankTextTests
{
    private const string Call = """{"tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]}""";

    [Theory]
    [InlineData("\\n\\n")]
    [InlineData(" ")]
    public void A_whole_answers_blank_text_is_no_block(string blank)
    {
        var answer = Codec.OpenAI.DecodeAnswer(
            CallOperation.Chat,
            Encoding.UTF8.GetBytes(
                $$$"""{"id":"x","choices":[{"index":0,"message":{"role":"assistant","content":"{{{blank}}}","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"tool_calls"}]}"""));

        var content = Codec.EncodeAnswer(answer).GetProperty("content");

        Assert.Equal(["tool_use"], content.EnumerateArray().Select(block => block.GetProperty("type").GetString()));
    }

    [Fact]
    public void Blank_text_between_the_words_of_a_whole_answer_stays_there()
    {
        var answer = new CanonicalChatAnswer(new ChatResponse(new ChatMessage(
            ChatRole.Assistant,
            [
                new TextContent("\n"), new TextContent("The sky"), new TextContent(" "), new TextContent("is blue"),
                new TextReasoningContent("hm"), new TextContent(" "),
            ])));

        var content = Codec.EncodeAnswer(answer).GetProperty("content");

        Assert.Equal(
            ["\nThe sky ", "is blue"],
            content.EnumerateArray()
                .Where(block => block.TryGetProperty("text", out _)).Select(block => block.GetProperty("text").GetString()));
    }

    [Fact]
    public void A_streams_blank_text_before_a_call_is_no_block()
    {
        var stream = Codec.EncodeStream(Codec.DecodeGood(
            Codec.OpenAIStream("tool_calls", """{"content":"\n"}""", """{"content":" \n"}""", Call), Codec.OpenAI));

        Assert.DoesNotContain("text_delta", stream, StringComparison.Ordinal);
        Assert.Contains("\"index\":0,\"content_block\":{\"type\":\"tool_use\"", stream, StringComparison.Ordinal);
    }

    [Fact]
    public void Blank_text_before_words_goes_with_them()
    {
        var stream = Codec.EncodeStream(Codec.DecodeGood(
            Codec.OpenAIStream("stop", """{"content":"\n"}""", """{"content":""}""", """{"content":" "}""", """{"content":"a"}""", """{"content":" "}"""),
            Codec.OpenAI));

        Assert.Contains("""{"type":"text_delta","text":"\n a"}""", stream, StringComparison.Ordinal);
        Assert.Contains("""{"type":"text_delta","text":" "}""", stream, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"type":"text","text":""},{"type":"text","text":"a"}""", true)]
    [InlineData("""{"text" : "", "type":"text"},{"type":"text","text":"a"}""", true)]
    [InlineData("""{"type":"text","text":" \n"},{"type":"text","text":"a"}""", true)]
    [InlineData("""{"type":"text","text":"a \"text\":\"\""}""", false)]
    [InlineData("""{"type":"text","text":" \""}""", false)]
    public void A_blank_block_of_the_history_is_not_forwarded(string content, bool isTranslated)
    {
        var body = Codec.Chat(messages: $$"""{"role":"user","content":"x"},{"role":"assistant","content":[{{content}}]},{"role":"user","content":"y"}""");

        Assert.Equal(isTranslated, Codec.Dialect.PlanForward(Codec.Envelope(body), Encoding.UTF8.GetBytes(body), Codec.Target) is null);
        Assert.Single(Codec.Through(body).GetProperty("messages")[1].GetProperty("content").EnumerateArray());
    }

    [Fact]
    public void A_model_that_writes_nothing_but_white_space_is_seen_to_do_so()
    {
        var blank = new string(' ', 500);
        var stream = Codec.EncodeStream(Codec.DecodeGood(
            Codec.OpenAIStream("length", [.. Enumerable.Repeat($$"""{"content":"{{blank}}"}""", 8)]), Codec.OpenAI));

        Assert.Contains("text_delta", stream, StringComparison.Ordinal);
    }

    /// <summary>What a client sees does not depend on whether it asked for a stream, or on how a provider cuts one.</summary>
    [Theory]
    [InlineData(1024, 1, false)]
    [InlineData(1024, 4, false)]
    [InlineData(1025, 1, true)]
    [InlineData(1500, 3, true)]
    public void White_space_before_a_call_is_shown_whole_and_streamed_from_the_same_length_on(int length, int pieces, bool isShown)
    {
        var pieceLength = length / pieces;
        var texts = Enumerable.Range(0, pieces).Select(_ => new string(' ', pieceLength)).ToList();
        var whole = Codec.EncodeAnswer(new CanonicalChatAnswer(new ChatResponse(new ChatMessage(
            ChatRole.Assistant, [.. texts.Select(text => new TextContent(text)), new FunctionCallContent("c1", "f")]))));
        var stream = Codec.EncodeStream(Codec.DecodeGood(
            Codec.OpenAIStream("tool_calls", [.. texts.Select(text => $$"""{"content":"{{text}}"}"""), Call]), Codec.OpenAI));

        Assert.Equal(isShown, whole.GetProperty("content").EnumerateArray().Any(block => block.GetProperty("type").GetString() == "text"));
        Assert.Equal(isShown, stream.Contains("text_delta", StringComparison.Ordinal));
    }
}
