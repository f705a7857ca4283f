using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.Framing;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Dialects.OpenAIResponses;

public sealed class StreamTests
{
    private const string CallItem =
        """{"id":"fc_1","type":"function_call","status":"in_progress","call_id":"c1","name":"f","arguments":""}""";

    private static string CallDone(string arguments) =>
        $$"""{"id":"fc_1","type":"function_call","status":"completed","call_id":"c1","name":"f","arguments":{{JsonSerializer.Serialize(arguments)}}}""";

    private static string Text(string text) =>
        $$"""{"type":"response.output_text.delta","item_id":"msg_1","output_index":0,"content_index":0,"delta":"{{text}}","logprobs":[]}""";

    private static string Arguments(string piece, string id = "fc_1", int index = 0) =>
        $$"""{"type":"response.function_call_arguments.delta","item_id":"{{id}}","output_index":{{index}},"delta":{{JsonSerializer.Serialize(piece)}}}""";

    private static ToolCallFragment Open(int index, string id, string name, string arguments = "") =>
        new() { Index = index, CallId = id, Name = name, Arguments = arguments };

    private static ToolCallFragment More(int index, string arguments) => new() { Index = index, Arguments = arguments };

    private static FunctionCallContent Whole(int index, string id, string name, string raw) =>
        new(id, name) { AdditionalProperties = new() { [CanonicalKeys.ToolCallIndex] = index, [CanonicalKeys.RawArguments] = raw } };

    private static ChatResponseUpdate Update(params AIContent[] contents) =>
        new(ChatRole.Assistant, [.. contents]) { ResponseId = "chatcmpl-9" };

    private static ChatResponseUpdate End(ChatFinishReason finish, params AIContent[] contents)
    {
        var update = Update(contents);
        update.FinishReason = finish;
        return update;
    }

    public static TheoryData<string[]> CallsWithoutDeltas => new()
    {
        new[]
        {
            Codec.Added(0, CallItem),
            """{"type":"response.function_call_arguments.done","item_id":"fc_1","output_index":0,"arguments":"{\"a\":1}"}""",
            Codec.Done(0, CallDone("{\"a\":1}")),
        },
        new[] { Codec.Added(0, CallItem), Codec.Done(0, CallDone("{\"a\":1}")) },
        new[] { Codec.Done(0, CallDone("{\"a\":1}")) },
        Array.Empty<string>(),
        new[] { Codec.Added(0, CallDone("{\"a\":1}")), Codec.Done(0, CallDone("{\"a\":1}")) },
        new[]
        {
            Codec.Added(0, CallItem), Arguments("{\"a\""), Arguments(":1}"),
            """{"type":"response.function_call_arguments.done","item_id":"fc_1","output_index":0,"arguments":"{\"a\":1}"}""",
            Codec.Done(0, CallDone("{\"a\":1}")),
        },
        new[]
        {
            Codec.Added(0, CallItem), Arguments("{\"a\"", "fc_other"), Arguments(":1}", "fc_third"), Codec.Done(0, CallDone("{\"a\":1}")),
        },
    };

    [Covers("T2")]
    [Theory]
    [MemberData(nameof(CallsWithoutDeltas))]
    public void The_arguments_arrive_once_wherever_the_provider_says_them(string[] events)
    {
        var (updates, error, _) = Codec.DecodeStream(Codec.Stream([Codec.Created, .. events, Codec.Completed(CallDone("{\"a\":1}"))]));
        Assert.Null(error);
        var fragments = Codec.Contents<ToolCallFragment>(updates);
        Assert.Equal("{\"a\":1}", string.Concat(fragments.Select(fragment => fragment.Arguments)));
        Assert.Equal(("c1", "f", 0), (fragments[0].CallId, fragments[0].Name, fragments[0].Index));
        Assert.All(fragments.Skip(1), fragment => Assert.Null(fragment.CallId));
        Assert.Equal(
            "{\"a\":1}", Assert.Single(Codec.Contents<FunctionCallContent>(updates)).AdditionalProperties![CanonicalKeys.RawArguments]);
        Assert.Equal(ChatFinishReason.ToolCalls, updates.Last(update => update.FinishReason is not null).FinishReason);
        OpenAIChat.Codec.AssertGrammar(Codec.EncodeStream(updates, dialect: Codec.Chat));
        Codec.AssertGrammar(Codec.EncodeStream(updates));
    }

