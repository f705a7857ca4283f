using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Dialects.BedrockConverse;

/// <summary>Whole answers, embeddings and errors.</summary>
public sealed class AnswerTests
{
    [Covers("M5")]
    [Fact]
    public void Every_block_of_text_is_there()
    {
        var answer = Wire.DecodeAnswer(Answer("""{"text":"a"},{"text":"b"},{"citationsContent":{"content":[{"text":"c"}]}}"""));
        Assert.Equal("abc", answer.Text);
        Assert.Equal(ChatFinishReason.Stop, answer.FinishReason);
    }

    [Covers("R7")]
    [Fact]
    public void Reasoning_is_kept_with_its_signature()
    {
        var answer = Wire.DecodeAnswer(Answer("""{"reasoningContent":{"reasoningText":{"text":"hm","signature":"s"}}},{"reasoningContent":{"redactedContent":"eA=="}},{"text":"a"}"""));
        var reasoning = answer.Messages[0].Contents.OfType<TextReasoningContent>().ToList();
        Assert.Equal(("hm", "s"), (reasoning[0].Text, reasoning[0].ProtectedData));
        Assert.Equal("bedrock-converse", reasoning[0].AdditionalProperties![CanonicalKeys.ReasoningOrigin]);
        Assert.Equal("eA==", reasoning[1].ProtectedData);
        Assert.Equal(true, reasoning[1].AdditionalProperties![CanonicalKeys.RedactedReasoning]);
    }

    [Covers("F1", "F2")]
    [Theory]
    [InlineData("end_turn", "stop", false)]
    [InlineData("stop_sequence", "stop", false)]
    [InlineData("max_tokens", "length", false)]
    [InlineData("model_context_window_exceeded", "length", true)]
    [InlineData("tool_use", "tool_calls", false)]
    // A client that reads tool_calls waits for a call.
    [InlineData("tool_use", "stop", false, false)]
    [InlineData("guardrail_intervened", "content_filter", true)]
    [InlineData("content_filtered", "content_filter", false)]
    [InlineData("something_new", "stop", true)]
    public void Every_reason_has_a_canonical_word_whole_and_streamed(string wire, string expected, bool keepsNative, bool calls = true)
    {
        var call = calls && wire == "tool_use";
        var answer = Wire.DecodeAnswer(Answer(
            """{"text":"a"}""" + (call ? """,{"toolUse":{"toolUseId":"t1","name":"f","input":{}}}""" : ""), wire));
        Assert.Equal(expected, answer.FinishReason!.Value.Value);
        Assert.Equal(keepsNative, answer.Messages[0].AdditionalProperties?.ContainsKey("choice:native_finish_reason") == true);
        var (updates, error) = Wire.DecodeStream(Wire.Stream(
            Wire.Event("messageStart", """{"role":"assistant"}"""),
            Wire.Event("contentBlockDelta", """{"contentBlockIndex":0,"delta":{"text":"a"}}"""),
            call ? Wire.Event("contentBlockStart", """{"contentBlockIndex":1,"start":{"toolUse":{"toolUseId":"t1","name":"f"}}}""") : [],
            call ? Wire.Event("contentBlockStop", """{"contentBlockIndex":1}""") : [],
            Wire.Event("messageStop", $$"""{"stopReason":"{{wire}}"}""")));
        Assert.Null(error);
        Assert.Equal(expected, updates[^1].FinishReason!.Value.Value);
        Assert.Equal(keepsNative, updates[^1].AdditionalProperties?.ContainsKey("choice:native_finish_reason") == true);
    }

    [Covers("F1")]
    [Theory]
    [InlineData("malformed_model_output")]
    [InlineData("malformed_tool_use")]
    public void An_answer_the_model_spoilt_is_an_error_whole_and_streamed(string wire)
    {
        Assert.Equal(
            CallErrorKind.UpstreamUnavailable,
            Assert.Throws<CallException>(() => Wire.DecodeAnswer(Answer("""{"text":"a"}""", wire))).Error.Kind);
        var (_, error) = Wire.DecodeStream(Wire.Event("messageStop", $$"""{"stopReason":"{{wire}}"}"""));
        Assert.Equal(CallErrorKind.UpstreamUnavailable, error!.Kind);
    }

