using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Dialects.OpenAIResponses;

public sealed class AnswerTests
{
    [Fact]
    public void An_answer_of_this_format_reaches_a_client_of_chat()
    {
        var response = Codec.DecodeAnswer(Codec.Answer(
            """{"id":"rs_1","type":"reasoning","summary":[{"type":"summary_text","text":"because"}],"encrypted_content":"E"},"""
            + Codec.Message("first") + "," + Codec.Message("second").Replace("msg_1", "msg_2", StringComparison.Ordinal)
            + ""","""
            + """{"id":"fc_1","type":"function_call","call_id":"c1","name":"f","arguments":"{\"a\":1}"},{"id":"fc_2","type":"function_call","call_id":"c2","name":"g","arguments":""}"""));
        var choice = Codec.EncodeAnswer(response, dialect: Codec.Chat).GetProperty("choices")[0];
        var message = choice.GetProperty("message");
        Assert.Equal("tool_calls", choice.GetProperty("finish_reason").GetString());
        Assert.Equal("firstsecond", message.GetProperty("content").GetString());
        Assert.Equal("because", message.GetProperty("reasoning_content").GetString());
        Assert.Equal(
            ["{\"a\":1}", "{}"],
            message.GetProperty("tool_calls").EnumerateArray()
                .Select(call => call.GetProperty("function").GetProperty("arguments").GetString()));
        var reasoning = response.Messages[0].Contents.OfType<TextReasoningContent>().Single();
        Assert.Equal(("E", "openai-responses"), (reasoning.ProtectedData, reasoning.AdditionalProperties![CanonicalKeys.ReasoningOrigin]));
    }

    [Covers("R1")]
    [Fact]
    public void An_answer_put_back_into_the_history_is_the_same_items()
    {
        const string reasoning = """{"id":"rs_1","type":"reasoning","summary":[],"encrypted_content":"E","status":"completed"}""";
        var response = Codec.DecodeAnswer(
            Codec.Answer(
                reasoning
                    + """,{"id":"fc_1","type":"function_call","status":"completed","call_id":"c1","name":"f","arguments":"{\"a\":1}"}"""));
        var history = new List<ChatMessage> { new(ChatRole.User, "q") };
        history.AddRange(response.Messages);
        history.Add(new ChatMessage(ChatRole.Tool, [new FunctionResultContent("c1", "1")]));
        var written = Codec.Encode(new CanonicalChatRequest(history, new ChatOptions()), out var losses);
        Assert.Empty(losses.Fields);
        Assert.Equal(reasoning, written.GetProperty("input")[1].GetRawText());
        Assert.Equal("fc_1", written.GetProperty("input")[2].GetProperty("id").GetString());
        Assert.Equal("reasoning.encrypted_content", written.GetProperty("include")[0].GetString());
    }

    /// <summary>Gemini ends an answer with one that has only a signature; a client that parses each part as JSON fails on it.</summary>
    [Fact]
    public void An_empty_text_of_another_format_is_no_part()
    {
        var signed = new TextContent("") { AdditionalProperties = new() { [CanonicalKeys.Signature] = "s" } };

        var output = Codec.EncodeAnswer(new ChatResponse(new ChatMessage(ChatRole.Assistant, [new TextContent("{}"), signed])))
            .GetProperty("output");

        var part = Assert.Single(Assert.Single(output.EnumerateArray()).GetProperty("content").EnumerateArray());
        Assert.Equal("{}", part.GetProperty("text").GetString());
    }

    [Theory]
    [InlineData(",\"store\":true", "resp_1")]
    [InlineData(",\"store\":false", null)]
    [InlineData("", null)]
    [InlineData(",\"previous_response_id\":\"resp_0\"", "resp_1")]
    [InlineData(",\"store\":false,\"previous_response_id\":\"resp_0\"", null)]
    [InlineData(",\"conversation\":{\"id\":\"conv_1\"}", "conv_1")]
    [InlineData(",\"store\":true,\"conversation\":{\"id\":\"conv_1\"}", "conv_1")]
    public void An_answer_that_is_kept_says_what_is_gone_on_from_whole_and_streamed(string more, string? conversation)
    {
        Assert.Equal(conversation, Codec.DecodeAnswer(Codec.Answer(Codec.Message("a"), more: more)).ConversationId);
        var created = Codec.Created.Replace(",\"usage\":null", more, StringComparison.Ordinal);
        var (updates, error, _) = Codec.DecodeStream(Codec.Stream(created, Codec.Completed(Codec.Message("a"), more: more)));
        Assert.Null(error);
        Assert.All(updates, update => Assert.Equal(conversation, update.ConversationId));
        Assert.Equal(conversation, updates.ToChatResponse().ConversationId);
    }

