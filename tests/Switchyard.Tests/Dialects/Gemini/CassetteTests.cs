using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.Framing;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Dialects.Gemini;

/// <summary>Every recording of a service that speaks this format, decoded and encoded again.</summary>
public sealed class CassetteTests
{
    [Fact]
    public void Recorded_requests_survive_decoding_and_encoding() => ForEach(Chats, exchange =>
    {
        var sent = Single(exchange.Request);
        var target = Codec.Target with { Model = ModelOf(exchange) };
        var written = Codec.Encode(Codec.Decode(sent.GetRawText()), out var losses, target);
        Assert.Empty(losses.Fields);
        Assert.Empty(JsonDiff.Compare(sent, written, "$.generationConfig.candidateCount"));
    });

    [Covers("C4")]
    [Fact]
    public void Recorded_requests_are_forwarded_as_they_are() => ForEach(Chats, exchange =>
    {
        var body = Encoding.UTF8.GetBytes(Single(exchange.Request).GetRawText());
        var envelope = Codec.Dialect.ReadEnvelope(new IngressRequest(CallOperation.Chat) { Model = "m" }, body);
        Assert.Same(ForwardEdits.None, Codec.Dialect.PlanForward(envelope, body, Codec.Target));
    });

    [Fact]
    public void Recorded_answers_survive_decoding_and_encoding() => ForEach(Chats.Where(IsWholeAnswer), exchange =>
    {
        var received = Single(exchange.Answer);
        var written = Codec.EncodeAnswer(Codec.Answer(received.GetRawText()));
        Assert.Empty(JsonDiff.Compare(
            received, written, "$.candidates[].content.parts[].functionCall.id", "$.usageMetadata.promptTokensDetails",
            "$.usageMetadata.serviceTier", "$.usageMetadata.candidatesTokenCount"));
    });

    [Covers("U1")]
    [Fact]
    public void Recorded_usage_is_exact_to_the_token() => ForEach(Chats.Where(exchange => exchange.Status == 200), exchange =>
    {
        var usage = IsWholeAnswer(exchange)
            ? TokenUsage.From(Codec.Answer(Single(exchange.Answer).GetRawText()).Usage)
            : Codec.DecodeStream(exchange.Answer).Usage;
        var wire = LastUsage(exchange);
        Assert.Equal(Count(wire, "promptTokenCount") + Count(wire, "toolUsePromptTokenCount"), usage.Input);
        Assert.Equal(Count(wire, "candidatesTokenCount") + Count(wire, "thoughtsTokenCount"), usage.Output);
        Assert.Equal(Count(wire, "totalTokenCount"), usage.Total);
        Assert.Equal(Count(wire, "thoughtsTokenCount"), usage.Reasoning ?? 0);
    });

    [Covers("E2")]
    [Fact]
    public void Recorded_streams_read_the_same_however_they_are_cut() => ForEach(Streams, exchange =>
    {
        var whole = Summary(Codec.DecodeStream(exchange.Answer).Updates);
        var stride = exchange.Answer.Length > 6000 ? 5 : 1;
        for (var at = 0; at <= exchange.Answer.Length; at += stride)
            Assert.Equal(whole, Summary(Codec.DecodeStream(exchange.Answer, at).Updates));
        Assert.Equal(whole, Summary(Codec.DecodeStream(exchange.Answer, [.. Enumerable.Range(0, exchange.Answer.Length)]).Updates));
    });

    [Fact]
    public void Recorded_streams_decode_and_encode_into_streams_that_keep_every_rule() => ForEach(Streams, exchange =>
    {
        var (updates, error, _) = Codec.DecodeStream(exchange.Answer);
        Assert.Null(error);
        foreach (var form in new[] { null, "array" })
        {
            var written = Codec.EncodeStream(updates, form: form);
            var grammar = Codec.AssertGrammar(written, array: form is not null);
            Assert.Equal(string.Concat(updates.Select(update => update.Text)), grammar.Text.GetValueOrDefault(0, ""));
            Assert.Equal(updates.SelectMany(update => update.Contents).OfType<FunctionCallContent>().Count(), grammar.Calls.Count);
            Assert.NotNull(grammar.Usage);
            if (form is null)
                Assert.Equal(Summary(updates), Summary(Codec.DecodeStream(Encoding.UTF8.GetBytes(written)).Updates));
        }

        var toOpenAI = Codec.EncodeStream(updates, dialect: Codec.OpenAI);
        OpenAIStreamGrammar.Read(Encoding.UTF8.GetBytes(toOpenAI), includeUsage: true, endsWithError: false, out var problems);
        Assert.Empty(problems);
    });

    [Fact]
    public void The_probe_and_the_decoder_agree_on_recorded_answers() =>
        ForEach(Chats.Where(exchange => exchange.Status == 200), exchange =>
        {
            var probe = Codec.Dialect.CreateProbe(CallOperation.Chat);
            if (IsWholeAnswer(exchange))
            {
                Assert.True(probe.ObserveBody(Encoding.UTF8.GetBytes(Single(exchange.Answer).GetRawText())));
                Assert.Equal(TokenUsage.From(Codec.Answer(Single(exchange.Answer).GetRawText()).Usage), probe.Usage);
            }
            else
            {
                foreach (var frame in SseFrameReaderTests.Read(exchange.Answer))
                    Assert.Equal(FrameKind.Content, probe.Observe(new StreamFrame(default, Encoding.UTF8.GetBytes(frame.Data))));
                Assert.Equal(Codec.DecodeStream(exchange.Answer).Usage, probe.Usage);
            }

            Assert.True(probe.SawEnd);
            Assert.Null(probe.Error);
        });