    [Covers("T5")]
    [Fact]
    public void Calls_are_counted_from_nought_whatever_stands_before_them()
    {
        var (updates, _, _) = Codec.DecodeStream(Codec.Stream(
            Codec.Created, Codec.Added(0, """{"id":"msg_1","type":"message","role":"assistant","content":[]}"""), Text("a"),
            Codec.Added(3, CallItem), Arguments("{}", index: 3),
            Codec.Added(5, CallItem.Replace("fc_1", "fc_2", StringComparison.Ordinal).Replace("c1", "c2", StringComparison.Ordinal)),
            Arguments("{}", "fc_2", 5),
            Codec.Completed()));
        Assert.Equal([0, 0, 1, 1], Codec.Contents<ToolCallFragment>(updates).Select(fragment => fragment.Index));
        Assert.Equal(["c1", "c2"], Codec.Contents<FunctionCallContent>(updates).Select(call => call.CallId));
    }

    [Covers("T9")]
    [Fact]
    public void Arguments_cut_off_at_any_byte_stay_as_they_are()
    {
        const string arguments = "{\"a\": [1, \"\\u00fc\"]}";
        for (var length = 1; length < arguments.Length; length++)
        {
            var cut = arguments[..length];
            var (updates, error, _) = Codec.DecodeStream(Codec.Stream(
                Codec.Created, Codec.Added(0, CallItem), Arguments(cut),
                Codec.Completed(CallDone(cut), "incomplete", ",\"incomplete_details\":{\"reason\":\"max_output_tokens\"}")));
            Assert.Null(error);
            Assert.Equal(cut, Codec.Contents<FunctionCallContent>(updates).Single().AdditionalProperties![CanonicalKeys.RawArguments]);
            Assert.Equal(ChatFinishReason.Length, updates.Last(update => update.FinishReason is not null).FinishReason);
            var item = Codec.AssertGrammar(Codec.EncodeStream(updates)).Response!.Value.GetProperty("output")[0];
            Assert.Equal((cut, "incomplete"), (item.GetProperty("arguments").GetString(), item.GetProperty("status").GetString()));
        }
    }

    [Covers("T3", "F3")]
    [Fact]
    public void Text_and_calls_of_one_update_both_arrive_and_nothing_after_the_finish_is_lost()
    {
        var grammar = Codec.AssertGrammar(Codec.EncodeStream(
        [
            End(ChatFinishReason.ToolCalls, new TextContent("a"), Open(0, "c1", "f", "{}")), Update(new TextContent("b")),
            End(ChatFinishReason.ToolCalls, Whole(0, "c1", "f", "{}")),
            Update(new UsageContent(new() { InputTokenCount = 1, OutputTokenCount = 2 })),
        ]));
        Assert.Equal("ab", grammar.Text.ToString());
        Assert.Equal(["message", "function_call", "message"], Types(grammar.Response!.Value));
        Assert.Equal(3, grammar.Response.Value.GetProperty("usage").GetProperty("total_tokens").GetInt64());
    }

    [Fact]
    public void Interleaved_calls_are_written_one_after_the_other()
    {
        var grammar = Codec.AssertGrammar(Codec.EncodeStream(
        [
            Update(Open(0, "c1", "f", "{\"a\"")), Update(Open(1, "c2", "g")), Update(new TextContent("x")), Update(More(0, ":1")),
            Update(More(1, "{}")), Update(More(0, "}")),
            End(ChatFinishReason.ToolCalls, Whole(0, "c1", "f", "{\"a\":1}"), Whole(1, "c2", "g", "{}")),
        ]));
        Assert.Equal(
            ["{\"a\":1}", "{}"],
            grammar.Response!.Value.GetProperty("output").EnumerateArray().Where(item => item.TryGetProperty("arguments", out _))
                .Select(item => item.GetProperty("arguments").GetString()));
        Assert.Equal("x", grammar.Text.ToString());
        Assert.Equal(3, grammar.Response.Value.GetProperty("output").GetArrayLength());
    }

    [Covers("T7")]
    [Fact]
    public void A_call_without_arguments_adds_up_to_an_empty_object()
    {
        var grammar = Codec.AssertGrammar(
            Codec.EncodeStream([Update(Open(0, "c1", "f")), End(ChatFinishReason.ToolCalls, Whole(0, "c1", "f", ""))]));
        Assert.Equal("{}", grammar.Response!.Value.GetProperty("output")[0].GetProperty("arguments").GetString());
    }

