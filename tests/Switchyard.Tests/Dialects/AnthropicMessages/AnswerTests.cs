using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Dialects.AnthropicMessages;

public sealed class AnswerTests
{
    private static string Answer(string reason, string content = """{"type":"text","text":"ok"}""", string sequence = "null") =>
        $$$$"""{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{{{{content}}}}],"stop_reason":"{{{{reason}}}}","stop_sequence":{{{{sequence}}}},"usage":{"input_tokens":1,"output_tokens":1}}""";

    [Covers("F1", "F2")]
    [Theory]
    [InlineData("end_turn", "stop", "end_turn")]
    [InlineData("stop_sequence", "stop", "stop_sequence")]
    [InlineData("max_tokens", "length", "max_tokens")]
    [InlineData("model_context_window_exceeded", "length", "model_context_window_exceeded")]
    [InlineData("refusal", "content_filter", "refusal")]
    [InlineData("pause_turn", "stop", "pause_turn")]
    [InlineData("tool_use", "tool_calls", "tool_use")]
    [InlineData("something_new", "stop", "end_turn")]
    public void Every_stop_reason_means_the_same_in_both_modes_and_formats(string reason, string openAI, string back)
    {
        var content = reason == "tool_use" ? """{"type":"tool_use","id":"t","name":"f","input":{}}""" : """{"type":"text","text":"ok"}""";
        var response = Codec.DecodeAnswer(Answer(reason, content, reason == "stop_sequence" ? "\"END\"" : "null"));
        Assert.Equal(openAI, Codec.EncodeAnswer(response, Codec.OpenAI).GetProperty("choices")[0].GetProperty("finish_reason").GetString());
        var written = Codec.EncodeAnswer(response);
        Assert.Equal(back, written.GetProperty("stop_reason").GetString());
        Assert.Equal(reason == "stop_sequence" ? "END" : null, written.GetProperty("stop_sequence").GetString());

        var open = reason == "tool_use" ? """{"type":"tool_use","id":"t","name":"f","input":{}}""" : Codec.TextBlock;
        var end = $$$$"""{"type":"message_delta","delta":{"stop_reason":"{{{{reason}}}}","stop_sequence":{{{{(reason == "stop_sequence" ? "\"END\"" : "null")}}}}},"usage":{"output_tokens":1}}""";
        var updates = Codec.DecodeGood(Codec.Stream(Codec.Start(), Codec.Open(0, open), Codec.Stop(0), end, Codec.Last));
        Assert.Equal(back, Codec.Emit(updates).StopReason);
        Assert.Contains($"\"finish_reason\":\"{openAI}\"", OpenAIChat.Codec.EncodeStream(updates), StringComparison.Ordinal);
    }

    [Covers("F1", "F2")]
    [Theory]
    [InlineData("stop", "end_turn")]
    [InlineData("length", "max_tokens")]
    [InlineData("content_filter", "refusal")]
    [InlineData("eos", "end_turn")]
    public void Every_finish_reason_of_openai_has_its_word_here(string finish, string expected)
    {
        var response = OpenAIChat.Codec.DecodeAnswer(
            TestKit.Some.ChatCompletion().Replace("\"stop\"", $"\"{finish}\"", StringComparison.Ordinal));
        Assert.Equal(expected, Codec.EncodeAnswer(response).GetProperty("stop_reason").GetString());
        Assert.Equal(expected, Codec.FromOpenAIStream(finish, """{"role":"assistant","content":"x"}""").StopReason);
    }

    [Covers("U1", "U4")]
    [Fact]
    public void Prompt_tokens_are_input_and_cache_together_and_apart_again()
    {
        var response = Codec.DecodeAnswer(
            """{"id":"msg_1","model":"m","content":[],"stop_reason":"end_turn","usage":{"input_tokens":4,"cache_creation_input_tokens":100,"cache_read_input_tokens":1000,"output_tokens":9,"output_tokens_details":{"thinking_tokens":5},"service_tier":"standard"}}""");
        var openAI = Codec.EncodeAnswer(response, Codec.OpenAI).GetProperty("usage");
        Codec.AssertJson(
            """{"prompt_tokens":1104,"completion_tokens":9,"total_tokens":1113,"prompt_tokens_details":{"cached_tokens":1000,"cache_write_tokens":100},"completion_tokens_details":{"reasoning_tokens":5}}""", openAI);
        Codec.AssertJson(
            """{"input_tokens":4,"cache_creation_input_tokens":100,"cache_read_input_tokens":1000,"output_tokens":9,"output_tokens_details":{"thinking_tokens":5},"service_tier":"standard"}""",
            Codec.EncodeAnswer(response).GetProperty("usage"));
    }

    [Covers("U1")]
    [Fact]
    public void The_way_back_is_never_negative()
    {
        var response = new ChatResponse(new ChatMessage(ChatRole.Assistant, "x"))
        {
            Usage = new TokenUsage { Input = 3, CacheRead = 10, Output = 1 }.ToUsageDetails(),
        };
        Assert.Equal(0, Codec.EncodeAnswer(response).GetProperty("usage").GetProperty("input_tokens").GetInt64());
    }

