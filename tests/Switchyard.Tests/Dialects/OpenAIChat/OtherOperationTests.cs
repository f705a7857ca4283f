using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Targets;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Dialects.OpenAIChat;

/// <summary>Embeddings, legacy completions, moderations.</summary>
public sealed class OtherOperationTests
{
    [Covers("M11")]
    [Theory]
    [InlineData("""{"model":"upstream-model","input":"a"}""")]
    [InlineData("""{"model":"upstream-model","input":["a","b"],"dimensions":8,"user":"u"}""")]
    [InlineData("""{"model":"upstream-model","input":[1,2,3]}""")]
    [InlineData("""{"model":"upstream-model","input":[[1,2],[3]],"encoding_format":"base64","truncate":true}""")]
    public void Every_form_of_embedding_input_survives(string body) => Assert.Empty(JsonDiff.Compare(
        JsonDiff.Parse(Encoding.UTF8.GetBytes(body)), Codec.Translate(body, operation: CallOperation.Embedding)));

    [Covers("M11")]
    [Fact]
    public void An_encoding_format_that_was_not_requested_is_not_sent()
    {
        foreach (var format in new[] { "null", "\"float\"" })
            Assert.False(
                Codec.Translate($$"""{"model":"m","input":"a","encoding_format":{{format}}}""", operation: CallOperation.Embedding)
                    .TryGetProperty("encoding_format", out _));
    }

    [Theory]
    [InlineData("""{"model":"m"}""", "input")]
    [InlineData("""{"model":"m","input":5}""", "input")]
    [InlineData("""{"model":"m","input":[]}""", "input")]
    [InlineData("""{"model":"m","input":["a",5]}""", "input[1]")]
    [InlineData("""{"model":"m","input":[1,"a"]}""", "input[1]")]
    [InlineData("""{"model":"m","input":"a","dimensions":0}""", "dimensions")]
    [InlineData("""{"model":"m","input":"a","encoding_format":"hex"}""", "encoding_format")]
    public void A_wrong_embedding_request_is_named(string body, string param) => Assert.Equal(
        param, Assert.Throws<CallException>(() => Codec.Translate(body, operation: CallOperation.Embedding)).Error.Param);

