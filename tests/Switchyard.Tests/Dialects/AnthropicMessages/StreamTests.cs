using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.Framing;
using Switchyard.Dialects.Json;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Dialects.AnthropicMessages;

public sealed class StreamTests
{
    private static readonly JsonSerializerOptions WithoutNulls =
        new() { DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull };

    private static string OpenAICall(int index, string arguments, string? id = null, string? name = null) => JsonSerializer.Serialize(new
    {
        tool_calls = new[] { new { index, id, type = id is null ? null : "function", function = new { name, arguments } } },
    }, WithoutNulls);

    [Covers("T1")]
    [Fact]
    public void Arguments_streamed_by_an_openai_provider_arrive_whole()
    {
        var stream = Codec.FromOpenAIStream(
            "tool_calls", OpenAICall(0, "", "call_1", "weather"), OpenAICall(0, "{\"ci"), OpenAICall(0, "ty\":\"Ber"),
            OpenAICall(0, "lin\"}"));
        var call = Assert.Single(stream.Calls);
        Assert.Equal(
            ("call_1", "weather", """{"city":"Berlin"}"""),
            (call.Start.GetProperty("id").GetString(), call.Start.GetProperty("name").GetString(), call.Content));
        Assert.Equal("tool_use", stream.StopReason);
    }

    [Covers("T3")]
    [Fact]
    public void Text_in_the_same_chunk_as_a_call_comes_first()
    {
        var stream = Codec.FromOpenAIStream(
            "tool_calls", """{"content":"Checking.","tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]}""");
        Assert.Equal(["text", "tool_use"], stream.Blocks.Select(block => block.Type));
        Assert.Equal("Checking.", stream.Text);
    }

    [Covers("T4")]
    [Fact]
    public void Interleaved_calls_become_blocks_one_after_the_other()
    {
        var stream = Codec.FromOpenAIStream(
            "tool_calls", OpenAICall(0, "{\"a\":", "c0", "f"), OpenAICall(1, "{\"b\"", "c1", "g"), OpenAICall(2, "", "c2", "h"),
            OpenAICall(1, ":\"}\\\"\""), OpenAICall(0, "[1]"), OpenAICall(1, "}"), OpenAICall(0, "}"),
            """{"content":"done"}""");
        Assert.Equal(["""{"a":[1]}""", """{"b":"}\""}""", "{}"], stream.Calls.Select(call => call.Content));
        Assert.Equal(["f", "g", "h"], stream.Calls.Select(call => call.Start.GetProperty("name").GetString()));
        Assert.Equal("done", stream.Text);
    }

    [Covers("T4")]
    [Fact]
    public void Complete_arguments_let_the_next_call_through_at_once()
    {
        var encoder = Codec.Dialect.CreateStreamEncoder(Codec.Context());
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        encoder.Encode(
            new ChatResponseUpdate(
                ChatRole.Assistant, [new ToolCallFragment { Index = 0, CallId = "a", Name = "f", Arguments = "{\"x\":1}" }]),
            output);
        encoder.Encode(
            new ChatResponseUpdate(
                ChatRole.Assistant, [new ToolCallFragment { Index = 1, CallId = "b", Name = "g", Arguments = "{\"y\"" }]),
            output);
        Assert.Contains("\"partial_json\":\"{\\\"y\\\"\"", Encoding.UTF8.GetString(output.WrittenSpan), StringComparison.Ordinal);
    }

