using System.Buffers;
using System.Text;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.BuiltIn;
using Switchyard.Targets;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.CrossDialect;

/// <summary>The cost of a text in hundreds of thousands of pieces is linear in its length, not quadratic.</summary>
public sealed class ManyPiecesTests
{
    private const int Count = 200_000;
    private const long FewBytes = 400_000_000;

    [Covers("H1")]
    [Theory]
    [InlineData("openai-chat", false)]
    [InlineData("openai-chat", true)]
    [InlineData("plain", false)]
    public void An_event_of_many_pieces_is_one_chunk(string client, bool reasoning)
    {
        var update = new ChatResponseUpdate(
            ChatRole.Assistant,
            [.. Enumerable.Range(0, Count).Select(_ => reasoning ? (AIContent)new TextReasoningContent("ab") : new TextContent("ab"))]);
        var encoder = BuiltInDialects.Set.Ingress(new(client)).CreateStreamEncoder(
            new AnswerContext { Operation = CallOperation.Chat, Model = "m", Created = DateTimeOffset.UnixEpoch, AnswerId = "chatcmpl-1" });
        var output = new ArrayBufferWriter<byte>();
        var before = GC.GetAllocatedBytesForCurrentThread();

        encoder.Encode(update, output);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, FewBytes);
        Assert.InRange(output.WrittenCount, 2 * Count, (2 * Count) + 1000);
    }

    /// <summary>Looking through what is written already for each piece would take minutes.</summary>
    [Theory]
    [InlineData("openai-chat")]
    [InlineData("anthropic-messages")]
    [InlineData("openai-responses")]
    public void A_whole_answer_of_many_pieces_is_written_in_one_pass(string client)
    {
        const int Pieces = 2 * Count;
        var pieces = Enumerable.Range(0, Pieces).Select(_ => (AIContent)new TextContent("zq"));
        var answer = new ChatResponse(new ChatMessage(ChatRole.Assistant, [.. pieces]));
        var output = new ArrayBufferWriter<byte>();

        BuiltInDialects.Set.Ingress(new(client)).EncodeAnswer(
            new CanonicalChatAnswer(answer),
            new AnswerContext { Operation = CallOperation.Chat, Model = "m", Created = DateTimeOffset.UnixEpoch, AnswerId = "chatcmpl-1" },
            output);

        Assert.Equal(Pieces, Encoding.UTF8.GetString(output.WrittenSpan).Split("zq").Length - 1);
    }

    [Covers("H1")]
    [Theory]
    [InlineData("ollama")]
    [InlineData("cohere")]
    public void A_clients_reasoning_in_many_pieces_is_one_text(string provider)
    {
        var pieces = Enumerable.Range(0, Count).Select(_ => (AIContent)new TextReasoningContent("ab"));
        var request = new CanonicalChatRequest(
            [
                new ChatMessage(ChatRole.User, "x"),
                new ChatMessage(ChatRole.Assistant, [.. pieces, new FunctionCallContent("c", "f")]),
                new ChatMessage(ChatRole.Tool, [new FunctionResultContent("c", "r")]),
            ],
            new ChatOptions());
        var output = new ArrayBufferWriter<byte>();
        var before = GC.GetAllocatedBytesForCurrentThread();

        BuiltInDialects.Set.Egress(new(provider)).EncodeRequest(
            request, new EgressTarget("p", "m", ProviderQuirks.None), new LossReport(), output);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, FewBytes);
        Assert.InRange(output.WrittenCount, 2 * Count, (2 * Count) + 1000);
    }
}
