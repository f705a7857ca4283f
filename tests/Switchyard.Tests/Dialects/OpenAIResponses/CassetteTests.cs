using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.Framing;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Dialects.OpenAIResponses;

/// <summary>Every recording of a server that speaks this format, decoded and encoded again.</summary>
public sealed class CassetteTests
{
    [Fact]
    public void Recorded_requests_survive_decoding_and_encoding() => ForEach(_ => true, exchange =>
    {
        var body = Encoding.UTF8.GetString(exchange.Request);
        var sent = JsonElement.Parse(exchange.Request);
        var written = Codec.Again(body, out var losses, Codec.Target with { Model = sent.GetProperty("model").GetString()! });
        Assert.Empty(losses.Fields);
        Assert.Empty(JsonDiff.Compare(Normalise(sent), Normalise(written)));
    });

    [Fact]
    public void Recorded_requests_can_be_given_to_a_provider_that_speaks_chat() => ForEach(_ => true, exchange =>
    {
        var written = Codec.ToChat(Encoding.UTF8.GetString(exchange.Request), out var losses);
        Assert.All(losses.Fields, field => Assert.Equal("include", field));
        Assert.Equal(
            JsonElement.Parse(exchange.Request).GetProperty("input").GetArrayLength(), written.GetProperty("messages").GetArrayLength());
    });

    [Fact]
    public void Forwarding_a_recorded_request_changes_the_model_and_nothing_else() => ForEach(_ => true, exchange =>
    {
        var envelope = Codec.Dialect.ReadEnvelope(new IngressRequest(CallOperation.Chat), exchange.Request);
        var edit = Assert.Single(Codec.Dialect.PlanForward(envelope, exchange.Request, Codec.Target)!.Edits);
        var replaced = Encoding.UTF8.GetString(exchange.Request.AsSpan(edit.Start, edit.Length));
        Assert.Equal(JsonElement.Parse(exchange.Request).GetProperty("model").GetRawText(), replaced);
    });

    [Covers("R1", "R3")]
    [Fact]
    public void Recorded_answers_survive_decoding_and_encoding() =>
        ForEach(exchange => exchange.Status == 200 && !exchange.IsEventStream, exchange =>
        {
            var received = JsonElement.Parse(exchange.Answer);
            var written = Codec.EncodeAnswer(Codec.DecodeAnswer(Encoding.UTF8.GetString(exchange.Answer)));
            Assert.Empty(JsonDiff.Compare(received, written));
        });

    [Fact]
    public void Recorded_answers_reach_a_client_of_chat() =>
        ForEach(exchange => exchange.Status == 200 && !exchange.IsEventStream, exchange =>
        {
            var received = JsonElement.Parse(exchange.Answer);
            var written = Codec.EncodeAnswer(Codec.DecodeAnswer(Encoding.UTF8.GetString(exchange.Answer)), dialect: Codec.Chat);
            var text = received.GetProperty("output").EnumerateArray().Last().GetProperty("content")[0].GetProperty("text").GetString();
            var choice = written.GetProperty("choices")[0];
            Assert.Equal(text, choice.GetProperty("message").GetProperty("content").GetString());
            Assert.Equal("stop", choice.GetProperty("finish_reason").GetString());
            Assert.Equal(
                received.GetProperty("usage").GetProperty("total_tokens").GetInt64(),
                written.GetProperty("usage").GetProperty("total_tokens").GetInt64());
            Assert.False(written.GetProperty("usage").TryGetProperty("input_tokens", out _));
        });