    [Covers("T5")]
    [Fact]
    public void The_positions_of_calls_count_calls_and_not_blocks()
    {
        var updates = Codec.DecodeGood(Codec.Stream(
            Codec.Start(), Codec.Open(0, Codec.TextBlock), Codec.Text(0, "hi"), Codec.Stop(0),
            Codec.Open(1, """{"type":"tool_use","id":"t1","name":"f","input":{}}"""), Codec.Json(1, "{\"a\":1}"), Codec.Stop(1),
            Codec.Open(2, """{"type":"server_tool_use","id":"s","name":"web_search","input":{}}"""), Codec.Json(2, "{\"q\":\"x\"}"),
            Codec.Stop(2),
            Codec.Open(3, """{"type":"tool_use","id":"t2","name":"g","input":{}}"""), Codec.Json(3, ""), Codec.Stop(3),
            Codec.End("tool_use"), Codec.Last));
        Assert.Equal(
            [0, 0, 1, 1], updates.SelectMany(update => update.Contents).OfType<ToolCallFragment>().Select(fragment => fragment.Index));
        OpenAIChat.Codec.AssertGrammar(OpenAIChat.Codec.EncodeStream(updates));
        var emitted = Codec.Emit(updates);
        Assert.Equal(["text", "tool_use", "server_tool_use", "tool_use"], emitted.Blocks.Select(block => block.Type));
        Assert.Equal("x", emitted.Blocks[2].Start.GetProperty("input").GetProperty("q").GetString());
    }

    [Covers("T7")]
    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    public void A_call_without_arguments_has_an_empty_object_once(string arguments)
    {
        var updates = Codec.DecodeGood(Codec.Stream(
            Codec.Start(), Codec.Open(0, """{"type":"tool_use","id":"t1","name":"f","input":{}}"""), Codec.Json(0, ""),
            Codec.Json(0, arguments), Codec.Stop(0), Codec.End("tool_use"), Codec.Last));
        Assert.Equal("{}", Codec.Emit(updates).Calls.Single().Content);
        var openAI = OpenAIChat.Codec.DecodeStream(OpenAIChat.Codec.EncodeStream(updates)).Updates;
        Assert.Equal(
            "{}",
            string.Concat(openAI.SelectMany(update => update.Contents).OfType<ToolCallFragment>().Select(fragment => fragment.Arguments)));
        Assert.Equal("{}", Codec.FromOpenAIStream("tool_calls", OpenAICall(0, arguments, "c", "f")).Calls.Single().Content);
    }

    [Fact]
    public void A_call_without_arguments_is_complete_before_the_next_one_begins()
    {
        var updates = Codec.DecodeGood(Codec.Stream(
            Codec.Start(), Codec.Open(0, """{"type":"tool_use","id":"t1","name":"f","input":{}}"""), Codec.Json(0, ""), Codec.Stop(0),
            Codec.Open(1, """{"type":"tool_use","id":"t2","name":"g","input":{}}"""), Codec.Json(1, "{\"a\":1}"), Codec.Stop(1),
            Codec.End("tool_use"), Codec.Last));
        Assert.Equal(
            [(0, ""), (0, "{}"), (1, ""), (1, "{\"a\":1}")],
            updates.SelectMany(update => update.Contents).OfType<ToolCallFragment>()
                .Select(fragment => (fragment.Index, fragment.Arguments)));
        var written = OpenAIChat.Codec.EncodeStream(updates);
        OpenAIChat.Codec.AssertGrammar(written);
        Assert.True(written.LastIndexOf("\"index\":0,\"function\"", StringComparison.Ordinal)
            < written.IndexOf("\"id\":\"t2\"", StringComparison.Ordinal));
        Assert.Equal(["{}", "{\"a\":1}"], Codec.Emit(updates).Calls.Select(call => call.Content));
    }

    /// <summary>Some servers end all blocks at the end of the answer: a block may continue after the next one has begun.</summary>
    [Fact]
    public void Arguments_that_come_after_the_next_call_has_begun_are_those_of_their_own_call()
    {
        var updates = Codec.DecodeGood(Codec.Stream(
            Codec.Start(), Codec.Open(0, """{"type":"tool_use","id":"t1","name":"f","input":{}}"""),
            Codec.Open(1, """{"type":"tool_use","id":"t2","name":"g","input":{}}"""),
            Codec.Open(2, """{"type":"tool_use","id":"t3","name":"h","input":{}}"""),
            Codec.Json(0, "{\"a\":1}"), Codec.Json(1, "{\"b\":2}"), Codec.Stop(0), Codec.Stop(1), Codec.Stop(2),
            Codec.End("tool_use"), Codec.Last));
        string[] arguments = ["{\"a\":1}", "{\"b\":2}", "{}"];
        Assert.Equal(arguments, Codec.Emit(updates).Calls.Select(call => call.Content));
        var openAI = OpenAIChat.Codec.DecodeStream(OpenAIChat.Codec.EncodeStream(updates)).Updates;
        Assert.Equal(
            arguments,
            openAI.SelectMany(update => update.Contents).OfType<ToolCallFragment>()
                .GroupBy(fragment => fragment.Index, (_, pieces) => string.Concat(pieces.Select(piece => piece.Arguments))));
    }

