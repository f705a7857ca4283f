using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Xunit;

namespace Switchyard.Tests.Dialects.AnthropicMessages;

/// <summary>What a stream of this format holds beside its text reaches a client of this format when the stream is translated.</summary>
public sealed class StreamedMemberTests
{
    private const string Page = """{"type":"web_search_result_location","url":"https://a.example","title":"a","cited_text":"c"}""";
    private const string Other = """{"type":"web_search_result_location","url":"https://b.example","title":"b","cited_text":"d"}""";

    [Fact]
    public void The_summary_of_a_conversation_that_comes_in_pieces_is_whole()
    {
        var updates = Codec.DecodeGood(Codec.Stream(
            Codec.Start(), Codec.Open(0, """{"type":"compaction","content":null,"encrypted_content":null}"""),
            Codec.Delta(0, """{"type":"compaction_delta","content":"They asked ","encrypted_content":"old"}"""),
            Codec.Delta(0, """{"type":"compaction_delta","content":"for tea.","encrypted_content":"new"}"""),
            Codec.Delta(0, """{"type":"compaction_delta","content":null}"""), Codec.Stop(0),
            Codec.Open(1, Codec.TextBlock), Codec.Text(1, "Tea."), Codec.Stop(1), Codec.End(), Codec.Last));

        var blocks = Codec.Emit(updates).Blocks;

        Assert.Equal(["compaction", "text"], blocks.Select(block => block.Type));
        Codec.AssertJson("""{"type":"compaction","content":"They asked for tea.","encrypted_content":"new"}""", blocks[0].Start);
    }

    [Fact]
    public void A_summary_that_comes_with_its_block_stays_and_a_failed_one_is_null()
    {
        string[] blocks =
        [
            """{"type":"compaction","content":"They asked for tea."}""", """{"type":"compaction","content":null}""",
        ];
        foreach (var block in blocks)
        {
            var updates = Codec.DecodeGood(Codec.Stream(
                Codec.Start(), Codec.Open(0, block), Codec.Stop(0), Codec.Open(1, Codec.TextBlock), Codec.Text(1, "Tea."), Codec.Stop(1),
                Codec.End(), Codec.Last));

            Codec.AssertJson(block, Codec.Emit(updates).Blocks[0].Start);
        }
    }

