using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.Framing;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Dialects.OpenAIChat;

public sealed class AnswerCodecTests
{
    private const string Full = """
        {"id":"chatcmpl-1","object":"chat.completion","created":1790000000,"model":"m-1","choices":[
          {"index":0,"message":{"role":"assistant","content":"See this.","refusal":null,"reasoning_content":"hmm",
            "annotations":[{"type":"url_citation","url_citation":{"start_index":0,"end_index":3,"url":"https://example.com/","title":"t"}}],
            "audio":{"id":"a","data":"AAAA","transcript":"x","expires_at":5}},
           "logprobs":{"content":[{"token":"See","logprob":-0.5,"bytes":[83],"top_logprobs":[]}],"refusal":null},"finish_reason":"stop","content_filter_results":{"hate":{"filtered":false}}},
          {"index":1,"message":{"role":"assistant","content":null,"refusal":null,"tool_calls":[
            {"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":  1}"},"extra_content":{"google":{"thought_signature":"s"}}},
            {"id":"c2","type":"custom","custom":{"name":"run","input":"x = 1"}}]},"logprobs":null,"finish_reason":"tool_calls"},
          {"index":2,"message":{"role":"assistant","content":null,"refusal":"I cannot."},"logprobs":null,"finish_reason":"length"}],
         "usage":{"prompt_tokens":41,"completion_tokens":18,"total_tokens":59,
           "prompt_tokens_details":{"cached_tokens":5,"audio_tokens":2,"cache_write_tokens":3,"text_tokens":7},
           "completion_tokens_details":{"reasoning_tokens":4,"audio_tokens":1,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0},"cost":0.0001},
         "service_tier":"default","system_fingerprint":"fp","x_vendor":{"a":[1]}}
        """;

    [Covers("S002-05", "S002-15")]
    [Fact]
    public void A_full_answer_survives_decoding_and_encoding() =>
        Assert.Empty(JsonDiff.Compare(JsonDiff.Parse(Encoding.UTF8.GetBytes(Full)), Codec.EncodeAnswer(Codec.DecodeAnswer(Full))));

    [Fact]
    public void The_canonical_form_says_what_an_application_needs()
    {
        var response = Codec.DecodeAnswer(Full);
        Assert.Equal("chatcmpl-1", response.ResponseId);
        Assert.Equal("m-1", response.ModelId);
        Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
        Assert.Equal(3, response.Messages.Count);
        Assert.Equal(2, response.Messages[2].AdditionalProperties![CanonicalKeys.ChoiceIndex]);
        Assert.Equal(ChatFinishReason.Length, response.Messages[2].AdditionalProperties![CanonicalKeys.FinishReason]);
        var citation = Assert.IsType<CitationAnnotation>(
            Assert.Single(response.Messages[0].Contents.OfType<TextContent>().Single().Annotations!));
        Assert.Equal("https://example.com/", citation.Url!.AbsoluteUri);
        Assert.Equal(
            new TokenUsage { Input = 41, Output = 18, CacheRead = 5, CacheWrite = 3, Reasoning = 4, InputAudio = 2, OutputAudio = 1 },
            TokenUsage.From(response.Usage));
    }