    [Fact]
    public void A_call_given_whole_with_its_name_keeps_its_arguments()
    {
        var updates = Codec.DecodeGood(
            Codec.Stream(
                Codec.Start(), Codec.Open(0, """{"type":"tool_use","id":"t1","name":"f","input":{"a":1}}"""), Codec.Stop(0),
                Codec.End("tool_use"), Codec.Last));
        Assert.Equal("""{"a":1}""", Codec.Emit(updates).Calls.Single().Content);
    }

    [Covers("U2", "U4")]
    [Fact]
    public void The_last_usage_wins_field_by_field_and_nothing_is_added_up()
    {
        var updates = Codec.DecodeGood(Codec.Stream(
            Codec.Start("""{"input_tokens":4,"cache_creation_input_tokens":10,"cache_read_input_tokens":100,"output_tokens":1}"""),
            Codec.Open(0, Codec.TextBlock), Codec.Text(0, "x"), Codec.Stop(0),
            Codec.End(usage: """{"input_tokens":4,"cache_creation_input_tokens":10,"cache_read_input_tokens":null,"output_tokens":30}"""),
            Codec.Last));
        var usage = TokenUsage.From(updates.SelectMany(update => update.Contents).OfType<UsageContent>().Single().Details);
        Assert.Equal((114, 30, 10, 100), (usage.Input, usage.Output, usage.CacheWrite, usage.CacheRead));
        var emitted = Codec.Emit(updates).Usage;
        Assert.Equal(
            (4, 10, 100, 30),
            (
                emitted.GetProperty("input_tokens").GetInt32(), emitted.GetProperty("cache_creation_input_tokens").GetInt32(),
                emitted.GetProperty("cache_read_input_tokens").GetInt32(), emitted.GetProperty("output_tokens").GetInt32()));
    }

    [Covers("U3")]
    [Fact]
    public void An_empty_frame_at_the_end_keeps_the_usage()
    {
        var stream = Codec.Stream(
            Codec.Start(), Codec.Open(0, Codec.TextBlock), Codec.Text(0, "x"), Codec.Stop(0), Codec.End(),
            """{"type":"message_delta","delta":{},"usage":{"input_tokens":0,"output_tokens":0}}""", Codec.Last);
        var usage = TokenUsage.From(Codec.DecodeGood(stream).SelectMany(update => update.Contents).OfType<UsageContent>().Single().Details);
        Assert.Equal((10, 7), (usage.Input, usage.Output));
    }

    [Covers("E6")]
    [Fact]
    public void A_ping_is_a_ping_here_and_a_comment_for_an_openai_client()
    {
        var updates = Codec.DecodeGood(
            Codec.Stream(
                Codec.Start(), """{"type": "ping"}""", Codec.Open(0, Codec.TextBlock), Codec.Text(0, "x"), """{"type": "ping"}""",
                Codec.Stop(0), Codec.End(), Codec.Last));
        Assert.Equal(2, Codec.Emit(updates).Pings);
        var openAI = OpenAIChat.Codec.EncodeStream(updates);
        Assert.Equal(2, openAI.Split(": ping\n\n").Length - 1);
        OpenAIChat.Codec.AssertGrammar(openAI);
    }