    [Theory]
    [InlineData("[0.5,-1.25]")]
    [InlineData("\"AAAAPwAAoL8=\"")]
    public void Vectors_are_read_and_written_as_numbers_or_as_base64(string vector)
    {
        var answer = Codec.Dialect.DecodeAnswer(CallOperation.Embedding, Encoding.UTF8.GetBytes(
            $$$"""{"object":"list","data":[{"object":"embedding","index":0,"embedding":{{{vector}}}}],"model":"e","usage":{"prompt_tokens":5,"total_tokens":5}}"""));
        Assert.Equal([0.5f, -1.25f], ((CanonicalEmbeddingAnswer)answer).Embeddings[0].Vector.ToArray());
        foreach (var base64 in new[] { false, true })
        {
            var output = new ArrayBufferWriter<byte>();
            Codec.Dialect.EncodeAnswer(
                answer, Codec.Context(operation: CallOperation.Embedding) with { Base64Embeddings = base64 }, output);
            Assert.Equal(
                base64
                    ? """{"object":"list","data":[{"object":"embedding","index":0,"embedding":"AAAAPwAAoL8="}],"model":"e","usage":{"prompt_tokens":5,"total_tokens":5}}"""
                    : """{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.5,-1.25]}],"model":"e","usage":{"prompt_tokens":5,"total_tokens":5}}""",
                Encoding.UTF8.GetString(output.WrittenSpan));
        }
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"data":[{"embedding":"not base64!"}]}""")]
    [InlineData("""{"data":[{"embedding":["x"]}]}""")]
    [InlineData("""{"data":[{}]}""")]
    [InlineData("""{"data":[5]}""")]
    public void An_answer_without_vectors_is_the_providers_fault(string body) => Assert.Equal(
        CallErrorKind.UpstreamUnavailable,
        Assert.Throws<CallException>(() => Codec.Dialect.DecodeAnswer(CallOperation.Embedding, Encoding.UTF8.GetBytes(body))).Error.Kind);

    [Covers("M11")]
    [Fact]
    public void Recorded_base64_is_the_same_vector_both_ways()
    {
        Assert.SkipUnless(TestKit.Cassettes.Available, TestKit.Cassettes.Missing);
        var recorded = TestKit.Cassettes.Read("openai").Single(exchange => exchange.Feature == "embeddings-base64");
        var answer = (CanonicalEmbeddingAnswer)Codec.Dialect.DecodeAnswer(CallOperation.Embedding, recorded.Answer);
        Assert.Equal(1536, answer.Embeddings[0].Vector.Length);

        var output = new ArrayBufferWriter<byte>();
        Codec.Dialect.EncodeAnswer(answer, Codec.Context(operation: CallOperation.Embedding) with { Base64Embeddings = true }, output);
        var (sent, written) = (JsonDiff.Parse(recorded.Answer), JsonDiff.Parse(output.WrittenSpan));
        Assert.Equal(
            sent.GetProperty("data")[0].GetProperty("embedding").GetString(),
            written.GetProperty("data")[0].GetProperty("embedding").GetString());
        Assert.Empty(JsonDiff.Compare(
            JsonDiff.Parse(recorded.Request),
            Codec.Translate(
                Encoding.UTF8.GetString(recorded.Request), Codec.Target with { Model = "text-embedding-3-small" },
                CallOperation.Embedding)));
    }

    [Covers("M11")]
    [Theory]
    [InlineData("null")]
    [InlineData("\"base64\"")]
    public void A_format_the_provider_does_not_know_is_not_sent_whatever_it_says(string format)
    {
        var target = Codec.With(new ProviderQuirks { UnsupportedParams = ["encoding_format"] });
        var body = $$"""{"model":"m","input":"a","encoding_format":{{format}}}""";
        // Null has no effect, so it is cut out and the rest is forwarded.
        Assert.Equal(
            format == "null" ? """{"model":"upstream-model","input":"a"}""" : null, Codec.Forward(body, target, CallOperation.Embedding));
        Assert.Equal("""{"model":"upstream-model","input":"a"}""", Codec.Translate(body, target, CallOperation.Embedding).GetRawText());
    }

    [Fact]
    public void Vectors_are_put_in_the_order_of_their_indexes()
    {
        var answer = (CanonicalEmbeddingAnswer)Codec.Dialect.DecodeAnswer(CallOperation.Embedding,
            """{"data":[{"index":1,"embedding":[1]},{"index":0,"embedding":[0]},{"index":0,"embedding":[2]}]}"""u8.ToArray());
        Assert.Equal([0f, 1f, 2f], answer.Embeddings.Select(embedding => embedding.Vector.Span[0]));
    }

    /// <summary>A search for a free place that begins anew for each vector would take hours.</summary>
    [Fact]
    public void Hundreds_of_thousands_of_vectors_under_wrong_indexes_are_put_in_place_in_one_pass()
    {
        const int Half = 400_000;
        var body = new StringBuilder("{\"data\":[");
        for (var i = 0; i < Half; i++)
            body.Append($"{{\"index\":{Half + i},\"embedding\":[1]}},");
        body.Append(string.Join(',', Enumerable.Repeat("{\"embedding\":[2]}", Half))).Append("]}");

        var answer = (CanonicalEmbeddingAnswer)Codec.Dialect.DecodeAnswer(
            CallOperation.Embedding, Encoding.UTF8.GetBytes(body.ToString()));

        Assert.All(answer.Embeddings.Take(Half), embedding => Assert.Equal(2, embedding.Vector.Span[0]));
        Assert.All(answer.Embeddings.Skip(Half), embedding => Assert.Equal(1, embedding.Vector.Span[0]));
    }

    [Theory]
    [InlineData("\"Once\"")]
    [InlineData("[\"Once\"]")]
    public void A_legacy_completion_is_a_chat_of_one_user_message(string prompt)
    {
        var body = $$"""{"model":"m","prompt":{{prompt}},"suffix":"end","echo":true,"best_of":2,"logprobs":3,"max_tokens":7}""";
        var request = Codec.DecodeRequest(body, CallOperation.Completion);
        Assert.Equal("Once", Assert.Single(request.Messages).Text);
        Assert.Equal(ChatRole.User, request.Messages[0].Role);
        var written = Codec.Translate(body, operation: CallOperation.Completion);
        Assert.Equal("Once", written.GetProperty("prompt").GetString());
        Assert.Equal(3, written.GetProperty("logprobs").GetInt32());
        Assert.False(written.TryGetProperty("messages", out _));
    }

    [Theory]
    [InlineData("[\"a\",\"b\"]")]
    [InlineData("[1,2]")]
    [InlineData("5")]
    public void A_prompt_that_is_not_one_text_can_only_be_forwarded(string prompt)
    {
        var body = $$"""{"model":"m","prompt":{{prompt}}}""";
        Assert.Equal("prompt", Assert.Throws<CallException>(() => Codec.DecodeRequest(body, CallOperation.Completion)).Error.Param);
        Assert.Contains(prompt, Codec.Forward(body, operation: CallOperation.Completion), StringComparison.Ordinal);
    }

    [Fact]
    public void A_legacy_answer_survives()
    {
        const string body = """{"id":"cmpl-1","object":"text_completion","created":1790000000,"model":"m","choices":[{"text":" upon","index":0,"logprobs":{"tokens":[" upon"],"token_logprobs":[-1],"top_logprobs":null,"text_offset":[0]},"finish_reason":"length"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}""";
        var response = Codec.DecodeAnswer(body, CallOperation.Completion);
        Assert.Equal(" upon", response.Text);
        Assert.Empty(JsonDiff.Compare(
            JsonDiff.Parse(Encoding.UTF8.GetBytes(body)),
            Codec.EncodeAnswer(response, Codec.Context(operation: CallOperation.Completion))));
    }

    [Fact]
    public void A_moderation_cannot_be_translated_and_says_so()
    {
        var error = Assert.Throws<CallException>(() => Codec.Dialect.DecodeRequest(
            new CallEnvelope { Operation = CallOperation.Moderation, Model = "" }, "{}"u8.ToArray())).Error;
        Assert.Equal(CallErrorKind.InvalidRequest, error.Kind);
        Assert.Contains("moderations", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_operation_has_its_path() => Assert.Equal(
        [
            "/chat/completions", "/completions", "/embeddings", "/moderations", "/rerank", "/images/generations", "/images/edits",
            "/audio/speech",
            "/audio/transcriptions", "/audio/translations",
        ],
        Enum.GetValues<CallOperation>().Select(operation => Codec.Dialect.GetPath(operation, Codec.Target, stream: false))
            .OfType<string>());
}
