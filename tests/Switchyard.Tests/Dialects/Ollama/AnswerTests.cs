using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.Framing;
using Switchyard.Dialects.Ollama;
using Switchyard.Providers.Http;
using Switchyard.TestKit;
using Switchyard.Tests.Dialects.OpenAIChat;
using Xunit;

namespace Switchyard.Tests.Dialects.Ollama;

public sealed class AnswerTests
{
    private const string Done = """{"model":"qwen3","created_at":"2026-08-07T06:08:09.3Z","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","total_duration":5,"prompt_eval_count":17,"eval_count":50}""";
    private static readonly EgressCodec s_codec = new(new OllamaDialect());

    [Fact]
    public void A_whole_answer_is_read()
    {
        var response = s_codec.Answer("""{"model":"qwen3:8b","created_at":"2026-08-07T06:08:09Z","message":{"role":"assistant","content":"hello","thinking":"hm"},"done":true,"done_reason":"stop","total_duration":7,"prompt_eval_count":17,"eval_count":50,"logprobs":[{"token":"hello","logprob":-0.5,"bytes":[104],"top_logprobs":[]}]}""");
        Assert.Equal("qwen3:8b", response.ModelId);
        Assert.Equal(new DateTimeOffset(2026, 8, 7, 6, 8, 9, TimeSpan.Zero), response.CreatedAt);
        Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
        Assert.Equal((17, 50), (response.Usage!.InputTokenCount, response.Usage.OutputTokenCount));
        var wire = Codec.EncodeAnswer(response);
        var choice = wire.GetProperty("choices")[0];
        Assert.Equal(
            ("hello", "hm"),
            (
                choice.GetProperty("message").GetProperty("content").GetString(),
                choice.GetProperty("message").GetProperty("reasoning_content").GetString()));
        Assert.Equal("hello", choice.GetProperty("logprobs").GetProperty("content")[0].GetProperty("token").GetString());
        Assert.Equal("chatcmpl-ours", wire.GetProperty("id").GetString());
        Assert.DoesNotContain("duration", wire.GetRawText(), StringComparison.Ordinal);
    }

    [Covers("F1")]
    [Theory]
    [InlineData("stop", false, "stop")]
    [InlineData("stop", true, "tool_calls")]
    [InlineData("length", false, "length")]
    [InlineData("length", true, "length")]
    [InlineData("unload", true, "tool_calls")]
    [InlineData("brand_new", false, "stop")]
    public void Every_ending_has_its_reason_whole_and_streamed(string word, bool calls, string expected)
    {
        var line = $$"""{"model":"m","message":{"role":"assistant","content":"x"{{(calls ? ",\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":{}}}]" : "")}}},"done":true,"done_reason":"{{word}}"}""";
        Assert.Equal(expected, s_codec.Answer(line).FinishReason!.Value.Value);
        Assert.Equal(
            expected, s_codec.DecodeStream(line).Updates.Single(update => update.FinishReason is not null).FinishReason!.Value.Value);
        Assert.Equal(
            word is not ("stop" or "length"),
            Codec.EncodeAnswer(s_codec.Answer(line)).GetProperty("choices")[0].TryGetProperty("native_finish_reason", out _));
    }

    [Covers("T10")]
    [Fact]
    public void Arguments_that_come_as_an_object_go_out_as_its_text()
    {
        var response = s_codec.Answer("""{"model":"m","message":{"role":"assistant","content":"","tool_calls":[{"id":"call_x","function":{"index":0,"name":"f","arguments":{"q":"tide \u00e9","n":1.0}}},{"function":{"name":"g","arguments":"{\"a\":1}"}},{"function":{"name":"h"}}]},"done":true,"done_reason":"stop"}""");
        var calls = Codec.EncodeAnswer(response).GetProperty("choices")[0].GetProperty("message").GetProperty("tool_calls");
        Assert.Equal(
            ["""{"q":"tide \u00e9","n":1.0}""", """{"a":1}""", "{}"],
            calls.EnumerateArray().Select(call => call.GetProperty("function").GetProperty("arguments").GetString()));
        Assert.Equal("call_x", calls[0].GetProperty("id").GetString());
    }