    [Covers("R7")]
    [Fact]
    public void Reasoning_of_other_formats_is_shown_as_a_summary()
    {
        var answer = Codec.EncodeAnswer(
            new ChatResponse(new ChatMessage(ChatRole.Assistant, [new TextReasoningContent("hm"), new TextContent("a")])));
        var output = answer.GetProperty("output");
        Assert.Equal("hm", output[0].GetProperty("summary")[0].GetProperty("text").GetString());
        Assert.Equal("a", output[1].GetProperty("content")[0].GetProperty("text").GetString());
        Assert.False(output[0].TryGetProperty("encrypted_content", out _));
    }

    [Covers("F1", "F2")]
    [Theory]
    [InlineData("completed", "", "stop")]
    [InlineData("incomplete", ",\"incomplete_details\":{\"reason\":\"max_output_tokens\"}", "length")]
    [InlineData("incomplete", ",\"incomplete_details\":{\"reason\":\"content_filter\"}", "content_filter")]
    [InlineData("incomplete", ",\"incomplete_details\":{\"reason\":\"weather\"}", "length")]
    [InlineData("incomplete", "", "length")]
    public void A_status_is_a_finish_reason_in_a_whole_answer_and_in_a_stream(string status, string more, string finish)
    {
        var whole = Codec.DecodeAnswer(Codec.Answer(Codec.Message("a"), status, more));
        Assert.Equal(finish, whole.FinishReason!.Value.Value);
        var (updates, error, _) = Codec.DecodeStream(Codec.Stream(
            Codec.Created, """{"type":"response.output_text.delta","item_id":"msg_1","output_index":0,"content_index":0,"delta":"a"}""",
            Codec.Completed(Codec.Message("a"), status, more)));
        Assert.Null(error);
        Assert.Equal(finish, updates.Select(update => update.FinishReason).Last(reason => reason is not null)!.Value.Value);
        var weather = more.Contains("weather", StringComparison.Ordinal);
        Assert.Equal(
            weather, whole.Messages[0].AdditionalProperties?.ContainsKey(CanonicalKeys.ChoicePrefix + "native_finish_reason") == true);
    }

    [Covers("F1", "F2")]
    [Theory]
    [InlineData("stop", "completed", null)]
    [InlineData("tool_calls", "completed", null)]
    [InlineData("length", "incomplete", "max_output_tokens")]
    [InlineData("content_filter", "incomplete", "content_filter")]
    [InlineData("eos", "completed", null)]
    public void A_finish_reason_is_a_status_in_a_whole_answer_and_in_a_stream(string finish, string status, string? reason)
    {
        var given = new ChatFinishReason(finish);
        var whole = Codec.EncodeAnswer(new ChatResponse(new ChatMessage(ChatRole.Assistant, "a")) { FinishReason = given });
        var streamed = Codec.AssertGrammar(
            Codec.EncodeStream([new ChatResponseUpdate(ChatRole.Assistant, "a") { FinishReason = given }])).Response!.Value;
        foreach (var response in new[] { whole, streamed })
        {
            Assert.Equal(status, response.GetProperty("status").GetString());
            Assert.Equal(reason, reason is null ? null : response.GetProperty("incomplete_details").GetProperty("reason").GetString());
            Assert.Equal(status, response.GetProperty("output")[0].GetProperty("status").GetString());
        }
    }

    [Covers("F2")]
    [Fact]
    public void A_refusal_stays_a_refusal()
    {
        var response = Codec.DecodeAnswer(
            Codec.Answer("""{"type":"message","id":"m","role":"assistant","content":[{"type":"refusal","refusal":"no"}]}"""));
        Assert.Equal(
            "no",
            Codec.EncodeAnswer(response, dialect: Codec.Chat).GetProperty("choices")[0].GetProperty("message").GetProperty("refusal")
                .GetString());
        Assert.Equal(
            """{"type":"refusal","refusal":"no"}""",
            Codec.EncodeAnswer(response).GetProperty("output")[0].GetProperty("content")[0].GetRawText());
    }

    [Fact]
    public void Citations_and_log_probabilities_pass_both_ways()
    {
        const string part = """{"type":"output_text","text":"a","annotations":[{"type":"url_citation","start_index":0,"end_index":1,"url":"https://e.org/","title":"t"},{"type":"file_citation","file_id":"f","filename":"n","index":0}],"logprobs":[{"token":"a","logprob":-0.5,"bytes":[97],"top_logprobs":[]}]}""";
        var response = Codec.DecodeAnswer(Codec.Answer("""{"type":"message","id":"m","role":"assistant","content":[""" + part + "]}"));
        var choice = Codec.EncodeAnswer(response, dialect: Codec.Chat).GetProperty("choices")[0];
        Assert.Equal(
            "https://e.org/",
            choice.GetProperty("message").GetProperty("annotations")[0].GetProperty("url_citation").GetProperty("url").GetString());
        Assert.Equal(-0.5, choice.GetProperty("logprobs").GetProperty("content")[0].GetProperty("logprob").GetDouble());
        Assert.Empty(
            JsonDiff.Compare(JsonElement.Parse(part), Codec.EncodeAnswer(response).GetProperty("output")[0].GetProperty("content")[0]));
    }