    [Covers("U8")]
    [Fact]
    public void Usage_is_there_even_when_the_provider_said_nothing()
    {
        var usage = Codec.EncodeAnswer(new ChatResponse(new ChatMessage(ChatRole.Assistant, "x"))).GetProperty("usage");
        Assert.Equal((0, 0), (usage.GetProperty("input_tokens").GetInt32(), usage.GetProperty("output_tokens").GetInt32()));
        Codec.Emit([new ChatResponseUpdate(ChatRole.Assistant, "x")]);
    }

    [Covers("T3")]
    [Fact]
    public void Text_and_calls_of_an_openai_answer_are_both_there()
    {
        var response = OpenAIChat.Codec.DecodeAnswer(
            """{"id":"chatcmpl-1","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Checking.","tool_calls":[{"id":"call_1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]},"finish_reason":"tool_calls"}]}""");
        var answer = Codec.EncodeAnswer(response);
        Codec.AssertJson(
            """[{"type":"text","text":"Checking."},{"type":"tool_use","id":"call_1","name":"f","input":{"a":1}}]""",
            answer.GetProperty("content"));
        Assert.Equal(("msg_chatcmpl1", "tool_use"), (answer.GetProperty("id").GetString(), answer.GetProperty("stop_reason").GetString()));
    }

    [Fact]
    public void Blocks_of_this_format_alone_and_citations_survive()
    {
        const string content = """{"type":"server_tool_use","id":"s","name":"web_search","input":{"q":"x"}},{"type":"web_search_tool_result","tool_use_id":"s","content":[{"type":"web_search_result","url":"https://e.com","title":"t"}]},{"type":"text","text":"a","citations":[{"type":"web_search_result_location","url":"https://e.com","title":"t","cited_text":"c"}]}""";
        var response = Codec.DecodeAnswer(Answer("end_turn", content));
        Codec.AssertJson($"[{content}]", Codec.EncodeAnswer(response).GetProperty("content"));
        var message = Codec.EncodeAnswer(response, Codec.OpenAI).GetProperty("choices")[0].GetProperty("message");
        Assert.Equal("https://e.com", message.GetProperty("annotations")[0].GetProperty("url_citation").GetProperty("url").GetString());
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("<html>")]
    [InlineData("""{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}""")]
    [InlineData("""{"id":"x","content":[{"type":"text"}]}""")]
    public void An_answer_that_is_none_is_the_providers_fault(string body) =>
        Assert.Equal(CallErrorKind.UpstreamUnavailable, Codec.Refusal(() => Codec.DecodeAnswer(body)).Kind);

    [Covers("C5", "E10")]
    [Theory]
    [InlineData(400, "invalid_request_error", CallErrorKind.UpstreamRejected, "invalid_request_error")]
    [InlineData(401, "authentication_error", CallErrorKind.UpstreamAuthenticationFailed, "api_error")]
    [InlineData(403, "permission_error", CallErrorKind.UpstreamAuthenticationFailed, "api_error")]
    [InlineData(404, "not_found_error", CallErrorKind.UpstreamRejected, "not_found_error")]
    [InlineData(413, "request_too_large", CallErrorKind.UpstreamRejected, "request_too_large")]
    [InlineData(429, "rate_limit_error", CallErrorKind.UpstreamRateLimited, "rate_limit_error")]
    [InlineData(500, "api_error", CallErrorKind.UpstreamUnavailable, "api_error")]
    [InlineData(504, "timeout_error", CallErrorKind.UpstreamTimeout, "timeout_error")]
    [InlineData(529, "overloaded_error", CallErrorKind.UpstreamUnavailable, "overloaded_error")]
    public void Each_error_has_its_kind_and_the_clients_own_type(int status, string type, CallErrorKind kind, string written)
    {
        var body = $$"""{"type":"error","error":{"type":"{{type}}","message":"model: nope"},"request_id":"req_1"}""";
        var error = Codec.Dialect.DecodeError(status, Encoding.UTF8.GetBytes(body), Codec.Target);
        Assert.Equal((kind, status), (error.Kind, error.UpstreamStatus));
        Codec.AssertJson(
            $$$"""{"type":"error","error":{"type":"{{{written}}}","message":"{{{error.Message}}}"}}""",
            JsonElement.Parse(Codec.EncodeError(error)));

        var (_, inStream) = Codec.DecodeStream(Codec.Stream(Codec.Start(), body));
        Assert.Equal(kind, inStream!.Kind);
        if (status == 404)
            Assert.Equal("model_not_found", error.Code);
    }

    [Covers("C5")]
    [Theory]
    [InlineData("")]
    [InlineData("<html><body>502</body></html>")]
    [InlineData("upstream connect error")]
    public void An_error_that_is_no_json_says_so(string body) => Assert.Contains(
        "not an error of its API", Codec.Dialect.DecodeError(502, Encoding.UTF8.GetBytes(body), Codec.Target).Message,
        StringComparison.Ordinal);

    [Covers("C5")]
    [Fact]
    public void Errors_of_our_own_have_this_formats_types()
    {
        foreach (var kind in Enum.GetValues<CallErrorKind>())
        {
            var error = JsonElement.Parse(Codec.EncodeError(new CallError(kind, "x"))).GetProperty("error");
            Assert.Contains(error.GetProperty("type").GetString(), new[]
            {
                "invalid_request_error", "authentication_error", "permission_error", "not_found_error", "request_too_large",
                "rate_limit_error", "billing_error", "api_error", "timeout_error", "overloaded_error",
            });
        }
    }
}