    [Fact]
    public void Calls_without_ids_get_some_that_stay_the_same_and_differ_from_each_other()
    {
        string Line(string time) => $$$$"""{"model":"m","created_at":"{{{{time}}}}","message":{"role":"assistant","content":"","tool_calls":[{"function":{"name":"f","arguments":{"a":1}}},{"function":{"name":"f","arguments":{"a":1}}}]},"done":true,"done_reason":"stop"}""";
        string[] Ids(string time) =>
            [.. s_codec.Answer(Line(time)).Messages[0].Contents.OfType<FunctionCallContent>().Select(call => call.CallId)];
        var first = Ids("2026-01-01T00:00:00Z");
        Assert.Equal(first, Ids("2026-01-01T00:00:00Z"));
        Assert.Equal(4, first.Concat(Ids("2026-01-01T00:00:01Z")).Distinct().Count());
        Assert.All(first, id => Assert.Matches("^call_[0-9a-f]{24}$", id));
        Assert.Equal(
            first,
            s_codec.DecodeStream(Line("2026-01-01T00:00:00Z")).Updates.SelectMany(update => update.Contents).OfType<FunctionCallContent>()
                .Select(call => call.CallId));
    }

    [Covers("T5")]
    [Fact]
    public void Calls_in_a_stream_count_from_zero_across_lines()
    {
        const string call = """{"model":"m","message":{"role":"assistant","content":"","tool_calls":[{"function":{"index":7,"name":"f","arguments":{"a":1}}}]},"done":false}""";
        var stream = string.Join(
            '\n', """{"model":"m","message":{"role":"assistant","content":"text"},"done":false}""", call,
            call.Replace("\"f\"", "\"g\"", StringComparison.Ordinal), Done);
        var grammar = s_codec.AssertBecomesAStream(Encoding.UTF8.GetBytes(stream));
        Assert.Equal("text", grammar.Text[0]);
        Assert.Equal(
            [0, 1],
            s_codec.DecodeStream(stream).Updates.SelectMany(u => u.Contents).OfType<FunctionCallContent>()
                .Select(c => (int)c.AdditionalProperties![CanonicalKeys.ToolCallIndex]!));
    }

    [Covers("R7")]
    [Fact]
    public void Thinking_is_there_whole_and_streamed()
    {
        var stream = """{"model":"m","message":{"role":"assistant","content":"","thinking":"h"},"done":false}""" + "\n"
            + """{"model":"m","message":{"role":"assistant","content":"","thinking":"m"},"done":false}""" + "\n"
            + """{"model":"m","message":{"role":"assistant","content":"yes"},"done":false}""" + "\n" + Done;
        var contents = s_codec.DecodeStream(stream).Updates.SelectMany(update => update.Contents).ToList();
        Assert.Equal("hm", string.Concat(contents.OfType<TextReasoningContent>().Select(content => content.Text)));
        Assert.Equal("yes", string.Concat(contents.OfType<TextContent>().Select(content => content.Text)));
    }

    [Covers("U3")]
    [Fact]
    public void The_counts_of_the_last_line_stay_whatever_follows()
    {
        var (updates, error, usage) = s_codec.DecodeStream(
            Done + "\n\n" + """{"model":"m","message":{"content":""},"done":true,"prompt_eval_count":0,"eval_count":0}""" + "\n");
        Assert.Null(error);
        Assert.Equal((17, 50), (usage.Input, usage.Output));
        Assert.Equal(50, Assert.Single(updates.SelectMany(update => update.Contents).OfType<UsageContent>()).Details.OutputTokenCount);
    }

