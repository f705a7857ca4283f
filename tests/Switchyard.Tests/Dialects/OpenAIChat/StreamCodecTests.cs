using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Dialects.OpenAIChat;

public sealed class StreamCodecTests
{
    private static readonly string Finish = Codec.Chunk("{}", "\"stop\"");
    private static readonly string FinishCalls = Codec.Chunk("{}", "\"tool_calls\"");

    [Covers("T3")]
    [Fact]
    public void Text_and_a_tool_call_in_one_chunk_both_arrive_text_first()
    {
        var (updates, error) = Codec.DecodeStream(Codec.Stream(
            Codec.Chunk("""{"role":"assistant","content":"Let me see.","tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]}"""),
            FinishCalls, "[DONE]"));
        Assert.Null(error);
        Assert.Equal("Let me see.", Assert.IsType<TextContent>(updates[0].Contents[0]).Text);
        Assert.IsType<ToolCallFragment>(updates[0].Contents[1]);
        var written = Codec.EncodeStream(updates);
        Codec.AssertGrammar(written);
        Assert.True(written.IndexOf("Let me see.", StringComparison.Ordinal) < written.IndexOf("tool_calls", StringComparison.Ordinal));
    }

    [Covers("T5")]
    [Theory]
    [InlineData("0", "1")]
    [InlineData("1", "2")]
    [InlineData("3", "7")]
    [InlineData("null", "null")]
    [InlineData("0", "0")]
    public void Call_indexes_are_contiguous_from_0_whatever_the_provider_numbers(string first, string second)
    {
        var (updates, error) = Codec.DecodeStream(Codec.Stream(
            Call(first, "a", "f", "{\\\"x\\\""), Call(first, null, null, ":1}"), Call(second, "b", "g", "{}"), FinishCalls, "[DONE]"));
        Assert.Null(error);
        var calls = Calls(updates);
        Assert.Equal(
            ["a f {\"x\":1}", "b g {}"],
            calls.Select(call => $"{call.CallId} {call.Name} {call.AdditionalProperties![CanonicalKeys.RawArguments]}"));
        Assert.Equal([0, 1], calls.Select(call => (int)call.AdditionalProperties![CanonicalKeys.ToolCallIndex]!));
        Codec.AssertGrammar(Codec.EncodeStream(updates));
    }

    [Covers("T6")]
    [Fact]
    public void Choices_keep_their_index_and_finish_once_each()
    {
        var (updates, error) = Codec.DecodeStream(Codec.Stream(
            Codec.Chunk("""{"role":"assistant","content":"a"}"""), Codec.Chunk("""{"role":"assistant","content":"x"}""", index: 1),
            Codec.Chunk("""{"content":"b"}"""), Codec.Chunk("{}", "\"length\"", index: 1), Codec.Chunk("""{"content":"c"}"""), Finish,
            "[DONE]"));
        Assert.Null(error);
        var written = Codec.EncodeStream(updates);
        var grammar = Codec.AssertGrammar(written);
        Assert.Equal("abc", grammar.Text[0]);
        Assert.Equal("x", grammar.Text[1]);
        Assert.Contains("\"index\":1,\"delta\":{},\"logprobs\":null,\"finish_reason\":\"length\"", written, StringComparison.Ordinal);
    }

    [Covers("T7")]
    [Theory]
    [InlineData("\"\"")]
    [InlineData("null")]
    [InlineData("\"{}\"")]
    [InlineData("{}")]
    public void A_call_without_arguments_adds_up_to_an_empty_object(string arguments)
    {
        var (updates, _) = Codec.DecodeStream(Codec.Stream(
            Codec.Chunk("""{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":""" + arguments + "}}]}"), FinishCalls,
            "[DONE]"));
        Assert.Empty(Calls(updates).Single().Arguments!);
        Assert.Equal("{}", ArgumentsOf(Codec.EncodeStream(updates)));
    }

    [Covers("T9")]
    [Fact]
    public void Arguments_cut_by_the_token_limit_are_kept()
    {
        var (updates, error) = Codec.DecodeStream(Codec.Stream(
            Call("0", "a", "f", "{\\\"x\\\":\\\"tru"), Codec.Chunk("{}", "\"length\""), "[DONE]"));
        Assert.Null(error);
        Assert.NotNull(Calls(updates).Single().Exception);
        var written = Codec.EncodeStream(updates);
        Codec.AssertGrammar(written);
        Assert.Equal("{\"x\":\"tru", ArgumentsOf(written));
        Assert.Contains("\"finish_reason\":\"length\"", written, StringComparison.Ordinal);
    }