    [Fact]
    public void Ids_are_made_of_the_answers_own_and_are_the_same_each_time()
    {
        var response = new ChatResponse(new ChatMessage(
            ChatRole.Assistant,
            [new TextReasoningContent("r"), new TextContent("a"), new FunctionCallContent("c1", "f"), new FunctionCallContent("c2", "g")]))
        {
            ResponseId = "chatcmpl-abc",
        };
        var answer = Codec.EncodeAnswer(response);
        Assert.Equal("resp_abc", answer.GetProperty("id").GetString());
        Assert.Equal(
            ["rs_made_abc00", "msg_abc01", "fc_abc02", "fc_abc03"],
            answer.GetProperty("output").EnumerateArray().Select(item => item.GetProperty("id").GetString()));
        Assert.All(
            answer.GetProperty("output").EnumerateArray(), item => Assert.Equal("completed", item.GetProperty("status").GetString()));
        Assert.Equal(answer.GetRawText(), Codec.EncodeAnswer(response).GetRawText());
        Assert.Equal(
            "resp_0011223344556677",
            Codec.EncodeAnswer(new ChatResponse(new ChatMessage(ChatRole.Assistant, "a"))).GetProperty("id").GetString());
    }

    [Fact]
    public void An_answer_repeats_what_was_asked()
    {
        var request = Codec.Decode("""{"model":"m","input":"x","instructions":"i","metadata":{"a":"b"},"temperature":0.5,"tools":[{"type":"function","name":"f","parameters":{},"strict":true}],"tool_choice":"required","reasoning":{"effort":"low","summary":"auto"},"text":{"format":{"type":"json_object"}}}""");
        var answer = Codec.EncodeAnswer(new ChatResponse(new ChatMessage(ChatRole.Assistant, "a")), Codec.Context(request));
        foreach (var name in new[] { "instructions", "metadata", "temperature", "tools", "tool_choice", "reasoning", "text" })
            Assert.Empty(JsonDiff.Compare(JsonElement.Parse("""{"instructions":"i","metadata":{"a":"b"},"temperature":0.5,"tools":[{"type":"function","name":"f","parameters":{},"strict":true}],"tool_choice":"required","reasoning":{"effort":"low","summary":"auto"},"text":{"format":{"type":"json_object"}}}""").GetProperty(name), answer.GetProperty(name)));
    }

