using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.BuiltIn;
using Switchyard.Dialects.Framing;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.CrossDialect;

/// <summary>An answer whose content reports a failure is an error, in every format, whole or streamed.</summary>
public sealed class FailedAnswerTests
{
    /// <summary>Each format's word for a successful end.</summary>
    private static readonly Dictionary<string, string> s_ends = new()
    {
        ["openai-chat"] = "stop", ["anthropic-messages"] = "end_turn", ["gemini"] = "STOP", ["cohere"] = "COMPLETE", ["ollama"] = "stop",
        ["bedrock-converse"] = "end_turn", ["openai-responses"] = "completed",
    };

    public static TheoryData<string, string> Failures()
    {
        var rows = new TheoryData<string, string>();
        foreach (var id in BuiltInDialects.Set.EgressIds)
        {
            string[] words = id.Value == "openai-responses"
                ? ["failed", "cancelled"]
                : ["error", "insufficient_system_resource", "network_error", "malformed_tool_use"];
            foreach (var word in words)
                rows.Add(id.Value, word);
        }

        rows.Add("gemini", "MALFORMED_FUNCTION_CALL");
        rows.Add("cohere", "ERROR");
        rows.Add("cohere", "TIMEOUT");
        return rows;
    }

    public static TheoryData<string> Formats =>
        [.. BuiltInDialects.Set.EgressIds.Select(id => id.Value).Where(id => id != "openai-responses").Order(StringComparer.Ordinal)];

    [Covers("X4")]
    [Theory, MemberData(nameof(Failures))]
    public void A_finish_reason_that_means_failure_is_an_error(string format, string word)
    {
        var failed = Encoding.UTF8.GetBytes(Ending(ProviderFormat.Of(format).Whole, format, word));
        var thrown = Assert.Throws<CallException>(
            () => BuiltInDialects.Set.Egress(new(format)).DecodeAnswer(CallOperation.Chat, failed));
        Assert.True(thrown.Error.Kind is CallErrorKind.UpstreamUnavailable or CallErrorKind.UpstreamTimeout, thrown.Error.ToString());

        var (updates, error, _) = Decode(format, word);
        Assert.NotNull(error);
        Assert.DoesNotContain(updates, update => update.FinishReason is not null);
    }

    [Covers("X4")]
    [Theory, MemberData(nameof(Formats))]
    public void A_full_context_window_is_length_for_every_client(string format)
    {
        var whole = Encoding.UTF8.GetBytes(Ending(ProviderFormat.Of(format).Whole, format, "model_context_window_exceeded"));
        var answer = (CanonicalChatAnswer)BuiltInDialects.Set.Egress(new(format)).DecodeAnswer(CallOperation.Chat, whole);
        Assert.Equal(ChatFinishReason.Length, answer.Response.FinishReason);
        var (updates, error, _) = Decode(format, "model_context_window_exceeded");
        Assert.Null(error);
        Assert.Equal(ChatFinishReason.Length, updates.Last(update => update.FinishReason is not null).FinishReason);

        foreach (var (client, words) in new[]
        {
            ("openai-chat", new[] { "\"length\"" }), ("gemini", ["\"MAX_TOKENS\""]), ("openai-responses", ["\"max_output_tokens\""]),
            ("anthropic-messages", ["\"max_tokens\"", "\"model_context_window_exceeded\""]),
        })
        {
            var output = new ArrayBufferWriter<byte>();
            var dialect = BuiltInDialects.Set.Ingress(new(client));
            dialect.EncodeAnswer(answer, Context(), output);
            var written = Encoding.UTF8.GetString(output.WrittenSpan);
            Assert.True(words.Any(word => written.Contains(word, StringComparison.Ordinal)), $"{client}: {written}");
        }
    }