    [Covers("U5", "U7")]
    [Fact]
    public void Usage_reaches_the_client_in_a_chunk_of_its_own_without_nulls()
    {
        var (updates, _, _) = s_codec.DecodeStream("""{"model":"m","message":{"content":"a"},"done":false}""" + "\n" + Done);
        var written = Codec.EncodeStream(updates, Codec.Context(includeUsage: true));
        Assert.Contains(
            "\"choices\":[],\"usage\":{\"prompt_tokens\":17,\"completion_tokens\":50,\"total_tokens\":67", written,
            StringComparison.Ordinal);
        Assert.DoesNotContain("_tokens\":null", written, StringComparison.Ordinal);
    }

    [Fact]
    public void Counts_the_server_leaves_out_are_unknown_rather_than_nought()
    {
        var usage = s_codec.DecodeStream("""{"model":"m","message":{"content":"a"},"done":true,"eval_count":3}""").Usage;
        Assert.Equal((null, 3), (usage.Input, usage.Output));
    }

    [Fact]
    public void A_stream_that_ends_without_its_last_line_is_broken_off()
    {
        var (updates, error, _) = s_codec.DecodeStream("""{"model":"m","message":{"content":"a"},"done":false}""" + "\n");
        Assert.Single(updates);
        Assert.Equal(CallErrorKind.StreamInterrupted, error!.Kind);
    }

    [Covers("S001-50", "E10")]
    [Theory]
    [InlineData(400, """{"error":"\"m\" does not support tools"}""", CallErrorKind.UpstreamRejected, "\"m\" does not support tools")]
    [InlineData(
        401, """{"error":"unauthorized","signin_url":"https://x"}""", CallErrorKind.UpstreamAuthenticationFailed,
        "acme authentication failed")]
    [InlineData(404, """{"error":"model 'x' not found"}""", CallErrorKind.UpstreamRejected, "model 'x' not found")]
    [InlineData(
        503, """{"error":"server busy, please try again.  maximum pending requests exceeded"}""", CallErrorKind.UpstreamUnavailable,
        "server busy, please try again.  maximum pending requests exceeded")]
    [InlineData(500, """{"error":{"message":"boom"}}""", CallErrorKind.UpstreamUnavailable, "boom")]
    [InlineData(429, "slow down", CallErrorKind.UpstreamRateLimited, "acme answered 429 with a body that is not an error of its API")]
    [InlineData(
        502, "<html>bad gateway</html>", CallErrorKind.UpstreamUnavailable,
        "acme answered 502 with a body that is not an error of its API")]
    public void Errors_keep_their_status_and_message(int status, string body, CallErrorKind kind, string message)
    {
        var error = s_codec.Dialect.DecodeError(status, Encoding.UTF8.GetBytes(body), EgressCodec.Target);
        Assert.Equal((kind, message, status), (error.Kind, error.Message, error.UpstreamStatus!.Value));
        Assert.Equal(status == 404 ? "model_not_found" : null, error.Code);
    }

    [Covers("E10")]
    [Theory]
    [InlineData("""{"error":"an error was encountered while running the model","status":500}""")]
    [InlineData("""{"error":"unexpected EOF"}""")]
    public void An_error_line_ends_the_stream_with_that_error(string line)
    {
        var (_, error, _) = s_codec.DecodeStream("""{"model":"m","message":{"content":"a"},"done":false}""" + "\n" + line + "\n");
        Assert.Equal(CallErrorKind.UpstreamUnavailable, error!.Kind);
        Assert.Equal(JsonElement.Parse(line).GetProperty("error").GetString(), error.Message);
        Assert.Equal(error.Message, Assert.Throws<CallException>(() => s_codec.Answer(line)).Error.Message);
    }

    [Covers("E11")]
    [Fact]
    public void A_client_gets_its_own_terminator_exactly_once()
    {
        var (updates, _, _) = s_codec.DecodeStream(Done);
        Assert.Equal(2, Codec.EncodeStream(updates).Split("[DONE]").Length);
    }