    [Covers("T24")]
    [Fact]
    public void Arguments_pass_byte_for_byte()
    {
        const string arguments = "{\"t\":\"\\u00fc 😀 \\\\\"}";
        var (updates, _, _) = Codec.DecodeStream(
            Codec.Stream(Codec.Created, Codec.Added(0, CallItem), Arguments(arguments), Codec.Completed()));
        Assert.Equal(
            arguments,
            Codec.AssertGrammar(Codec.EncodeStream(updates)).Response!.Value.GetProperty("output")[0].GetProperty("arguments").GetString());
    }

    [Fact]
    public void Custom_calls_stream_their_input()
    {
        var (updates, error, _) = Codec.DecodeStream(Codec.Stream(
            Codec.Created, Codec.Added(0, """{"id":"ctc_1","type":"custom_tool_call","call_id":"c1","name":"patch","input":""}"""),
            """{"type":"response.custom_tool_call_input.delta","item_id":"ctc_1","output_index":0,"delta":"*** "}""",
            """{"type":"response.custom_tool_call_input.delta","item_id":"ctc_1","output_index":0,"delta":"x"}""",
            """{"type":"response.custom_tool_call_input.done","item_id":"ctc_1","output_index":0,"input":"*** x"}""", Codec.Completed()));
        Assert.Null(error);
        var item = Codec.AssertGrammar(Codec.EncodeStream(updates)).Response!.Value.GetProperty("output")[0];
        Assert.Equal(("custom_tool_call", "*** x"), (item.GetProperty("type").GetString(), item.GetProperty("input").GetString()));
        Assert.Contains("\"custom\":{\"name\":\"patch\"", Codec.EncodeStream(updates, dialect: Codec.Chat), StringComparison.Ordinal);
    }

    [Covers("R7")]
    [Theory]
    [InlineData("reasoning_summary_text", "summary_index")]
    [InlineData("reasoning_text", "content_index")]
    public void Reasoning_arrives_with_its_encrypted_whole(string kind, string index)
    {
        const string item = """{"id":"rs_1","type":"reasoning","summary":[{"type":"summary_text","text":"why"}],"encrypted_content":"E"}""";
        var (updates, error, _) = Codec.DecodeStream(Codec.Stream(
            Codec.Created, Codec.Added(0, """{"id":"rs_1","type":"reasoning","summary":[]}"""),
            $$"""{"type":"response.{{kind}}.delta","item_id":"rs_1","output_index":0,"{{index}}":0,"delta":"wh"}""",
            $$"""{"type":"response.{{kind}}.delta","item_id":"rs_1","output_index":0,"{{index}}":0,"delta":"y"}""",
            Codec.Done(0, item), Text("a").Replace("\"output_index\":0", "\"output_index\":1", StringComparison.Ordinal),
            Codec.Completed()));
        Assert.Null(error);
        Assert.Equal("why", string.Concat(Codec.Contents<TextReasoningContent>(updates).Select(content => content.Text)));
        Assert.Contains("\"reasoning_content\":\"wh\"", Codec.EncodeStream(updates, dialect: Codec.Chat), StringComparison.Ordinal);

        var grammar = Codec.AssertGrammar(Codec.EncodeStream(updates));
        Assert.Equal("why", grammar.Reasoning.ToString());
        var output = grammar.Response!.Value.GetProperty("output");
        Assert.Equal(("rs_1", "E"), (output[0].GetProperty("id").GetString(), output[0].GetProperty("encrypted_content").GetString()));

        // An in-process caller joins the pieces and sends them back: the item must still be whole.
        var history = new List<ChatMessage> { new(ChatRole.User, "q") };
        history.AddRange(updates.ToChatResponse().Messages);
        var written = Codec.Encode(new CanonicalChatRequest(history, new ChatOptions()), out var losses).GetProperty("input")[1];
        Assert.Empty(losses.Fields);
        Assert.Equal(
            ("reasoning", "rs_1", "E"),
            (
                written.GetProperty("type").GetString(), written.GetProperty("id").GetString(),
                written.GetProperty("encrypted_content").GetString()));

        var unjoined = new ChatMessage(
            ChatRole.Assistant, [.. updates.SelectMany(update => update.Contents).Where(content => content is not UsageContent)]);
        Assert.Equal(
            item, Codec.Encode(new CanonicalChatRequest([unjoined], new ChatOptions()), out losses).GetProperty("input")[0].GetRawText());
        Assert.Empty(losses.Fields);
    }