    [Fact]
    public void The_probe_and_the_decoder_read_the_recorded_usage() => ForEach(exchange => exchange.Status == 200, exchange =>
    {
        var probe = Codec.Dialect.CreateProbe(CallOperation.Chat);
        TokenUsage decoded;
        JsonElement usage;
        if (exchange.IsEventStream)
        {
            foreach (var frame in SseFrameReaderTests.Read(exchange.Answer))
                probe.Observe(new StreamFrame(Encoding.UTF8.GetBytes(frame.Event), Encoding.UTF8.GetBytes(frame.Data)));
            Assert.True(probe.SawEnd);
            decoded = Codec.DecodeStream(exchange.Answer).Usage;
            usage = JsonElement.Parse(SseFrameReaderTests.Read(exchange.Answer).Last().Data).GetProperty("response").GetProperty("usage");
        }
        else
        {
            Assert.True(probe.ObserveBody(exchange.Answer));
            decoded = TokenUsage.From(Codec.DecodeAnswer(Encoding.UTF8.GetString(exchange.Answer)).Usage);
            usage = JsonElement.Parse(exchange.Answer).GetProperty("usage");
        }

        Assert.Equal(decoded, probe.Usage);
        Assert.Equal(usage.GetProperty("input_tokens").GetInt64(), decoded.Input);
        Assert.Equal(usage.GetProperty("output_tokens").GetInt64(), decoded.Output);
        Assert.Equal(usage.GetProperty("total_tokens").GetInt64(), decoded.Total);
        Assert.Equal(usage.GetProperty("input_tokens_details").GetProperty("cached_tokens").GetInt64(), decoded.CacheRead);
        Assert.Equal(usage.GetProperty("output_tokens_details").GetProperty("reasoning_tokens").GetInt64(), decoded.Reasoning);
    });

    [Covers("E2", "E9")]
    [Fact]
    public void Recorded_streams_decode_and_encode_into_streams_that_keep_every_rule() =>
        ForEach(exchange => exchange.IsEventStream, exchange =>
        {
            var (updates, error, _) = Codec.DecodeStream(exchange.Answer);
            Assert.Null(error);
            var written = Codec.EncodeStream(updates);
            var grammar = Codec.AssertGrammar(written);
            var sent = JsonElement.Parse(SseFrameReaderTests.Read(exchange.Answer).Last().Data).GetProperty("response");
            Assert.Equal(
                sent.GetProperty("output").EnumerateArray().Select(Said),
                grammar.Response!.Value.GetProperty("output").EnumerateArray().Select(Said));

            for (var at = 0; at < exchange.Answer.Length; at++)
            {
                var cut = Codec.DecodeStream(exchange.Answer, null, at);
                Assert.Null(cut.Error);
                if (at % 97 == 0)
                    Assert.Equal(written, Codec.EncodeStream(cut.Updates));
            }
        });

    [Fact]
    public void Recorded_errors_keep_their_message_and_take_the_right_kind() => ForEach(exchange => exchange.Status >= 400, exchange =>
    {
        var error = Codec.Dialect.DecodeError(exchange.Status, exchange.Answer, Codec.Target);
        if (exchange.Provider == "xai")
        {
            Assert.Equal(CallErrorKind.UpstreamAuthenticationFailed, error.Kind);
            Assert.Equal("acme authentication failed", error.Message);
            return;
        }

        Assert.Equal(CallErrorKind.UpstreamRejected, error.Kind);
        Assert.Equal(("context_length_exceeded", "input"), (error.Code, error.Param));
        Assert.StartsWith("Your input exceeds the context window", error.Message, StringComparison.Ordinal);
    });

    private static string? Said(JsonElement item) =>
        item.GetProperty("type").GetString() + ":" + (item.TryGetProperty("arguments", out var arguments)
            ? item.GetProperty("call_id").GetString() + item.GetProperty("name").GetString() + arguments.GetString()
            : item.GetProperty("content")[0].GetProperty("text").GetString());

    /// <summary>A text may replace its only part; a message may omit its type; false is the default of "stream".</summary>
    private static JsonElement Normalise(JsonElement request)
    {
        var node = JsonNode.Parse(request.GetRawText())!;
        foreach (var item in node["input"]!.AsArray())
        {
            if (item!["type"]?.GetValue<string>() == "message")
                item.AsObject().Remove("type");
            if (item["content"] is JsonArray { Count: 1 } parts && parts[0]!["text"] is { } text)
                item["content"] = text.DeepClone();
        }

        if (node["stream"]?.GetValue<bool>() == false)
            node.AsObject().Remove("stream");
        return JsonElement.Parse(node.ToJsonString());
    }

    private static void ForEach(Func<Exchange, bool> which, Action<Exchange> check)
    {
        if (!Cassettes.Available)
            Assert.Skip(Cassettes.Missing);
        var count = 0;
        foreach (var exchange in Cassettes.Read("openai", "xai")
            .Where(exchange => exchange.Url.AbsolutePath.EndsWith("/responses", StringComparison.Ordinal) && which(exchange)))
        {
            count++;
            check(exchange);
        }

        Assert.True(count > 0, "no recording was found");
    }
}
