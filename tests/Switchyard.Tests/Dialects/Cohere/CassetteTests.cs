using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Cohere;
using Switchyard.TestKit;
using Switchyard.Tests.Dialects.OpenAIChat;
using Xunit;

namespace Switchyard.Tests.Dialects.Cohere;

public sealed class CassetteTests
{
    private static readonly EgressCodec s_codec = new(new CohereDialect());

    [Fact]
    public void Recorded_chats_are_written_as_they_were_recorded() => ForEach("/chat", exchange => true, exchange =>
    {
        var recorded = JsonNode.Parse(exchange.Request)!.AsObject();
        // A list of one text equals that text, and an empty text equals a missing one.
        foreach (var message in recorded["messages"]!.AsArray().Select(node => node!.AsObject()))
        {
            if (message["content"] is JsonArray { Count: 1 } parts)
                message["content"] = parts[0]!["text"]!.GetValue<string>();
            if (message["content"]?.GetValue<string>().Length == 0)
                message.Remove("content");
        }

        // Except for its address the format is close enough to OpenAI's to be decoded as a request of an OpenAI client.
        var request = Codec.DecodeRequest(recorded.ToJsonString());
        var written = s_codec.Encode(request, out var losses, EgressCodec.Target with { Model = recorded["model"]!.GetValue<string>() });
        Assert.Empty(losses.Fields);
        Assert.Empty(JsonDiff.Compare(JsonElement.Parse(recorded.ToJsonString()), written));
    });

    [Fact]
    public void Recorded_answers_are_read_with_what_was_billed() =>
        ForEach("/chat", exchange => exchange.Status == 200 && !exchange.IsEventStream, exchange =>
        {
            var recorded = JsonElement.Parse(exchange.Answer);
            var response = s_codec.Answer(Encoding.UTF8.GetString(exchange.Answer));
            var billed = recorded.GetProperty("usage").GetProperty("billed_units");
            Assert.Equal(billed.GetProperty("input_tokens").GetInt64(), response.Usage!.InputTokenCount);
            Assert.Equal(billed.GetProperty("output_tokens").GetInt64(), response.Usage.OutputTokenCount);
            Assert.Equal(recorded.GetProperty("id").GetString(), response.ResponseId);
            var message = recorded.GetProperty("message");
            Assert.Equal(
                message.TryGetProperty("content", out var content) ? content[0].GetProperty("text").GetString() : "", response.Text);
            var contents = response.Messages[0].Contents;
            Assert.Equal(
                message.TryGetProperty("tool_plan", out var plan) ? plan.GetString() : null,
                contents.OfType<TextReasoningContent>().FirstOrDefault()?.Text);
            if (message.TryGetProperty("tool_calls", out var calls))
            {
                var call = contents.OfType<FunctionCallContent>().Single();
                Assert.Equal(
                    calls[0].GetProperty("function").GetProperty("arguments").GetString(),
                    call.AdditionalProperties![CanonicalKeys.RawArguments]);
                Assert.Equal((calls[0].GetProperty("id").GetString(), ChatFinishReason.ToolCalls), (call.CallId, response.FinishReason));
            }

            var citations = contents.OfType<TextContent>().SelectMany(text => text.Annotations ?? []).Cast<CitationAnnotation>().ToList();
            Assert.Equal(message.TryGetProperty("citations", out var cited) ? cited.GetArrayLength() : 0, citations.Count);
            s_codec.AssertSurvives(exchange.Answer, CallOperation.Chat);
        });

    [Covers("E2")]
    [Fact]
    public void Recorded_streams_read_the_same_however_they_are_cut() => ForEach("/chat", exchange => exchange.IsEventStream, exchange =>
    {
        s_codec.AssertReadsTheSameAtEveryCut(exchange.Answer);
        var (updates, error, usage) = s_codec.DecodeStream(exchange.Answer);
        Assert.Null(error);
        Assert.Equal((7, 21), (usage.Input, usage.Output));
        Assert.Equal("Sure! Here's counting from 1 to 3:\n\n1, 2, 3.", s_codec.AssertBecomesAStream(exchange.Answer).Text[0]);
        Assert.Equal(ChatFinishReason.Stop, updates.Single(update => update.FinishReason is not null).FinishReason);
        s_codec.AssertSurvives(exchange.Answer[..1200], CallOperation.Chat);
    });