    [Fact]
    public void An_answer_that_stopped_after_a_summary_says_so_whole_and_streamed()
    {
        const string Summary = """{"type":"compaction","content":"They asked for tea."}""";
        var whole = Codec.EncodeAnswer(Codec.DecodeAnswer(
            $$$"""
            {"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{{{Summary}}}],"stop_reason":"compaction",
             "stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":1}}
            """));
        var streamed = Codec.DecodeGood(Codec.Stream(
            Codec.Start(), Codec.Open(0, Summary), Codec.Stop(0), Codec.End("compaction"), Codec.Last));

        Assert.Equal("compaction", whole.GetProperty("stop_reason").GetString());
        Assert.Equal("compaction", EndOf(streamed).GetProperty("delta").GetProperty("stop_reason").GetString());
        Assert.Contains("\"finish_reason\":\"stop\"", OpenAIChat.Codec.EncodeStream(streamed), StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_provider_did_to_the_conversation_comes_beside_the_delta()
    {
        const string Edits = """{"applied_edits":[{"type":"clear_tool_uses_20250919","cleared_tool_uses":8}]}""";
        var end = $$$"""
            {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null,"container":{"id":"container_1"}},
             "usage":{"output_tokens":7},"context_management":{{{Edits}}}}
            """.ReplaceLineEndings("");
        var updates = Codec.DecodeGood(Codec.Stream(
            Codec.Start(), Codec.Open(0, Codec.TextBlock), Codec.Text(0, "a"), Codec.Stop(0), end, Codec.Last));
        Codec.Emit(updates);

        var written = EndOf(updates);

        Codec.AssertJson(Edits, written.GetProperty("context_management"));
        Assert.False(written.GetProperty("delta").TryGetProperty("context_management", out _));
        Assert.Equal("container_1", written.GetProperty("delta").GetProperty("container").GetProperty("id").GetString());
    }

    [Fact]
    public void Uses_of_the_providers_tools_that_are_counted_at_the_end_reach_the_client()
    {
        var updates = Codec.DecodeGood(Codec.Stream(
            Codec.Start("""{"input_tokens":10,"output_tokens":1,"service_tier":"standard","server_tool_use":{"web_search_requests":0}}"""),
            Codec.Open(0, Codec.TextBlock), Codec.Text(0, "a"), Codec.Stop(0),
            Codec.End(
                usage: """{"output_tokens":7,"service_tier":null,"server_tool_use":{"web_search_requests":2,"web_fetch_requests":1}}"""),
            Codec.Last));

        var usage = Codec.Emit(updates).Usage;

        Codec.AssertJson("""{"web_search_requests":2,"web_fetch_requests":1}""", usage.GetProperty("server_tool_use"));
        Assert.Equal("standard", usage.GetProperty("service_tier").GetString());
        Assert.Equal(
            (10, 7), (usage.GetProperty("input_tokens").GetInt32(), usage.GetProperty("output_tokens").GetInt32()));
    }

    [Fact]
    public void The_caller_of_a_tool_call_is_written_where_the_call_begins()
    {
        const string Caller = """{"type":"code_execution_20250825","tool_id":"srvtoolu_1"}""";
        var updates = Codec.DecodeGood(Codec.Stream(
            Codec.Start(), Codec.Open(0, $$"""{"type":"tool_use","id":"t1","name":"f","input":{},"caller":{{Caller}}}"""),
            Codec.Json(0, "{\"a\":1}"), Codec.Stop(0), Codec.End("tool_use"), Codec.Last));

        var call = Assert.Single(Codec.Emit(updates).Calls);

        Codec.AssertJson(Caller, call.Start.GetProperty("caller"));
        var chat = OpenAIChat.Codec.EncodeStream(updates);
        OpenAIChat.Codec.AssertGrammar(chat);
        Assert.DoesNotContain("caller", chat, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Two_texts_stay_two_blocks_each_with_its_own_citations(bool isBefore)
    {
        string[] first = [Codec.Text(0, "It is "), Codec.Text(0, "so. "), Cited(0, Page)];
        string[] second = isBefore ? [Cited(1, Other), Codec.Text(1, "And so.")] : [Codec.Text(1, "And so."), Cited(1, Other)];
        var updates = Codec.DecodeGood(Codec.Stream(
        [
            Codec.Start(), Codec.Open(0, Codec.TextBlock), .. first, Codec.Stop(0), Codec.Open(1, Codec.TextBlock), .. second,
            Codec.Stop(1), Codec.End(), Codec.Last,
        ]));

        var blocks = Codec.Emit(updates).Blocks;

        Assert.Equal([("It is so. ", 1), ("And so.", 1)], blocks.Select(block => (block.Content, block.Citations)));
        Assert.Equal("It is so. And so.", string.Concat(updates.Select(update => update.Text)));
    }

    /// <summary>The mark of a block is the decoder's own: in a history it is neither sent nor named.</summary>
    [Fact]
    public void An_application_sends_two_texts_back_as_they_are()
    {
        var answer = Codec.DecodeGood(Codec.Stream(
            Codec.Start(), Codec.Open(0, Codec.TextBlock), Codec.Text(0, "It is so. "), Codec.Stop(0), Codec.Open(1, Codec.TextBlock),
            Cited(1, Page), Codec.Text(1, "And so."), Codec.Stop(1), Codec.End(), Codec.Last)).ToChatResponse().Messages.Single();
        var request = new CanonicalChatRequest([new(ChatRole.User, "?"), answer, new(ChatRole.User, "on")], new ChatOptions());

        var sent = Codec.Encode(request, out var losses);

        Assert.Empty(losses.Fields);
        Codec.AssertJson(
            $$"""[{"type":"text","text":"It is so. "},{"type":"text","text":"And so.","citations":[{{Page}}]}]""",
            sent.GetProperty("messages")[1].GetProperty("content"));
    }

    private static string Cited(int index, string citation) =>
        Codec.Delta(index, $$"""{"type":"citations_delta","citation":{{citation}}}""");

    /// <summary>The event that ends the message, as a client of this format gets it.</summary>
    private static JsonElement EndOf(IEnumerable<ChatResponseUpdate> updates) => JsonElement.Parse(
        SseFrameReaderTests.Read(Encoding.UTF8.GetBytes(Codec.EncodeStream(updates)))
            .Single(frame => frame.Event == "message_delta").Data);
}