    [Covers("M5")]
    [Fact]
    public void Parts_messages_refusals_and_citations_of_a_stream_all_arrive()
    {
        var (updates, error, _) = Codec.DecodeStream(Codec.Stream(
            Codec.Created, Codec.Added(0, """{"id":"msg_1","type":"message","role":"assistant","content":[]}"""), Text("a"),
            """{"type":"response.output_text.annotation.added","item_id":"msg_1","output_index":0,"content_index":0,"annotation_index":0,"annotation":{"type":"url_citation","url":"https://e.org/","title":"t","start_index":0,"end_index":1}}""",
            """{"type":"response.refusal.delta","item_id":"msg_1","output_index":0,"content_index":1,"delta":"no"}""",
            Codec.Added(1, """{"id":"msg_2","type":"message","role":"assistant","content":[]}"""),
            """{"type":"response.output_text.done","item_id":"msg_2","output_index":1,"content_index":0,"text":"b"}""",
            Codec.Done(2, """{"id":"ws_1","type":"web_search_call","status":"completed"}"""), Codec.Completed()));
        Assert.Null(error);
        var output = Codec.AssertGrammar(Codec.EncodeStream(updates)).Response!.Value.GetProperty("output");
        Assert.Equal(["message", "message", "web_search_call"], Types(output));
        Assert.Equal("https://e.org/", output[0].GetProperty("content")[0].GetProperty("annotations")[0].GetProperty("url").GetString());
        Assert.Equal("no", output[0].GetProperty("content")[1].GetProperty("refusal").GetString());
        Assert.Equal("msg_2", output[1].GetProperty("id").GetString());
        var chat = Codec.EncodeStream(updates, dialect: Codec.Chat);
        OpenAIChat.Codec.AssertGrammar(chat);
        Assert.Contains("\"annotations\":[{\"type\":\"url_citation\",\"url_citation\":{", chat, StringComparison.Ordinal);
    }

    [Fact]
    public void Items_keep_their_ids_and_members_and_one_that_says_nothing_stays()
    {
        const string silent = """{"id":"rs_1","type":"reasoning","summary":[]}""";
        var (updates, error, _) = Codec.DecodeStream(Codec.Stream(
            Codec.Created, Codec.Done(0, silent),
            Codec.Added(1, """{"id":"msg_1","type":"message","phase":"commentary","role":"assistant","content":[]}"""),
            """{"type":"response.output_text.delta","item_id":"msg_1","output_index":1,"content_index":0,"delta":"a"}""",
            """{"type":"response.output_text.delta","item_id":"msg_1","output_index":1,"content_index":0,"delta":"b"}""",
            Codec.Added(2, """{"id":"msg_2","type":"message","phase":"final_answer","role":"assistant","content":[]}"""),
            """{"type":"response.output_text.delta","item_id":"msg_2","output_index":2,"content_index":0,"delta":"c"}""",
            Codec.Added(3, CallItem), Arguments("{}", index: 3), Codec.Completed()));
        Assert.Null(error);

        var output = Codec.AssertGrammar(Codec.EncodeStream(updates)).Response!.Value.GetProperty("output");
        Assert.Equal(
            ["rs_1", "msg_1", "msg_2", "fc_1"], output.EnumerateArray().Select(item => item.GetProperty("id").GetString()));
        Assert.Equal(silent, output[0].GetRawText());
        Assert.Equal(
            ("commentary", "final_answer"), (output[1].GetProperty("phase").GetString(), output[2].GetProperty("phase").GetString()));
        OpenAIChat.Codec.AssertGrammar(Codec.EncodeStream(updates, dialect: Codec.Chat));
    }