    [Covers("T6", "F1")]
    [Fact]
    public void Choices_listed_in_another_order_are_sorted_and_the_first_ones_reason_is_the_answers()
    {
        var response = Codec.DecodeAnswer(
            """
            {"choices":[{"index":1,"message":{"role":"assistant","content":"b"},"finish_reason":"length"},
             {"index":0,"message":{"role":"assistant","content":"a"},"finish_reason":"stop"}]}
            """);

        Assert.Equal(["a", "b"], response.Messages.Select(message => message.Text));
        Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
        Assert.Equal(ChatFinishReason.Length, response.Messages[1].AdditionalProperties![CanonicalKeys.FinishReason]);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"choices":[]}""")]
    [InlineData("""{"choices":null}""")]
    [InlineData("""{"choices":{}}""")]
    [InlineData("""{"choices":[{"index":0}]}""")]
    [InlineData("""{"choices":[{"index":0,"message":{"role":"assistant","content":null},"finish_reason":"stop"}]}""")]
    [InlineData("""{"choices":[{"index":0,"message":{"role":"assistant","content":"  \n"},"finish_reason":"stop"}]}""")]
    [InlineData("""{"choices":[{"index":0,"message":{"role":"assistant","content":""},"finish_reason":null}]}""")]
    [InlineData("""{"choices":[{"index":0,"message":{"role":"assistant","content":null,"audio":null},"finish_reason":"stop"}]}""")]
    public void An_empty_answer_is_an_error(string body)
    {
        var error = Assert.Throws<CallException>(() => Codec.DecodeAnswer(body)).Error;
        Assert.Equal(CallErrorKind.UpstreamUnavailable, error.Kind);
        Assert.Equal("Provider returned an empty response", error.Message);
    }

    [Theory]
    [InlineData("""{"index":0,"message":{"role":"assistant","content":""},"finish_reason":"length"}""")]
    [InlineData("""{"index":0,"message":{"role":"assistant","content":null},"finish_reason":"content_filter"}""")]
    [InlineData("""{"index":0,"finish_reason":"content_filter"}""")]
    [InlineData("""{"index":0,"message":{"role":"assistant","content":null,"refusal":"no"},"finish_reason":"stop"}""")]
    [InlineData("""{"index":0,"message":{"role":"assistant","content":"","reasoning":"hmm"},"finish_reason":"stop"}""")]
    [InlineData("""{"index":0,"message":{"role":"assistant","content":null,"audio":{"id":"a"}},"finish_reason":"stop"}""")]
    public void An_answer_that_was_stopped_or_says_it_elsewhere_is_not_empty(string choice) =>
        Assert.Single(Codec.DecodeAnswer($$"""{"choices":[{{choice}}]}""").Messages);

    [Theory]
    [InlineData("[]")]
    [InlineData("<html>")]
    [InlineData("")]
    [InlineData("""{"choices":[5]}""")]
    [InlineData("""{"choices":[{"message":{"content":5}}]}""")]
    [InlineData("""{"choices":[{"message":{"content":"x","tool_calls":[5]}}]}""")]
    public void What_is_not_an_answer_is_the_providers_fault(string body) =>
        Assert.Equal(CallErrorKind.UpstreamUnavailable, Assert.Throws<CallException>(() => Codec.DecodeAnswer(body)).Error.Kind);

    [Covers("E4")]
    [Fact]
    public void An_error_in_a_body_of_status_200_is_an_error()
    {
        var error = Assert.Throws<CallException>(() => Codec.DecodeAnswer("""{"error":{"code":429,"message":"slow down"}}""")).Error;
        Assert.Equal(CallErrorKind.UpstreamRateLimited, error.Kind);
        Assert.Equal("slow down", error.Message);
    }

    [Theory]
    [InlineData(1001, CallErrorKind.UpstreamTimeout, 504)]
    [InlineData(1002, CallErrorKind.UpstreamRateLimited, 429)]
    [InlineData(1004, CallErrorKind.UpstreamAuthenticationFailed, 401)]
    [InlineData(1008, CallErrorKind.UpstreamRejected, 402)]
    [InlineData(2013, CallErrorKind.UpstreamRejected, 400)]
    [InlineData(1000, CallErrorKind.UpstreamUnavailable, 502)]
    public void MiniMaxs_word_that_a_request_failed_is_an_error_read_or_forwarded(int code, CallErrorKind kind, int status)
    {
        var body = $$$"""{"id":"x","choices":null,"usage":null,"base_resp":{"status_code":{{{code}}},"status_msg":"no"}}""";
        var (forwarded, streamed) = (Codec.Dialect.CreateProbe(CallOperation.Chat), Codec.Dialect.CreateProbe(CallOperation.Chat));
        forwarded.ObserveBody(Encoding.UTF8.GetBytes(body));
        Assert.Equal(FrameKind.Error, streamed.Observe(new StreamFrame(default, Encoding.UTF8.GetBytes(body))));

        var whole = Assert.Throws<CallException>(() => Codec.DecodeAnswer(body)).Error;
        foreach (var error in new[] { whole, Codec.DecodeStream(Codec.Stream(body)).Error, forwarded.Error, streamed.Error })
        {
            Assert.Equal((kind, status), (error!.Kind, error.UpstreamStatus));
            Assert.Equal(kind == CallErrorKind.UpstreamAuthenticationFailed ? "The provider authentication failed" : "no", error.Message);
        }
    }

    [Fact]
    public void MiniMaxs_word_that_a_request_went_well_is_no_error()
    {
        const string Well = ",\"base_resp\":{\"status_code\":0,\"status_msg\":\"\"}";
        var body = $$"""{"choices":[{"message":{"content":"x"},"finish_reason":"stop"}]{{Well}}}""";
        var probe = Codec.Dialect.CreateProbe(CallOperation.Chat);

        Assert.Equal("x", Codec.DecodeAnswer(body).Text);
        Assert.True(probe.ObserveBody(Encoding.UTF8.GetBytes(body)));
        Assert.Null(probe.Error);
        Assert.Null(Codec.DecodeStream(Codec.Stream(Codec.Chunk("""{"content":"x"}""", "\"stop\"", more: Well), "[DONE]")).Error);
    }

    [Covers("F1")]
    [Theory]
    [InlineData("stop", "stop")]
    [InlineData("length", "length")]
    // A client that reads tool_calls waits for a call.
    [InlineData("tool_calls", "stop")]
    [InlineData("tool_calls", "tool_calls", ""","tool_calls":[{"index":0,"id":"c1","function":{"name":"f","arguments":"{}"}}]""")]
    [InlineData("content_filter", "content_filter")]
    [InlineData("function_call", "stop")]
    [InlineData("function_call", "function_call", ""","function_call":{"name":"f","arguments":"{}"}""")]
    [InlineData("eos", "stop")]
    [InlineData("end_turn", "stop")]
    [InlineData("", "stop")]
    [InlineData("model_length", "length")]
    [InlineData("max_tokens", "length")]
    [InlineData("sensitive", "content_filter")]
    [InlineData("SAFETY", "content_filter")]
    [InlineData("Safety", "content_filter")]
    [InlineData("RECITATION", "content_filter")]
    [InlineData("BLOCKLIST", "content_filter")]
    [InlineData("PROHIBITED_CONTENT", "content_filter")]
    [InlineData("SPII", "content_filter")]
    [InlineData("refusal", "content_filter")]
    [InlineData("guardrail_intervened", "content_filter")]
    [InlineData("brand_new", "stop")]
    public void Every_finish_reason_becomes_one_of_the_format_in_both_modes(string upstream, string written, string calls = "")
    {
        var message = $$"""{"content":"x"{{calls}}}""";
        var answer = Codec.EncodeAnswer(
            Codec.DecodeAnswer($$"""{"choices":[{"index":0,"message":{{message}},"finish_reason":"{{upstream}}"}]}"""));
        Assert.Equal(written, answer.GetProperty("choices")[0].GetProperty("finish_reason").GetString());
        var (updates, error) = Codec.DecodeStream(
            Codec.Stream(Codec.Chunk(message), Codec.Chunk("{}", $"\"{upstream}\""), "[DONE]"));
        Assert.Null(error);
        Assert.Contains($"\"finish_reason\":\"{written}\"", Codec.EncodeStream(updates), StringComparison.Ordinal);
    }

    [Fact]
    public void Sound_that_is_null_is_none()
    {
        var answer = Codec.EncodeAnswer(Codec.DecodeAnswer(
            """{"choices":[{"index":0,"message":{"role":"assistant","content":null,"audio":null},"finish_reason":"length"}]}"""));
        Assert.Equal("", answer.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString());

        var request = Codec.Translate(Codec.Messages(
            """{"role":"user","content":"a"},{"role":"assistant","content":null,"audio":null},{"role":"user","content":"b"}"""));
        Assert.Equal("", request.GetProperty("messages")[1].GetProperty("content").GetString());
    }

    [Covers("F1")]
    [Fact]
    public void A_stop_with_tool_calls_is_tool_calls()
    {
        var answer = Codec.EncodeAnswer(Codec.DecodeAnswer(Call("\"{}\"", "stop")));
        Assert.Equal("tool_calls", answer.GetProperty("choices")[0].GetProperty("finish_reason").GetString());
    }

    [Covers("T9")]
    [Fact]
    public void Arguments_cut_anywhere_are_kept_as_they_are()
    {
        const string whole = """{"city":"Zürich \"x\"","n":[1,2]}""";
        for (var length = 1; length <= whole.Length; length++)
        {
            var cut = whole[..length];
            var response = Codec.DecodeAnswer(Call(JsonSerializer.Serialize(cut), "length"));
            var call = response.Messages[0].Contents.OfType<FunctionCallContent>().Single();
            Assert.Equal(length < whole.Length, call.Exception is not null);
            var written = Codec.EncodeAnswer(response).GetProperty("choices")[0];
            Assert.Equal(
                cut,
                written.GetProperty("message").GetProperty("tool_calls")[0].GetProperty("function").GetProperty("arguments").GetString());
            Assert.Equal("length", written.GetProperty("finish_reason").GetString());
        }
    }

    [Covers("T10")]
    [Fact]
    public void Arguments_that_come_as_an_object_go_out_as_text()
    {
        var written = Codec.EncodeAnswer(Codec.DecodeAnswer(Call("""{"a":{"b":1}}""", "tool_calls")));
        Assert.Equal(
            """{"a":{"b":1}}""",
            written.GetProperty("choices")[0].GetProperty("message").GetProperty("tool_calls")[0].GetProperty("function")
                .GetProperty("arguments").GetString());
    }

    [Covers("U5")]
    [Fact]
    public void A_count_that_is_missing_is_left_out()
    {
        var usage = Codec.EncodeAnswer(Codec.DecodeAnswer(
            """{"choices":[{"message":{"content":"x"}}],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3,"prompt_tokens_details":{"cached_tokens":null},"completion_tokens_details":null}}"""))
            .GetProperty("usage");
        Assert.DoesNotContain("null", usage.GetRawText(), StringComparison.Ordinal);
        Assert.Equal(3, usage.GetProperty("total_tokens").GetInt32());
    }

    [Fact]
    public void What_the_provider_left_out_is_filled_from_the_call()
    {
        var written = Codec.EncodeAnswer(new ChatResponse(new ChatMessage(ChatRole.Assistant, "hi")));
        Assert.Equal("chatcmpl-ours", written.GetProperty("id").GetString());
        Assert.Equal("asked-model", written.GetProperty("model").GetString());
        Assert.Equal(1_790_000_000, written.GetProperty("created").GetInt64());
        Assert.Equal("stop", written.GetProperty("choices")[0].GetProperty("finish_reason").GetString());
        Assert.False(written.TryGetProperty("usage", out _));
    }

    [Covers("R7")]
    [Fact]
    public void Reasoning_comes_out_under_one_name_whatever_it_came_in_as()
    {
        foreach (var message in new[]
        {
            """{"content":"a","reasoning":"t"}""", """{"content":"a","reasoning_content":"t"}""",
            """{"content":[{"type":"thinking","thinking":[{"type":"text","text":"t"}]},{"type":"text","text":"a"}]}""",
        })
        {
            var written = Codec.EncodeAnswer(Codec.DecodeAnswer($$"""{"choices":[{"message":{{message}}}]}""")).GetProperty("choices")[0]
                .GetProperty("message");
            Assert.Equal("t", written.GetProperty("reasoning_content").GetString());
            Assert.Equal("a", written.GetProperty("content").GetString());
        }
    }

    [Fact]
    public void Messages_of_one_choice_are_joined()
    {
        var response = new ChatResponse(
            [
                new ChatMessage(ChatRole.Assistant, "a"),
                new ChatMessage(ChatRole.Assistant, [new TextContent("b"), new FunctionCallContent("c", "f")]),
            ]);
        var choice = Assert.Single(Codec.EncodeAnswer(response).GetProperty("choices").EnumerateArray());
        Assert.Equal("ab", choice.GetProperty("message").GetProperty("content").GetString());
        Assert.Equal("tool_calls", choice.GetProperty("finish_reason").GetString());
    }

    private static string Call(string arguments, string finish) =>
        $$$"""{"choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":{{{arguments}}}}}]},"finish_reason":"{{{finish}}}"}]}""";
}