    [Covers("U5")]
    [Fact]
    public void No_count_is_ever_null()
    {
        var answer = Codec.EncodeAnswer(
            new ChatResponse(new ChatMessage(ChatRole.Assistant, "a")) { Usage = new UsageDetails { InputTokenCount = 3 } });
        Assert.Equal("""{"input_tokens":3,"input_tokens_details":{"cached_tokens":0},"output_tokens":0,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":3}""", answer.GetProperty("usage").GetRawText());
        var read = Codec.DecodeAnswer(
            Codec.Answer(Codec.Message("a")).Replace("\"cached_tokens\":2", "\"cached_tokens\":null", StringComparison.Ordinal));
        Assert.DoesNotContain("null", Codec.EncodeAnswer(read).GetProperty("usage").GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_finished_answer_has_counts_although_the_provider_gave_none()
    {
        const string Zeros = """{"input_tokens":0,"input_tokens_details":{"cached_tokens":0},"output_tokens":0,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":0}""";
        var answer = new ChatResponse(new ChatMessage(ChatRole.Assistant, "a"));
        Assert.Equal(Zeros, Codec.EncodeAnswer(answer).GetProperty("usage").GetRawText());
        answer.FinishReason = ChatFinishReason.Length;
        Assert.Equal(Zeros, Codec.EncodeAnswer(answer).GetProperty("usage").GetRawText());

        var streamed = Codec.AssertGrammar(Codec.EncodeStream([new ChatResponseUpdate(ChatRole.Assistant, "a")]));
        Assert.Equal(Zeros, streamed.Response!.Value.GetProperty("usage").GetRawText());
        var broken = Codec.EncodeStream(
            [new ChatResponseUpdate(ChatRole.Assistant, "a")], new CallError(CallErrorKind.StreamInterrupted, "It broke off."));
        Assert.Contains("\"status\":\"failed\"", broken, StringComparison.Ordinal);
        Assert.DoesNotContain(Zeros, broken, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("context_length_exceeded", "response.failed")]
    [InlineData("server_error", "error")]
    public void A_stream_without_an_answer_says_as_a_failed_one_that_the_conversation_is_too_long(string code, string terminal)
    {
        var stream = Codec.EncodeStream([], new CallError(CallErrorKind.UpstreamRejected, "It is too long.") { Code = code });

        var grammar = Codec.AssertGrammar(stream);
        Assert.Equal(terminal, grammar.Terminal);
        Assert.Contains($"\"code\":\"{code}\"", stream, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("server_error", CallErrorKind.UpstreamUnavailable)]
    [InlineData("rate_limit_exceeded", CallErrorKind.UpstreamRateLimited)]
    [InlineData("invalid_prompt", CallErrorKind.UpstreamRejected)]
    [InlineData("image_too_large", CallErrorKind.UpstreamRejected)]
    [InlineData("vector_store_timeout", CallErrorKind.UpstreamTimeout)]
    public void An_answer_that_failed_is_an_error(string code, CallErrorKind kind)
    {
        var body = Codec.Answer("", "failed", $$""","error":{"code":"{{code}}","message":"It broke."}""");
        var error = Assert.Throws<CallException>(() => Codec.DecodeAnswer(body)).Error;
        Assert.Equal((kind, "It broke."), (error.Kind, error.Message));
        if (kind == CallErrorKind.UpstreamRejected)
            Assert.Equal(code, error.Code);
    }

    [Theory]
    [InlineData("""{"id":"r","status":"completed","output":[]}""")]
    [InlineData("""{"id":"r","output":[{"type":"message","role":"assistant","content":[]}]}""")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("not json")]
    [InlineData("""{"output":[{"type":"function_call"}]}""")]
    [InlineData("""{"output":[5]}""")]
    public void What_is_no_answer_is_the_providers_fault(string body) =>
        Assert.Equal(CallErrorKind.UpstreamUnavailable, Assert.Throws<CallException>(() => Codec.DecodeAnswer(body)).Error.Kind);

    [Covers("C5")]
    [Theory]
    [InlineData(
        400, """{"error":{"message":"m","type":"invalid_request_error","param":"input","code":"x"}}""", CallErrorKind.UpstreamRejected,
        "m")]
    [InlineData(400, """{"code":"invalid-argument","error":"Bad thing."}""", CallErrorKind.UpstreamRejected, "Bad thing.")]
    [InlineData(
        400, """{"code":"invalid-argument","error":"Incorrect API key provided. See x."}""", CallErrorKind.UpstreamAuthenticationFailed,
        "acme authentication failed")]
    [InlineData(401, """{"error":{"message":"no"}}""", CallErrorKind.UpstreamAuthenticationFailed, "acme authentication failed")]
    [InlineData(
        403, """{"error":{"code":403,"message":"flagged","metadata":{"reasons":["violence"]}}}""", CallErrorKind.UpstreamRejected,
        "flagged")]
    [InlineData(429, """{"error":{"message":"slow"}}""", CallErrorKind.UpstreamRateLimited, "slow")]
    [InlineData(
        500, """<html>oops</html>""", CallErrorKind.UpstreamUnavailable, "acme answered 500 with a body that is not an error of its API")]
    [InlineData(422, """{"detail":[{"loc":["body"],"msg":"field required"}]}""", CallErrorKind.UpstreamRejected, "field required")]
    [InlineData(503, "", CallErrorKind.UpstreamUnavailable, "acme answered 503 with a body that is not an error of its API")]
    public void Errors_of_every_family_are_read(int status, string body, CallErrorKind kind, string message)
    {
        var error = Codec.Dialect.DecodeError(status, Encoding.UTF8.GetBytes(body), Codec.Target);
        Assert.Equal((kind, message), (error.Kind, error.Message));
    }

    [Covers("C5")]
    [Fact]
    public void Errors_are_written_in_the_clients_shape()
    {
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        Codec.Dialect.EncodeError(new CallError(CallErrorKind.InvalidRequest, "Bad.") { Param = "input" }, output);
        Assert.Equal(
            """{"error":{"message":"Bad.","type":"invalid_request_error","param":"input","code":"invalid_request"}}""",
            Encoding.UTF8.GetString(output.WrittenSpan));
        output.Clear();
        Codec.Dialect.EncodeStreamError(new CallError(CallErrorKind.StreamInterrupted, "Cut."), output);
        Assert.Equal(
            "event: error\n"
            + """data: {"type":"error","sequence_number":0,"code":"stream_interrupted","message":"Cut.","param":null"""
            + ""","error":{"message":"Cut.","type":"server_error","param":null,"code":"stream_interrupted"}}""" + "\n\n",
            Encoding.UTF8.GetString(output.WrittenSpan));
    }
}