    [Covers("T10")]
    [Fact]
    public void Arguments_as_an_object_go_out_as_text()
    {
        var (updates, _) = Codec.DecodeStream(Codec.Stream(
            Codec.Chunk("""{"tool_calls":[{"id":"a","function":{"name":"f","arguments":{"x":{"y":1}}}}]}"""), FinishCalls, "[DONE]"));
        Assert.Equal("""{"x":{"y":1}}""", ArgumentsOf(Codec.EncodeStream(updates)));
    }

    [Covers("T24")]
    [Fact]
    public void Argument_fragments_pass_byte_for_byte()
    {
        var (updates, _) = Codec.DecodeStream(Codec.Stream(
            Call("0", "a", "f", "{\\\"x\\\": \\\"\\\\u00fc \ud83d\ude82"), Call("0", null, null, " ü\\\"}"), FinishCalls, "[DONE]"));
        Assert.Equal("{\"x\": \"\\u00fc 🚂 ü\"}", ArgumentsOf(Codec.EncodeStream(updates)));
    }

    [Fact]
    public void Fragments_go_out_with_their_update_and_the_whole_call_adds_nothing()
    {
        var encoder = Codec.Dialect.CreateStreamEncoder(Codec.Context());
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        encoder.Encode(
            new ChatResponseUpdate(
                ChatRole.Assistant, [new ToolCallFragment { Index = 4, CallId = "a", Name = "f", Arguments = "{\"x\":" }]),
            output);
        Assert.Contains("\"arguments\":\"{\\\"x\\\":\"", Encoding.UTF8.GetString(output.WrittenSpan), StringComparison.Ordinal);
        encoder.Encode(new ChatResponseUpdate(ChatRole.Assistant, [new ToolCallFragment { Index = 4, Arguments = "1}" }]), output);
        var whole = new FunctionCallContent("a", "f")
        {
            AdditionalProperties = new() { [CanonicalKeys.ToolCallIndex] = 4, [CanonicalKeys.RawArguments] = "{\"x\":1}" },
        };
        encoder.Encode(new ChatResponseUpdate(ChatRole.Assistant, [whole]), output);
        encoder.Complete(output);
        var written = Encoding.UTF8.GetString(output.WrittenSpan);
        Codec.AssertGrammar(written);
        Assert.Equal("{\"x\":1}", ArgumentsOf(written));
    }

    [Fact]
    public void A_signature_beside_a_call_goes_out_with_its_first_piece_and_whatever_comes_later_once_as_well()
    {
        const string Extra = "\"extra_content\":{\"google\":{\"thought_signature\":\"U0lH\"}}";
        var (updates, _) = Codec.DecodeStream(Codec.Stream(
            Codec.Chunk(
                $$"""{"tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":"{"},{{Extra}}}]}"""),
            Codec.Chunk("""{"tool_calls":[{"index":0,"function":{"arguments":"}"},"late":true}]}"""), FinishCalls, "[DONE]"));

        var written = Codec.EncodeStream(updates);
        Codec.AssertGrammar(written);
        Assert.Equal("{}", ArgumentsOf(written));
        var first = written.Split("\n\n").First(chunk => chunk.Contains("\"id\":\"a\"", StringComparison.Ordinal));
        Assert.Contains(Extra, first, StringComparison.Ordinal);
        Assert.Equal((2, 2), (written.Split(Extra).Length, written.Split("\"late\":true").Length));
    }

