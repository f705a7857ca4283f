using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.Framing;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Dialects.AnthropicMessages;

/// <summary>Every recording of this format, decoded and encoded again.</summary>
public sealed class CassetteTests
{
    [Fact]
    public void Recorded_requests_survive_decoding_and_encoding() => ForEach(_ => true, exchange =>
    {
        var sent = JsonDiff.Parse(exchange.Request);
        var operation = OperationOf(exchange);
        var body = Encoding.UTF8.GetString(exchange.Request);
        var target = Codec.Target with { Model = sent.GetProperty("model").GetString()! };
        var written = Codec.Through(body, out var losses, target, operation);
        Assert.Empty(losses.Fields);
        // False is the default.
        Assert.Empty(JsonDiff.Compare(
            sent, written, sent.TryGetProperty("stream", out var stream) && stream.ValueKind == JsonValueKind.False ? ["$.stream"] : []));
    });

    [Fact]
    public void Forwarding_a_recorded_request_changes_nothing_but_the_model() => ForEach(_ => true, exchange =>
    {
        var envelope = Codec.Dialect.ReadEnvelope(new IngressRequest(OperationOf(exchange)), exchange.Request);
        var edits = Codec.Dialect.PlanForward(envelope, exchange.Request, Codec.Target)!;
        var forwarded = JsonDiff.Parse(OpenAIChat.Codec.Apply(exchange.Request, edits));
        Assert.Equal("upstream-model", forwarded.GetProperty("model").GetString());
        Assert.Empty(JsonDiff.Compare(JsonDiff.Parse(exchange.Request), forwarded, "$.model"));
    });

    [Fact]
    public void Recorded_answers_survive_decoding_and_encoding() =>
        ForEach(exchange => IsAnswer(exchange) && !exchange.IsEventStream, exchange =>
        {
            var answer = Codec.Dialect.DecodeAnswer(OperationOf(exchange), exchange.Answer);
            // Empty cache counts may be left out, and are written.
            Assert.Empty(JsonDiff.Compare(
                JsonDiff.Parse(exchange.Answer), Codec.EncodeAnswer(answer), "$.usage.cache_creation_input_tokens",
                "$.usage.cache_read_input_tokens"));
        });

    [Covers("U1")]
    [Fact]
    public void The_usage_of_recorded_answers_is_exact() =>
        ForEach(exchange => IsAnswer(exchange) && OperationOf(exchange) == CallOperation.Chat, exchange =>
        {
            var (usage, probed) = exchange.IsEventStream ? StreamUsage(exchange) : AnswerUsage(exchange);
            var wire = exchange.IsEventStream ? Wire(exchange) : JsonDiff.Parse(exchange.Answer).GetProperty("usage");
            Assert.Equal(usage, probed);
            Assert.Equal(wire.GetProperty("output_tokens").GetInt64(), usage.Output);
            var written = wire.GetProperty("cache_creation_input_tokens").GetInt64();
            var read = wire.GetProperty("cache_read_input_tokens").GetInt64();
            Assert.Equal(
                (wire.GetProperty("input_tokens").GetInt64() + written + read, written, read),
                (usage.Input, usage.CacheWrite, usage.CacheRead));
        });

    [Covers("E2")]
    [Fact]
    public void Recorded_streams_decode_the_same_however_they_are_cut() => ForEach(IsStream, exchange =>
    {
        var whole = Summary(Codec.DecodeStream(exchange.Answer).Updates);
        var stride = exchange.Answer.Length > 10_000 ? 61 : 1;
        for (var at = 0; at < exchange.Answer.Length; at += stride)
            Assert.Equal(whole, Summary(Codec.DecodeStream(exchange.Answer, null, at).Updates));
        Assert.Equal(whole, Summary(Codec.DecodeStream(exchange.Answer, null, [.. Enumerable.Range(0, exchange.Answer.Length)]).Updates));
    });

    [Covers("E7")]
    [Fact]
    public void Recorded_streams_become_streams_that_keep_every_rule_in_both_formats() => ForEach(IsStream, exchange =>
    {
        var (updates, error) = Codec.DecodeStream(exchange.Answer);
        Assert.Null(error);
        var grammar = Codec.Emit(updates);
        Assert.Equal(grammar.Text, string.Concat(updates.Select(update => update.Text)));
        OpenAIChat.Codec.AssertGrammar(
            OpenAIChat.Codec.EncodeStream(updates, OpenAIChat.Codec.Context(includeUsage: true)), includeUsage: true);

        var again = Codec.DecodeGood(Codec.EncodeStream(updates));
        Assert.Equal(Summary(updates), Summary(again));
    });