    [Fact]
    public void An_answer_that_says_nothing_is_no_answer() => Assert.Equal(
        CallErrorKind.UpstreamUnavailable,
        Assert.Throws<CallException>(() => s_codec.Answer(
            """{"model":"m","message":{"role":"assistant","content":""},"done":true,"done_reason":"load"}""")).Error.Kind);

    [Fact]
    public void A_legacy_completions_text_is_read_whole_and_streamed()
    {
        const string whole = """{"model":"m","created_at":"2026-01-01T00:00:00Z","response":"return 1","done":true,"done_reason":"stop","prompt_eval_count":1,"eval_count":2}""";
        Assert.Equal("return 1", s_codec.Answer(whole, CallOperation.Completion).Text);
        Assert.Equal("return 1", string.Concat(s_codec.DecodeStream(whole).Updates.Select(update => update.Text)));
    }

    [Covers("M11")]
    [Fact]
    public void Vectors_come_as_numbers_and_leave_as_the_client_asked()
    {
        var answer = (CanonicalEmbeddingAnswer)s_codec.Dialect.DecodeAnswer(
            CallOperation.Embedding,
            """{"model":"e","embeddings":[[1,0.5],[0,-1]],"total_duration":1,"prompt_eval_count":4}"""u8.ToArray());
        Assert.Equal((4, null), (answer.Usage.Input, answer.Usage.Output));
        foreach (var base64 in new[] { false, true })
        {
            var output = new System.Buffers.ArrayBufferWriter<byte>();
            Codec.Dialect.EncodeAnswer(
                answer, Codec.Context(operation: CallOperation.Embedding) with { Base64Embeddings = base64 }, output);
            var first = JsonElement.Parse(output.WrittenSpan).GetProperty("data")[0].GetProperty("embedding");
            Assert.Equal(base64 ? "\"AACAPwAAAD8=\"" : "[1,0.5]", first.GetRawText());
        }
    }

    [Fact]
    public void The_probe_reads_what_the_decoder_reads()
    {
        var probe = s_codec.Dialect.CreateProbe(CallOperation.Chat);
        Assert.Equal(FrameKind.Other, probe.Observe(new StreamFrame(default, """{"model":"m","message":{"content":""},"done":false}"""u8)));
        Assert.Equal(
            FrameKind.Content, probe.Observe(new StreamFrame(default, """{"model":"m","message":{"content":"a"},"done":false}"""u8)));
        Assert.Equal(FrameKind.Content, probe.Observe(new StreamFrame(default, Encoding.UTF8.GetBytes(Done))));
        Assert.True(probe.SawEnd);
        Assert.Equal((17, 50), (probe.Usage.Input, probe.Usage.Output));

        var whole = s_codec.Dialect.CreateProbe(CallOperation.Chat);
        Assert.True(whole.ObserveBody("""{"model":"m","message":{"content":"a"},"done":true,"eval_count":3}"""u8));
        Assert.Equal(3, whole.Usage.Output);
        Assert.False(whole.ObserveBody("nonsense"u8));
        Assert.Equal(FrameKind.Error, whole.Observe(new StreamFrame(default, """{"error":"x"}"""u8)));
        Assert.Equal("x", whole.Error!.Message);
    }

    [Fact]
    public void The_list_of_models_is_read()
    {
        var body = """{"models":[{"name":"qwen3:8b","model":"qwen3:8b","modified_at":"2026-01-01T00:00:00Z","size":1,"details":{"family":"qwen3","families":["qwen3"]}},{"name":"all-minilm:latest","model":"all-minilm:latest"}]}"""u8.ToArray();
        Assert.Equal(["qwen3:8b", "all-minilm:latest"], ModelListReader.Read(new(body), "o").Select(model => model.Id));
    }
}