    [Covers("X4")]
    [Theory]
    [InlineData("""{"index":0,"message":{"role":"assistant","content":"Hi"},"delta":{"content":"Hi"},"error":{"code":502,"message":"Overloaded"}}""")]
    [InlineData("""{"index":0,"message":{"role":"assistant","content":""},"delta":{},"finish_reason":"error","error":{"code":502,"message":"Overloaded"}}""")]
    [InlineData("""{"index":0,"message":{"role":"assistant","content":"Hi"},"delta":{},"finish_reason":"stop","error":"Overloaded"}""")]
    public void An_error_inside_a_choice_is_an_error(string choice)
    {
        var dialect = BuiltInDialects.Set.Egress(DialectId.OpenAIChat);
        var body = Encoding.UTF8.GetBytes($$"""{"id":"c","choices":[{{choice}}]}""");

        var thrown = Assert.Throws<CallException>(() => dialect.DecodeAnswer(CallOperation.Chat, body));
        Assert.Equal((CallErrorKind.UpstreamUnavailable, "Overloaded"), (thrown.Error.Kind, thrown.Error.Message));

        var updates = new List<ChatResponseUpdate>();
        var error = dialect.CreateStreamDecoder(CallOperation.Chat).Decode(new StreamFrame(default, body), updates);
        Assert.Equal("Overloaded", error?.Message);

        // Forwarded: the probe finds it while the bytes pass.
        var whole = dialect.CreateProbe(CallOperation.Chat);
        Assert.True(whole.ObserveBody(body));
        Assert.Equal("Overloaded", whole.Error?.Message);
        var streamed = dialect.CreateProbe(CallOperation.Chat);
        streamed.Observe(new StreamFrame(default, """{"choices":[{"index":0,"delta":{"content":"Hi"}}]}"""u8));
        Assert.Equal(FrameKind.Failure, streamed.Observe(new StreamFrame(default, body)));
        Assert.Equal("Overloaded", streamed.Error?.Message);
    }

    [Covers("X4")]
    [Theory]
    [InlineData("error")]
    [InlineData("insufficient_system_resource")]
    public void A_forwarded_finish_reason_that_means_failure_is_found(string word)
    {
        var probe = BuiltInDialects.Set.Egress(DialectId.OpenAIChat).CreateProbe(CallOperation.Chat);
        Assert.Equal(FrameKind.Content, probe.Observe(new StreamFrame(default, """{"choices":[{"index":0,"delta":{"content":"Hi"}}]}"""u8)));
        Assert.Equal(FrameKind.Failure, probe.Observe(new StreamFrame(
            default, Encoding.UTF8.GetBytes($$"""{"choices":[{"index":0,"delta":{},"finish_reason":"{{word}}"}]}"""))));
        Assert.Equal(CallErrorKind.UpstreamUnavailable, probe.Error!.Kind);
    }

    private static (List<ChatResponseUpdate> Updates, CallError? Error, TokenUsage Usage) Decode(string format, string word)
    {
        var dialect = BuiltInDialects.Set.Egress(new(format));
        var decoder = dialect.CreateStreamDecoder(CallOperation.Chat);
        var updates = new List<ChatResponseUpdate>();
        var reader = dialect.CreateFrameReader();
        reader.Feed(ProviderFormat.Of(format).Stream);
        while (reader.TryRead(out var frame))
        {
            var data = Encoding.UTF8.GetBytes(Ending(Encoding.UTF8.GetString(frame.Data), format, word));
            if (decoder.Decode(new StreamFrame(frame.EventName, data), updates) is { } error)
                return (updates, error, decoder.Usage);
        }

        return (updates, decoder.Finish(updates), decoder.Usage);
    }

    /// <summary>The same with another end.</summary>
    private static string Ending(string json, string format, string word) =>
        json.Replace($"\"{s_ends[format]}\"", JsonSerializer.Serialize(word), StringComparison.Ordinal);

    private static AnswerContext Context() => new()
    {
        Operation = CallOperation.Chat, Model = "m", Created = DateTimeOffset.UnixEpoch, AnswerId = "chatcmpl-1",
    };
}