    [Fact]
    public void The_recorded_stream_of_argument_values_gives_a_whole_call() =>
        ForEach(Streams.Where(exchange => exchange.Feature == "stream-partial-args" && exchange.Index == 0), exchange =>
        {
            var call = Assert.Single(
                Codec.DecodeStream(exchange.Answer).Updates.SelectMany(update => update.Contents).OfType<FunctionCallContent>());
            Assert.Equal("customDivide", call.Name);
            Assert.Equal("""{"denominator":2,"numerator":100}""", call.AdditionalProperties![CanonicalKeys.RawArguments]);
            Assert.StartsWith("CiQB", (string)call.AdditionalProperties[CanonicalKeys.Signature]!, StringComparison.Ordinal);
        });

    [Fact]
    public void Recorded_errors_keep_their_message_and_take_the_right_kind() =>
        ForEach(All.Where(exchange => exchange.Status >= 400), exchange =>
        {
            var error = Codec.Dialect.DecodeError(exchange.Status, exchange.Answer, Codec.Target);
            var expected = exchange.Feature switch
            {
                "error-400-key" => CallErrorKind.UpstreamAuthenticationFailed,
                "error-429-quota" => CallErrorKind.UpstreamRateLimited,
                _ => CallErrorKind.UpstreamRejected,
            };
            Assert.Equal(expected, error.Kind);
            Assert.Equal(expected == CallErrorKind.UpstreamRateLimited, error.RetryAfter is { TotalSeconds: > 40 and < 60 });
            Assert.DoesNotContain("not an error of its API", error.Message, StringComparison.Ordinal);
        });

    [Covers("M11")]
    [Fact]
    public void Recorded_embeddings_survive() => ForEach(All.Where(exchange => exchange.Feature == "embeddings"), exchange =>
    {
        var request = Codec.Dialect.DecodeRequest(Codec.Envelope(CallOperation.Embedding), exchange.Request);
        Assert.Empty(JsonDiff.Compare(
            JsonDiff.Parse(exchange.Request), Codec.Encode(request, Codec.Target with { Model = "gemini-embedding-001" })));
        var answer = Codec.Dialect.DecodeAnswer(CallOperation.Embedding, exchange.Answer);
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        Codec.Dialect.EncodeAnswer(answer, Codec.Context(operation: CallOperation.Embedding), output);
        Assert.Empty(JsonDiff.Compare(JsonDiff.Parse(exchange.Answer), JsonDiff.Parse(output.WrittenSpan)));
    });

    private static IEnumerable<Exchange> All => Cassettes.Read("gemini", "vertex");

    private static IEnumerable<Exchange> Chats =>
        All.Where(exchange => exchange.Url.AbsolutePath.EndsWith("enerateContent", StringComparison.Ordinal));

    private static IEnumerable<Exchange> Streams => Chats.Where(exchange => exchange.Status == 200 && !IsWholeAnswer(exchange));

    private static bool IsWholeAnswer(Exchange exchange) =>
        exchange.Status == 200 && exchange.Url.AbsolutePath.EndsWith(":generateContent", StringComparison.Ordinal);

    /// <summary>Some recordings keep a body as the only item of a list.</summary>
    private static JsonElement Single(byte[] body) =>
        JsonDiff.Parse(body) is { ValueKind: JsonValueKind.Array } list ? list[0] : JsonDiff.Parse(body);

    private static string ModelOf(Exchange exchange) => exchange.Url.AbsolutePath.Split("/models/")[1].Split(':')[0];

    private static JsonElement LastUsage(Exchange exchange) => IsWholeAnswer(exchange)
        ? Single(exchange.Answer).GetProperty("usageMetadata")
        : SseFrameReaderTests.Read(exchange.Answer).Select(frame => JsonElement.Parse(frame.Data).GetProperty("usageMetadata")).Last();

    private static long Count(JsonElement usage, string name) => usage.TryGetProperty(name, out var count) ? count.GetInt64() : 0;

    /// <summary>Everything in which two decoded streams can differ for a caller, except the places where chunks end.</summary>
    private static string Summary(IEnumerable<ChatResponseUpdate> updates)
    {
        var contents = updates.SelectMany(update => update.Contents).ToList();
        return string.Join('\n',
            string.Concat(contents.OfType<TextContent>().Select(text => text.Text)),
            string.Concat(contents.OfType<TextReasoningContent>().Select(text => text.Text)),
            string.Join(
                ';',
                contents.OfType<FunctionCallContent>().Select(
                    call => $"{call.CallId} {call.Name} {call.AdditionalProperties![CanonicalKeys.RawArguments]}")),
            string.Join(';', contents.Select(content => content.AdditionalProperties?.GetValueOrDefault(CanonicalKeys.Signature))),
            updates.Select(update => update.FinishReason).LastOrDefault(reason => reason is not null),
            string.Join(';', contents.OfType<UsageContent>().Select(usage => TokenUsage.From(usage.Details))));
    }

    private static void ForEach(IEnumerable<Exchange> exchanges, Action<Exchange> check)
    {
        if (!Cassettes.Available)
            Assert.Skip(Cassettes.Missing);
        var failures = new List<string>();
        var count = 0;
        foreach (var exchange in exchanges)
        {
            count++;
            try
            {
                check(exchange);
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                failures.Add($"{exchange}: {exception.Message}");
            }
        }

        Assert.True(failures.Count == 0, string.Join("\n\n", failures));
        Assert.True(count > 0, "no recording was found");
    }
}