    [Fact]
    public void Recorded_errors_keep_their_message_and_take_the_right_kind() => ForEach(exchange => exchange.Status >= 400, exchange =>
    {
        var error = Codec.Dialect.DecodeError(exchange.Status, exchange.Answer, Codec.Target);
        Assert.Equal(exchange.Status, error.UpstreamStatus);
        if (exchange.Status == 401)
        {
            Assert.Equal(CallErrorKind.UpstreamAuthenticationFailed, error.Kind);
            return;
        }

        Assert.Equal(CallErrorKind.UpstreamRejected, error.Kind);
        Assert.StartsWith("prompt is too long", error.Message, StringComparison.Ordinal);
        Assert.Equal("context_length_exceeded", error.Code);
    });

    private static (TokenUsage Decoded, TokenUsage Probed) AnswerUsage(Exchange exchange)
    {
        var probe = Codec.Dialect.CreateProbe(CallOperation.Chat);
        Assert.True(probe.ObserveBody(exchange.Answer));
        return (TokenUsage.From(Codec.DecodeAnswer(Encoding.UTF8.GetString(exchange.Answer)).Usage), probe.Usage);
    }

    private static (TokenUsage Decoded, TokenUsage Probed) StreamUsage(Exchange exchange)
    {
        var probe = Codec.Dialect.CreateProbe(CallOperation.Chat);
        foreach (var frame in SseFrameReaderTests.Read(exchange.Answer))
            probe.Observe(new StreamFrame(Encoding.UTF8.GetBytes(frame.Event), Encoding.UTF8.GetBytes(frame.Data)));
        Assert.True(probe.SawEnd);
        var usages = Codec.DecodeStream(exchange.Answer).Updates.SelectMany(update => update.Contents).OfType<UsageContent>();
        return (TokenUsage.From(Assert.Single(usages).Details), probe.Usage);
    }

    private static JsonElement Wire(Exchange exchange) => SseFrameReaderTests.Read(exchange.Answer)
        .Where(frame => frame.Event == "message_delta").Select(frame => JsonElement.Parse(frame.Data).GetProperty("usage")).Last();

    private static CallOperation OperationOf(Exchange exchange) =>
        exchange.Url.AbsolutePath.EndsWith("/count_tokens", StringComparison.Ordinal) ? CallOperation.CountTokens : CallOperation.Chat;

    private static bool IsAnswer(Exchange exchange) => exchange.Status == 200;

    private static bool IsStream(Exchange exchange) => IsAnswer(exchange) && exchange.IsEventStream;

    private static void ForEach(Func<Exchange, bool> which, Action<Exchange> check)
    {
        if (!Cassettes.Available)
            Assert.Skip(Cassettes.Missing);
        var failures = new List<string>();
        var exchanges = Cassettes.Read("anthropic").Where(which).ToList();
        foreach (var exchange in exchanges)
        {
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
        Assert.NotEmpty(exchanges);
    }

    /// <summary>Everything in which two decoded streams can differ for a caller.</summary>
    private static string Summary(IEnumerable<ChatResponseUpdate> updates)
    {
        var contents = updates.SelectMany(update => update.Contents).ToList();
        return string.Join('\n',
            string.Concat(contents.OfType<TextContent>().Select(text => text.Text)),
            string.Concat(contents.OfType<TextReasoningContent>().Select(text => text.Text + text.ProtectedData)),
            string.Join(
                ';',
                contents.OfType<FunctionCallContent>().Select(
                    call => $"{call.CallId} {call.Name} {call.AdditionalProperties![CanonicalKeys.RawArguments]}")),
            string.Concat(contents.OfType<ToolCallFragment>().Select(fragment => fragment.Arguments)),
            updates.Select(update => update.FinishReason).LastOrDefault(reason => reason is not null),
            TokenUsage.From(contents.OfType<UsageContent>().LastOrDefault()?.Details));
    }
}