    [Covers("E7")]
    [Fact]
    public void Forgotten_stops_repeated_starts_and_late_blocks_become_a_stream_that_keeps_every_rule()
    {
        var updates = Codec.DecodeGood(Codec.Stream(
            Codec.Start(), Codec.Start(), Codec.Open(0, Codec.TextBlock), Codec.Text(0, "a"),
            Codec.Open(1, """{"type":"tool_use","id":"t1","name":"f","input":{}}"""), Codec.Json(1, "{}"),
            Codec.End("tool_use"), Codec.Open(2, Codec.TextBlock), Codec.Text(2, "late"), """{"type":"something_new"}""",
            Codec.Delta(2, """{"type":"new_delta"}"""), Codec.Last, Codec.Start()));
        Assert.Equal("alate", Codec.Emit(updates).Text);
    }

    [Covers("E7")]
    [Fact]
    public void An_empty_stream_of_updates_is_still_a_whole_answer() => Assert.Equal("end_turn", Codec.Emit([]).StopReason);

    [Covers("E10", "E11")]
    [Fact]
    public void An_error_in_mid_stream_is_one_error_event_and_nothing_after()
    {
        var (updates, error) = Codec.DecodeStream(Codec.Stream(
            Codec.Start(), Codec.Open(0, Codec.TextBlock), Codec.Text(0, "a"),
            """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}""", Codec.Last));
        Assert.Equal((CallErrorKind.UpstreamUnavailable, "Overloaded", 529), (error!.Kind, error.Message, error.UpstreamStatus));
        Assert.Contains("\"overloaded_error\"", Codec.EncodeStream(updates, error), StringComparison.Ordinal);
        Codec.Emit(updates, error);
        OpenAIChat.Codec.AssertGrammar(OpenAIChat.Codec.EncodeStream(updates, error: error), endsWithError: true);
    }

    [Covers("E11")]
    [Fact]
    public void A_stream_that_just_ends_is_whole_after_its_stop_reason_and_broken_before()
    {
        string[] begin = [Codec.Start(), Codec.Open(0, Codec.TextBlock), Codec.Text(0, "a"), Codec.Stop(0)];
        Assert.Null(Codec.DecodeStream(Codec.Stream([.. begin, Codec.End()])).Error);
        var (updates, error) = Codec.DecodeStream(Codec.Stream(begin));
        Assert.Equal(CallErrorKind.StreamInterrupted, error!.Kind);
        Assert.Single(updates.SelectMany(update => update.Contents).OfType<UsageContent>());
    }

    [Fact]
    public void Text_that_needs_repair_takes_the_slow_way_and_arrives()
    {
        var updates = Codec.DecodeGood(
            Codec.Stream(Codec.Start(), Codec.Open(0, Codec.TextBlock))
                + "event: content_block_delta\n"
                + """data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a\ud83d"}}""" + "\n\n"
                + Codec.Stream(Codec.Stop(0), Codec.End(), Codec.Last));
        Assert.StartsWith("a", string.Concat(updates.Select(update => update.Text)), StringComparison.Ordinal);
        Codec.Emit(updates);
    }

    [Fact]
    public void The_probe_knows_what_each_event_is()
    {
        var probe = Codec.Dialect.CreateProbe(CallOperation.Chat);
        var kinds = SseFrameReaderTests.Read(Encoding.UTF8.GetBytes(Codec.Stream(
            Codec.Start(), """{"type":"ping"}""", Codec.Open(0, Codec.TextBlock), Codec.Text(0, "a"), Codec.Stop(0),
            Codec.Open(1, """{"type":"tool_use","id":"t","name":"f","input":{}}"""), Codec.End("tool_use"), Codec.Last)))
            .Select(frame => probe.Observe(new StreamFrame(Encoding.UTF8.GetBytes(frame.Event), Encoding.UTF8.GetBytes(frame.Data))));
        Assert.Equal(
            [
                FrameKind.Other, FrameKind.Other, FrameKind.Other, FrameKind.Content, FrameKind.Other, FrameKind.Content, FrameKind.Content,
                FrameKind.Terminator,
            ],
            kinds);
        Assert.True(probe.SawEnd);
        Assert.Equal((10, 7), (probe.Usage.Input, probe.Usage.Output));
        Assert.Equal(
            FrameKind.Error,
            probe.Observe(new StreamFrame("error"u8, """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"""u8)));
        Assert.Equal("Overloaded", probe.Error!.Message);
    }
}