    [Fact]
    public void Recorded_errors_concern_our_key() => ForEach("/chat", exchange => exchange.Status == 401, exchange =>
        Assert.Equal(
            "acme authentication failed", s_codec.Dialect.DecodeError(exchange.Status, exchange.Answer, EgressCodec.Target).Message));

    [Covers("M11")]
    [Fact]
    public void Recorded_embeddings_survive() => ForEach("/embed", exchange => true, exchange =>
    {
        var recorded = JsonElement.Parse(exchange.Request);
        var options =
            new EmbeddingGenerationOptions { AdditionalProperties = new() { ["cohere:truncate"] = recorded.GetProperty("truncate") } };
        var request = new CanonicalEmbeddingRequest(
            [.. recorded.GetProperty("texts").EnumerateArray().Select(text => new EmbeddingInput(text.GetString()))], options);
        var written = s_codec.Encode(
            request, out var losses, EgressCodec.Target with { Model = recorded.GetProperty("model").GetString()! });
        Assert.Empty(losses.Fields);
        Assert.Empty(JsonDiff.Compare(recorded, written));

        var answer = (CanonicalEmbeddingAnswer)s_codec.Dialect.DecodeAnswer(CallOperation.Embedding, exchange.Answer);
        var vectors = JsonElement.Parse(exchange.Answer).GetProperty("embeddings").GetProperty("float");
        Assert.Equal(vectors.GetArrayLength(), answer.Embeddings.Count);
        Assert.Equal(vectors[1].EnumerateArray().Select(number => number.GetSingle()), answer.Embeddings[1].Vector.ToArray());
        Assert.Equal((2, null), (answer.Usage.Input, answer.Usage.Output));
        s_codec.AssertSurvives([.. exchange.Answer[..300], .. exchange.Answer[^300..]], CallOperation.Embedding);
    });

    [Covers("M11")]
    [Fact]
    public void Recorded_reranks_survive() => ForEach("/rerank", exchange => true, exchange =>
    {
        var recorded = JsonElement.Parse(exchange.Request);
        var request = new CanonicalRerankRequest(
            recorded.GetProperty("query").GetString()!,
            [.. recorded.GetProperty("documents").EnumerateArray().Select(text => new RerankDocument(text.GetString()!))])
        {
            TopN = recorded.GetProperty("top_n").GetInt32(),
        };
        var written = s_codec.Encode(
            request, out var losses, EgressCodec.Target with { Model = recorded.GetProperty("model").GetString()! });
        Assert.Empty(losses.Fields);
        Assert.Empty(JsonDiff.Compare(recorded, written));

        var answer = (CanonicalRerankAnswer)s_codec.Dialect.DecodeAnswer(CallOperation.Rerank, exchange.Answer);
        Assert.Equal([new RerankResult(0, 0.75809944), new RerankResult(2, 0.5515985)], answer.Results);
        Assert.Equal((1, "9ca94863-3776-45e7-92fc-42a927df30cd"), (answer.SearchUnits, answer.Id));
        Assert.True(answer.Usage.IsEmpty);
        s_codec.AssertSurvives(exchange.Answer, CallOperation.Rerank);
    });

    private static void ForEach(string path, Func<Exchange, bool> which, Action<Exchange> check)
    {
        if (!Cassettes.Available)
            Assert.Skip(Cassettes.Missing);
        var exchanges = Cassettes.Read("cohere")
            .Where(exchange => exchange.Url.AbsolutePath.EndsWith(path, StringComparison.Ordinal) && which(exchange)).ToList();
        Assert.NotEmpty(exchanges);
        Assert.All(exchanges, check);
    }
}