    [Fact]
    public void Items_of_one_id_are_distinguished()
    {
        var (updates, _, _) = Codec.DecodeStream(Codec.Stream(
            Codec.Created, Codec.Done(0, CallDone("{}")),
            Codec.Done(0, CallDone("{}").Replace("c1", "c2", StringComparison.Ordinal)), Codec.Completed()));
        var calls = Codec.AssertGrammar(Codec.EncodeStream(updates)).Response!.Value.GetProperty("output");
        Assert.Equal(["c1", "c2"], calls.EnumerateArray().Select(call => call.GetProperty("call_id").GetString()));
    }

    [Covers("U6")]
    [Theory]
    [InlineData("failed", """{"code":"server_error","message":"It broke."}""", CallErrorKind.UpstreamUnavailable)]
    [InlineData("failed", """{"code":"rate_limit_exceeded","message":"It broke."}""", CallErrorKind.UpstreamRateLimited)]
    public void An_answer_that_fails_on_the_way_has_its_usage_recorded(string status, string wire, CallErrorKind kind)
    {
        var stream = Codec.Stream(Codec.Created, Text("a"), Codec.Completed("", status, ",\"error\":" + wire));
        var (updates, error, usage) = Codec.DecodeStream(stream);
        Assert.Equal((kind, "It broke."), (error!.Kind, error.Message));
        Assert.Equal((9L, 5L, 2L, 3L), (usage.Input, usage.Output, usage.CacheRead, usage.Reasoning));
        var probe = Codec.Dialect.CreateProbe(CallOperation.Chat);
        var kinds = Observe(probe, stream);
        Assert.Equal(FrameKind.Error, kinds[^1]);
        Assert.Equal((usage, error.Message, false), (probe.Usage, probe.Error!.Message, probe.SawEnd));

        var grammar = Codec.AssertGrammar(Codec.EncodeStream(updates, error));
        Assert.Equal("response.failed", grammar.Terminal);
        Assert.Equal("It broke.", grammar.Response!.Value.GetProperty("error").GetProperty("message").GetString());
        Assert.Equal(14, grammar.Response.Value.GetProperty("usage").GetProperty("total_tokens").GetInt64());
    }

    [Covers("U6")]
    [Fact]
    public void An_incomplete_answer_has_its_usage_recorded()
    {
        var stream = Codec.Stream(
            Codec.Created, Text("a"), Codec.Completed("", "incomplete", ",\"incomplete_details\":{\"reason\":\"max_output_tokens\"}"));
        var probe = Codec.Dialect.CreateProbe(CallOperation.Chat);
        Assert.Equal([FrameKind.Other, FrameKind.Content, FrameKind.Terminator], Observe(probe, stream));
        Assert.Equal((9L, 5L), (probe.Usage.Input, Codec.DecodeStream(stream).Usage.Output));
    }

    [Covers("E10")]
    [Theory]
    [InlineData("""{"type":"error","code":"server_error","message":"Broke.","param":null}""")]
    [InlineData("""{"type":"error","error":{"type":"server_error","code":null,"message":"Broke."}}""")]
    public void An_error_event_before_anything_else_is_an_error(string data)
    {
        var stream = Codec.Stream(data);
        Assert.Equal("Broke.", Codec.DecodeStream(stream).Error!.Message);
        var probe = Codec.Dialect.CreateProbe(CallOperation.Chat);
        Assert.Equal([FrameKind.Error], Observe(probe, stream));
        Assert.Equal((CallErrorKind.UpstreamUnavailable, "Broke."), (probe.Error!.Kind, probe.Error.Message));
    }

    [Fact]
    public void The_further_members_of_a_call_are_in_a_translated_stream_as_in_a_whole_answer()
    {
        const string Caller = "\"caller\":{\"type\":\"program\",\"caller_id\":\"call_0\"},";
        var done = CallDone("{}").Insert(1, Caller);
        var (updates, error, _) = Codec.DecodeStream(
            Codec.Stream(
                Codec.Created, Codec.Added(0, CallItem.Insert(1, Caller)), Arguments("{}"), Codec.Done(0, done), Codec.Completed(done)));
        Assert.Null(error);

        var written = Codec.AssertGrammar(Codec.EncodeStream(updates)).Response!.Value.GetProperty("output")[0];

        var whole = Codec.EncodeAnswer(Codec.DecodeAnswer(Codec.Answer(done))).GetProperty("output")[0];
        Assert.Equal("call_0", whole.GetProperty("caller").GetProperty("caller_id").GetString());
        Assert.Empty(JsonDiff.Compare(whole, written));
    }