    [Fact]
    public void The_stop_sequence_that_ended_the_answer_is_reported()
    {
        var body = """{"output":{"message":{"content":[{"text":"a"}]}},"stopReason":"stop_sequence","additionalModelResponseFields":{"stop_sequence":"END"},"serviceTier":{"type":"flex"}}""";
        var answer = Wire.DecodeAnswer(body);
        Assert.Equal("END", answer.Messages[0].AdditionalProperties![CanonicalKeys.StopSequence]);
        Assert.Equal("flex", ((JsonElement)answer.AdditionalProperties!["service_tier"]!).GetString());
    }

    [Covers("U1", "U4", "U5")]
    [Theory]
    [InlineData(
        """{"inputTokens":10,"outputTokens":4,"totalTokens":7365,"cacheReadInputTokens":7351,"cacheWriteInputTokens":0}""", 7361, 4, 7351,
        0)]
    [InlineData("""{"inputTokens":10,"outputTokens":4,"cacheReadInputTokenCount":5,"cacheWriteInputTokenCount":6}""", 21, 4, 5, 6)]
    [InlineData("""{"inputTokens":10,"outputTokens":4,"cacheReadInputTokens":null}""", 10, 4, null, null)]
    [InlineData("""{"inputTokens":-1,"outputTokens":4e300}""", null, null, null, null)]
    public void Input_includes_what_came_from_and_went_to_the_cache(string usage, int? input, int? output, int? read, int? written)
    {
        var body = $$$$$$"""{"output":{"message":{"content":[{"text":"a"}]}},"stopReason":"end_turn","usage":{{{{{{usage}}}}}}}""";
        var expected = new TokenUsage { Input = input, Output = output, CacheRead = read, CacheWrite = written };
        Assert.Equal(expected, TokenUsage.From(Wire.DecodeAnswer(body).Usage));
        var probe = Wire.Dialect.CreateProbe(CallOperation.Chat);
        Assert.True(probe.ObserveBody(Encoding.UTF8.GetBytes(body)));
        Assert.Equal(expected, probe.Usage);
        // The same from a stream, in which usage is last.
        var decoder = Wire.Dialect.CreateStreamDecoder(CallOperation.Chat);
        Wire.ReadFrames(Wire.Event("metadata", $$"""{"usage":{{usage}}}"""), [], frame => decoder.Decode(frame, []) is null);
        Assert.Equal(expected, decoder.Usage);
    }

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"output":{"message":{"content":[]}},"stopReason":"end_turn"}""")]
    [InlineData("""{"output":{"message":{"content":[{"text":" "}]}},"stopReason":"end_turn"}""")]
    public void An_answer_that_says_nothing_is_an_error(string body) =>
        Assert.Equal("Provider returned an empty response", Assert.Throws<CallException>(() => Wire.DecodeAnswer(body)).Error.Message);

    [Covers("E4")]
    [Fact]
    public void An_error_in_a_body_that_came_with_200_is_an_error()
    {
        var error = Assert.Throws<CallException>(
            () => Wire.DecodeAnswer("""{"__type":"com.amazon.coral.service#ThrottlingException","message":"slow down"}""")).Error;
        Assert.Equal(CallErrorKind.UpstreamRateLimited, error.Kind);
        Assert.Equal("slow down", error.Message);
    }

    [Covers("S001-51", "E10")]
    [Theory]
    [InlineData(400, """{"message":"The provided model identifier is invalid."}""", CallErrorKind.UpstreamRejected, "model_not_found")]
    [InlineData(
        400, """{"message":"The model returned the following errors: Input Tokens Exceeded: 5"}""", CallErrorKind.UpstreamRejected,
        "context_length_exceeded")]
    [InlineData(
        403, """{"message":"The security token included in the request is invalid."}""", CallErrorKind.UpstreamAuthenticationFailed, null)]
    [InlineData(400, """{"__type":"UnrecognizedClientException","message":"x"}""", CallErrorKind.UpstreamAuthenticationFailed, null)]
    [InlineData(404, """{"message":"no"}""", CallErrorKind.UpstreamRejected, null)]
    [InlineData(408, """{"message":"slow"}""", CallErrorKind.UpstreamTimeout, null)]
    [InlineData(424, """{"message":"the model failed"}""", CallErrorKind.UpstreamUnavailable, null)]
    [InlineData(429, """{"Message":"Too many requests"}""", CallErrorKind.UpstreamRateLimited, null)]
    [InlineData(400, """{"__type":"com.amazon#ThrottlingException:http://x/","message":"m"}""", CallErrorKind.UpstreamRateLimited, null)]
    [InlineData(503, "<html>no</html>", CallErrorKind.UpstreamUnavailable, null)]
    [InlineData(500, "", CallErrorKind.UpstreamUnavailable, null)]
    public void An_error_keeps_its_status_and_what_it_means(int status, string body, CallErrorKind kind, string? code)
    {
        var error = Wire.Dialect.DecodeError(status, Encoding.UTF8.GetBytes(body), Wire.Claude);
        Assert.Equal(kind, error.Kind);
        Assert.Equal(code, error.Code);
        Assert.Equal(status, error.UpstreamStatus);
        Assert.Equal("bedrock", error.Provider);
    }

    [Covers("S001-107")]
    [Fact]
    public void Titan_embeds_one_text_and_cohere_several()
    {
        var titan = Wire.Target("amazon.titan-embed-text-v2:0");
        var cohere = Wire.Target("cohere.embed-english-v3");
        Wire.AssertJson(
            """{"inputText":"a","dimensions":256}""",
            Wire.Translate("""{"model":"m","input":"a","dimensions":256}""", out var losses, titan, CallOperation.Embedding));
        Assert.Empty(losses);
        Wire.AssertJson(
            """{"texts":["a","b"],"input_type":"search_query"}""",
            Wire.Translate(
                """{"model":"m","input":["a","b"],"input_type":"search_query","user":"u"}""", out losses, cohere, CallOperation.Embedding));
        Assert.Equal(["user"], losses);
        var error = Wire.Refusal("""{"model":"m","input":["a","b"]}""", titan, CallOperation.Embedding);
        Assert.Contains("one text a request", error.Message, StringComparison.Ordinal);
        Assert.Equal("input", error.Param);
        Wire.Refusal("""{"model":"m","input":[1,2]}""", titan, CallOperation.Embedding);
        Wire.Refusal("""{"model":"m","input":"a"}""", Wire.Claude, CallOperation.Embedding);
        Wire.Translate(
            """{"model":"m","input":"a","dimensions":256}""", out losses, Wire.Target("amazon.titan-embed-text-v1"),
            CallOperation.Embedding);
        Assert.Equal(["dimensions"], losses);
    }

    [Theory]
    [InlineData("input_type", "query", "search_query")]
    [InlineData("input_type", "passage", "search_document")]
    [InlineData("input_type", "document", "search_document")]
    [InlineData("input_type", "classification", "classification")]
    [InlineData("cohere:input_type", "clustering", "clustering")]
    [InlineData("bedrock-converse:input_type", "clustering", "clustering")]
    [InlineData("truncate", null, "search_document")]
    public void What_texts_are_for_is_said_in_the_models_words(string name, string? value, string expected)
    {
        var options = new EmbeddingGenerationOptions { AdditionalProperties = new() { [name] = JsonSerializer.SerializeToElement(value) } };
        var written = Wire.Encode(
            new CanonicalEmbeddingRequest([new EmbeddingInput("a")], options), out var losses, Wire.Target("cohere.embed-english-v3"));
        Wire.AssertJson($$"""{"texts":["a"],"input_type":"{{expected}}"}""", written);
        Assert.Empty(losses);
    }

    [Theory]
    [InlineData("""{"embedding":[1,0.5],"inputTextTokenCount":3}""", 1, 3)]
    [InlineData("""{"embeddings":[[1,0.5],[0,1]],"response_type":"embeddings_floats"}""", 2, null)]
    [InlineData("""{"embeddings":{"float":[[1,0.5],[0,1]]},"response_type":"embeddings_by_type"}""", 2, null)]
    public void Embeddings_are_read_in_both_shapes(string body, int count, int? tokens)
    {
        var answer = (CanonicalEmbeddingAnswer)Wire.Dialect.DecodeAnswer(CallOperation.Embedding, Encoding.UTF8.GetBytes(body));
        Assert.Equal(count, answer.Embeddings.Count);
        Assert.Equal([1f, 0.5f], answer.Embeddings[0].Vector.ToArray());
        Assert.Equal(tokens, (int?)answer.Usage.Input);
    }

    private static string Answer(string content, string stop = "end_turn") =>
        $$$$$$"""{"output":{"message":{"role":"assistant","content":[{{{{{{content}}}}}}]}},"stopReason":"{{{{{{stop}}}}}}","usage":{"inputTokens":1,"outputTokens":2}}""";
}