    [Fact]
    public void A_provider_that_sends_whole_calls_gives_one_fragment_each()
    {
        var written = Codec.EncodeStream([new ChatResponseUpdate(ChatRole.Assistant,
            [
                new TextContent("x"), new FunctionCallContent("a", "f", new Dictionary<string, object?> { ["q"] = 1 }),
                new FunctionCallContent("b", "g"),
            ])]);
        Codec.AssertGrammar(written);
        Assert.Contains("\"index\":1,\"id\":\"b\"", written, StringComparison.Ordinal);
        Assert.Contains("\"finish_reason\":\"tool_calls\"", written, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_call_has_a_chunk_of_its_own()
    {
        var written = Codec.EncodeStream([new ChatResponseUpdate(ChatRole.Assistant,
            [
                new TextContent("x"), new FunctionCallContent("a", "f", new Dictionary<string, object?> { ["q"] = 1 }),
                new FunctionCallContent("b", "g"), new FunctionCallContent("c", "g"),
            ])]);
        Codec.AssertGrammar(written);
        var deltas = Chunks(written).ConvertAll(chunk => chunk.GetProperty("choices")[0].GetProperty("delta"));
        Assert.Equal("x", deltas[0].GetProperty("content").GetString());
        Assert.Equal(
            ["a", "b", "c"],
            deltas.FindAll(delta => delta.TryGetProperty("tool_calls", out _))
                .Select(delta => Assert.Single(delta.GetProperty("tool_calls").EnumerateArray()).GetProperty("id").GetString()));
    }

    [Fact]
    public void A_call_whose_name_comes_late_opens_with_its_name_and_one_without_id_is_given_one()
    {
        var (updates, _) = Codec.DecodeStream(Codec.Stream(
            Codec.Chunk("""{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\""}}]}"""),
            Codec.Chunk("""{"tool_calls":[{"index":0,"function":{"name":"f","arguments":":1}"}}]}"""), FinishCalls, "[DONE]"));
        var fragment = Assert.Single(updates.SelectMany(update => update.Contents).OfType<ToolCallFragment>());
        Assert.Equal("f", fragment.Name);
        Assert.Equal("{\"a\":1}", fragment.Arguments);
        Assert.Equal("call_c1_0_0", fragment.CallId);
        Codec.AssertGrammar(Codec.EncodeStream(updates));
    }

    [Theory]
    [InlineData("custom")]
    [InlineData("legacy")]
    public void Custom_and_old_calls_stream_in_their_own_shape(string kind)
    {
        var isCustom = kind == "custom";
        var (updates, error) = Codec.DecodeStream(isCustom
            ? Codec.Stream(
                Codec.Chunk("""{"tool_calls":[{"index":0,"id":"a","type":"custom","custom":{"name":"run","input":"x ="}}]}"""),
                Codec.Chunk("""{"tool_calls":[{"index":0,"custom":{"input":" 1"}}]}"""), FinishCalls, "[DONE]")
            : Codec.Stream(
                Codec.Chunk("""{"function_call":{"name":"run","arguments":"x ="}}"""),
                Codec.Chunk("""{"function_call":{"arguments":" 1"}}"""),
                Codec.Chunk("{}", "\"function_call\""), "[DONE]"));
        Assert.Null(error);
        Assert.Equal("x = 1", Calls(updates).Single().AdditionalProperties![CanonicalKeys.RawArguments]);
        var written = Codec.EncodeStream(updates);
        Codec.AssertGrammar(written);
        Assert.Contains(
            isCustom ? "\"custom\":{\"input\":\" 1\"}" : "\"function_call\":{\"arguments\":\" 1\"}", written, StringComparison.Ordinal);
        Assert.Contains(
            isCustom ? "\"finish_reason\":\"tool_calls\"" : "\"finish_reason\":\"function_call\"", written, StringComparison.Ordinal);
    }

    [Covers("U7")]
    [Fact]
    public void A_usage_chunk_without_choices_in_any_form_counts_and_the_last_one_wins()
    {
        foreach (var choices in new[] { "\"choices\":[],", "\"choices\":null,", "" })
        {
            var (updates, error) = Codec.DecodeStream(Codec.Stream(
                Codec.Chunk("""{"content":"x"}""", more: ",\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":1}"), Finish,
                "{" + choices + "\"usage\":" + """{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11}""" + "}", "[DONE]"));
            Assert.Null(error);
            var usage = Assert.Single(updates.SelectMany(update => update.Contents).OfType<UsageContent>());
            Assert.Equal(2, usage.Details.OutputTokenCount);
            var written = Codec.EncodeStream(updates, Codec.Context(includeUsage: true));
            Codec.AssertGrammar(written, includeUsage: true);
            Assert.Contains(
                "\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":2,\"total_tokens\":11", written,
                StringComparison.Ordinal);
            Codec.AssertGrammar(Codec.EncodeStream(updates));
        }
    }

    [Covers("U9")]
    [Fact]
    public void The_first_delta_has_the_role_even_when_the_provider_never_says_it()
    {
        var (updates, _) = Codec.DecodeStream(Codec.Stream(Codec.Chunk("""{"content":"x"}"""), Finish, "[DONE]"));
        Codec.AssertGrammar(Codec.EncodeStream(updates, Codec.Context(includeUsage: true)), includeUsage: true);
        Codec.AssertGrammar(Codec.EncodeStream([new ChatResponseUpdate(null, "x")]));
        Codec.AssertGrammar(Codec.EncodeStream([]));
    }

    [Covers("E8")]
    [Fact]
    public void Every_chunk_has_the_same_id_time_and_model()
    {
        var (updates, _) = Codec.DecodeStream(Codec.Stream(
            """{"id":"","model":"","created":0,"object":"","choices":[],"prompt_filter_results":[{"prompt_index":0}]}""",
            Codec.Chunk("""{"content":"x"}"""),
            Codec.Chunk("""{"content":"y"}""").Replace("\"c1\"", "\"c2\"", StringComparison.Ordinal)
                .Replace("m-1", "m-2", StringComparison.Ordinal),
            Finish, "[DONE]"));
        var written = Codec.EncodeStream(updates);
        Codec.AssertGrammar(written);
        Assert.Contains("\"id\":\"c1\"", written, StringComparison.Ordinal);
        Assert.Contains("prompt_filter_results", written, StringComparison.Ordinal);
        Codec.AssertGrammar(Codec.EncodeStream(
            [new ChatResponseUpdate(ChatRole.Assistant, "x"), new ChatResponseUpdate(ChatRole.Assistant, "y") { ResponseId = "late" }]));
    }

    [Covers("F3")]
    [Fact]
    public void Content_after_or_beside_a_finish_reason_is_not_lost_and_the_finish_comes_last_and_once()
    {
        var (updates, error) = Codec.DecodeStream(Codec.Stream(
            Codec.Chunk("""{"content":"a"}""", "\"stop\""), Codec.Chunk("""{"content":"b"}"""),
            Codec.Chunk("""{"content":""}""", "\"stop\""),
            Codec.Chunk(
                """{"content":"","role":"assistant"}""", "\"stop\"", more: ",\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1}"),
            "[DONE]"));
        Assert.Null(error);
        Assert.Single(updates, update => update.FinishReason is not null);
        Assert.Equal("ab", Codec.AssertGrammar(Codec.EncodeStream(updates)).Text[0]);
        var early = new ChatResponseUpdate(ChatRole.Assistant, "a") { FinishReason = ChatFinishReason.Length };
        Assert.Equal("ab", Codec.AssertGrammar(Codec.EncodeStream([early, new ChatResponseUpdate(null, "b")])).Text[0]);
    }

    [Covers("E11")]
    [Fact]
    public void A_stream_may_end_without_its_terminator_once_it_has_finished()
    {
        var (updates, error) = Codec.DecodeStream(Codec.Stream(Codec.Chunk("""{"content":"x"}"""), Finish));
        Assert.Null(error);
        Codec.AssertGrammar(Codec.EncodeStream(updates));
        (updates, error) = Codec.DecodeStream(
            Codec.Stream(Codec.Chunk("""{"content":"x"}"""), "[DONE]", "[DONE]", Codec.Chunk("""{"content":"late"}""")));
        Assert.Null(error);
        Assert.Equal("x", Codec.AssertGrammar(Codec.EncodeStream(updates)).Text[0]);
    }

    [Theory]
    [InlineData("")]
    [InlineData(": ping\n\n")]
    [InlineData("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"half\"}}],\"usage\":{\"prompt_tokens\":3}}\n\n")]
    public void A_stream_cut_before_its_finish_is_an_error_with_the_usage_seen(string stream)
    {
        var (updates, error) = Codec.DecodeStream(stream);
        Assert.Equal(CallErrorKind.StreamInterrupted, error!.Kind);
        Assert.Equal(
            stream.Contains("usage", StringComparison.Ordinal),
            updates.Any(update => update.Contents.Any(content => content is UsageContent)));
        Codec.AssertGrammar(Codec.EncodeStream(updates, error: error), endsWithError: true);
    }

    [Covers("E4", "E10")]
    [Theory]
    [InlineData("data: {\"error\":{\"message\":\"boom\",\"code\":429}}\n\n", CallErrorKind.UpstreamRateLimited)]
    [InlineData("data: {\"error\":\"boom\"}\n\n", CallErrorKind.UpstreamUnavailable)]
    [InlineData("data: {\"error\":{\"message\":\"boom\",\"code\":\"data_inspection_failed\"}}\n\n", CallErrorKind.UpstreamRejected)]
    [InlineData("event: error\ndata: {\"message\":\"boom\",\"status_code\":400}\n\n", CallErrorKind.UpstreamRejected)]
    [InlineData("event: error\ndata: {\"error\":{\"message\":\"boom\",\"type\":\"server_error\"}}\n\n", CallErrorKind.UpstreamUnavailable)]
    [InlineData(
        "data: {\"id\":\"x\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"}}],\"error\":{\"code\":502,\"message\":\"boom\"}}\n\n",
        CallErrorKind.UpstreamUnavailable)]
    public void An_error_inside_a_stream_is_an_error_of_its_kind(string frame, CallErrorKind kind)
    {
        foreach (var before in new[] { "", Codec.Stream(Codec.Chunk("""{"content":"x"}""")) })
        {
            var (updates, error) = Codec.DecodeStream(before + frame + "data: [DONE]\n\n");
            Assert.Equal(kind, error!.Kind);
            Assert.Equal("boom", error.Message);
            Codec.AssertGrammar(Codec.EncodeStream(updates, error: error), endsWithError: true);
        }
    }

    [Theory]
    [InlineData("data: {not json}\n\n")]
    [InlineData("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":5}}]}\n\n")]
    [InlineData("event: error\ndata: overloaded\n\n")]
    public void A_frame_that_cannot_be_read_is_an_error(string frame) =>
        Assert.Equal(CallErrorKind.UpstreamUnavailable, Codec.DecodeStream(frame).Error!.Kind);

    [Fact]
    public void A_whole_message_in_place_of_a_delta_is_read_once()
    {
        var (updates, _) = Codec.DecodeStream(Codec.Stream(
            """{"id":"c","choices":[{"index":0,"message":{"role":"assistant","content":"xy"},"delta":{"role":"assistant","content":"x"}}]}""",
            """{"id":"c","choices":[{"index":0,"message":{"role":"assistant","content":"xy"},"delta":{"content":"y"},"finish_reason":"stop"}]}"""));
        Assert.Equal("xy", Codec.AssertGrammar(Codec.EncodeStream(updates)).Text[0]);
    }

    [Fact]
    public void A_whole_message_behind_its_deltas_is_not_said_twice()
    {
        const string ToolCalls = """[{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]""";
        var (updates, error) = Codec.DecodeStream(Codec.Stream(
            Codec.Chunk("""{"role":"assistant","content":"x"}"""), Codec.Chunk($$"""{"content":"y","tool_calls":{{ToolCalls}}}"""),
            $$$"""
            {"id":"c","object":"chat.completion","choices":[{"index":0,"finish_reason":"tool_calls",
            "message":{"role":"assistant","content":"xy","tool_calls":{{{ToolCalls}}}}}],"usage":{"prompt_tokens":4,"completion_tokens":5}}
            """.ReplaceLineEndings(" "),
            "[DONE]"));
        Assert.Null(error);
        Assert.Equal("xy", Codec.AssertGrammar(Codec.EncodeStream(updates)).Text[0]);
        Assert.Single(Calls(updates));
        Assert.Contains(updates, update => update.Contents is [UsageContent { Details.OutputTokenCount: 5 }]);
    }

    [Fact]
    public void Pieces_under_the_name_of_a_message_are_all_read()
    {
        var (updates, error) = Codec.DecodeStream(Codec.Stream(
            """{"id":"c","choices":[{"index":0,"message":{"role":"assistant","content":"x"}}]}""",
            """{"id":"c","choices":[{"index":0,"message":{"content":"y"},"finish_reason":"stop"}]}""", "[DONE]"));
        Assert.Null(error);
        Assert.Equal("xy", Codec.AssertGrammar(Codec.EncodeStream(updates)).Text[0]);
    }

    [Fact]
    public void What_the_canonical_form_has_no_place_for_is_carried_where_it_stood()
    {
        var (updates, _) = Codec.DecodeStream(Codec.Stream(
            Codec.Chunk(
                """{"content":"x","channel":"final","audio":{"id":"a"}}""",
                more: ",\"system_fingerprint\":\"fp\",\"citations\":[\"u\"],\"obfuscation\":\"zz\""),
            """{"id":"c1","choices":[{"index":0,"delta":{"refusal":"no"},"logprobs":{"content":[]},"native_finish_reason":"END","finish_reason":"stop"}],"system_fingerprint":"fp","citations":["u"]}""", "[DONE]"));
        var chunks = Chunks(Codec.EncodeStream(updates));
        Assert.Equal("final", chunks[0].GetProperty("choices")[0].GetProperty("delta").GetProperty("channel").GetString());
        Assert.Equal("u", chunks[0].GetProperty("citations")[0].GetString());
        Assert.False(chunks[0].TryGetProperty("obfuscation", out _));
        Assert.False(chunks[1].TryGetProperty("citations", out _));
        Assert.Equal("END", chunks[1].GetProperty("choices")[0].GetProperty("native_finish_reason").GetString());
        Assert.Equal("no", chunks[1].GetProperty("choices")[0].GetProperty("delta").GetProperty("refusal").GetString());
        Assert.Equal(JsonValueKind.Object, chunks[1].GetProperty("choices")[0].GetProperty("logprobs").ValueKind);
        Assert.All(chunks, chunk => Assert.Equal("fp", chunk.GetProperty("system_fingerprint").GetString()));
    }

    [Fact]
    public void An_application_reads_the_stream_as_one_response()
    {
        var (updates, _) = Codec.DecodeStream(Codec.Stream(
            Codec.Chunk("""{"role":"assistant","content":"","reasoning":"h"}"""), Codec.Chunk("""{"reasoning":"m"}"""),
            Codec.Chunk("""{"content":"a"}"""),
            Call("0", "a", "f", "{}"), FinishCalls, """{"choices":[],"usage":{"prompt_tokens":4,"completion_tokens":5}}""", "[DONE]"));
        var response = updates.ToChatResponse();
        Assert.Equal("a", response.Text);
        Assert.Equal("hm", response.Messages.Single().Contents.OfType<TextReasoningContent>().Single().Text);
        Assert.Equal("f", response.Messages.Single().Contents.OfType<FunctionCallContent>().Single().Name);
        Assert.Equal(ChatFinishReason.ToolCalls, response.FinishReason);
        Assert.Equal(5, response.Usage!.OutputTokenCount);
    }

    [Fact]
    public void Legacy_completions_stream_as_text()
    {
        var (updates, error) = Codec.DecodeStream(Codec.Stream(
            """{"id":"cmpl-1","object":"text_completion","created":1790000000,"model":"m","choices":[{"index":0,"text":"a","logprobs":null,"finish_reason":null}]}""",
            """{"id":"cmpl-1","object":"text_completion","created":1790000000,"model":"m","choices":[{"index":0,"text":"b","logprobs":null,"finish_reason":"length"}]}""",
            "[DONE]"), CallOperation.Completion);
        Assert.Null(error);
        var chunks = Chunks(Codec.EncodeStream(updates, Codec.Context(operation: CallOperation.Completion)));
        Assert.Equal("ab", string.Concat(chunks.Select(chunk => chunk.GetProperty("choices")[0].GetProperty("text").GetString())));
        Assert.Equal("length", chunks[^1].GetProperty("choices")[0].GetProperty("finish_reason").GetString());
        Assert.All(chunks, chunk => Assert.Equal("text_completion", chunk.GetProperty("object").GetString()));
    }

    private static string Call(string index, string? id, string? name, string arguments) => Codec.Chunk(
        "{\"tool_calls\":[{" + (index == "null" ? "" : $"\"index\":{index},")
            + (id is null ? "" : $"\"id\":\"{id}\",\"type\":\"function\",")
        + "\"function\":{" + (name is null ? "" : $"\"name\":\"{name}\",") + $"\"arguments\":\"{arguments}\"" + "}}]}");

    private static List<FunctionCallContent> Calls(IEnumerable<ChatResponseUpdate> updates) =>
        [.. updates.SelectMany(update => update.Contents).OfType<FunctionCallContent>()];

    private static List<JsonElement> Chunks(string stream) =>
        [
            .. SseFrameReaderTests.Read(Encoding.UTF8.GetBytes(stream)).Where(frame => frame.Data != "[DONE]")
                .Select(frame => JsonElement.Parse(frame.Data)),
        ];

    private static string ArgumentsOf(string stream) => string.Concat(Chunks(stream)
        .SelectMany(chunk => chunk.GetProperty("choices").EnumerateArray())
        .Where(choice => choice.GetProperty("delta").TryGetProperty("tool_calls", out _))
        .SelectMany(choice => choice.GetProperty("delta").GetProperty("tool_calls").EnumerateArray())
        .Select(call => call.GetProperty("function").GetProperty("arguments").GetString()));
}