    [Fact]
    public void A_stream_that_ends_early_is_interrupted()
    {
        var (updates, error, _) = Codec.DecodeStream(Codec.Stream(Codec.Created, Text("a")));
        Assert.Equal(CallErrorKind.StreamInterrupted, error!.Kind);
        Assert.Equal("response.failed", Codec.AssertGrammar(Codec.EncodeStream(updates, error)).Terminal);
    }

    [Covers("E8", "E9", "E11")]
    [Fact]
    public void A_stream_of_chat_becomes_a_stream_that_keeps_every_rule()
    {
        var chat = string.Concat(TestKit.Some.ChatStream(usage: true));
        var (updates, error, _) = Codec.DecodeStream(chat, Codec.Chat);
        Assert.Null(error);
        var written = Codec.EncodeStream(updates);
        var grammar = Codec.AssertGrammar(written);
        Assert.Equal(
            ("Hi there", "resp_2", "response.completed"),
            (grammar.Text.ToString(), grammar.Response!.Value.GetProperty("id").GetString(), grammar.Terminal));
        Assert.DoesNotContain("[DONE]", written, StringComparison.Ordinal);
    }

    [Covers("U7")]
    [Fact]
    public void Usage_that_comes_after_the_finish_is_in_the_last_event()
    {
        var (updates, _, _) = Codec.DecodeStream(string.Concat(TestKit.Some.ChatStream(usage: true)), Codec.Chat);
        Assert.Equal(
            11,
            Codec.AssertGrammar(Codec.EncodeStream(updates)).Response!.Value.GetProperty("usage").GetProperty("total_tokens").GetInt64());
    }

    [Covers("U7")]
    [Fact]
    public void A_stream_of_this_format_gives_chat_its_usage_chunk()
    {
        var (updates, _, _) = Codec.DecodeStream(Codec.Stream(Codec.Created, Text("a"), Codec.Completed()));
        var encoder = Codec.Chat.CreateStreamEncoder(Codec.Context() with { IncludeUsage = true });
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        updates.ForEach(update => encoder.Encode(update, output));
        encoder.Complete(output);
        var written = Encoding.UTF8.GetString(output.WrittenSpan);
        OpenAIChat.Codec.AssertGrammar(written, includeUsage: true);
        Assert.Contains(
            "\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":5,\"total_tokens\":14", written, StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_answer_is_still_a_whole_stream() => Codec.AssertGrammar(Codec.EncodeStream([]));

    [Fact]
    public void Every_item_has_a_status_because_some_clients_require_it_of_reasoning_too()
    {
        var written = Codec.EncodeStream([Update(new TextReasoningContent("hm")), Update(new TextContent("a"))]);
        Assert.Contains("\"type\":\"reasoning\",\"status\":\"in_progress\"", written, StringComparison.Ordinal);
        Assert.All(
            Codec.AssertGrammar(written).Response!.Value.GetProperty("output").EnumerateArray(),
            item => Assert.Equal("completed", item.GetProperty("status").GetString()));
    }

    [Fact]
    public void Thinking_that_another_provider_signed_or_hid_is_not_passed_off_as_encrypted()
    {
        var hidden = new TextReasoningContent("")
        {
            ProtectedData = "sig",
            AdditionalProperties = new() { [CanonicalKeys.ReasoningOrigin] = "anthropic-messages" },
        };
        var written = Codec.EncodeStream([Update(new TextReasoningContent("hm")), Update(hidden), Update(new TextContent("a"))]);
        Assert.Equal(["reasoning", "message"], Types(Codec.AssertGrammar(written).Response!.Value.GetProperty("output")));
        Assert.DoesNotContain("sig", written, StringComparison.Ordinal);
    }

    private static List<FrameKind> Observe(IAnswerProbe probe, string stream) =>
    [
        .. SseFrameReaderTests.Read(Encoding.UTF8.GetBytes(stream))
            .Select(frame => probe.Observe(new StreamFrame(Encoding.UTF8.GetBytes(frame.Event), Encoding.UTF8.GetBytes(frame.Data)))),
    ];

    private static IEnumerable<string?> Types(JsonElement response) =>
        (response.ValueKind == JsonValueKind.Array ? response : response.GetProperty("output")).EnumerateArray().Select(
            item => item.GetProperty("type").GetString());
}
