using System.Text;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.Framing;
using Xunit;

namespace Switchyard.Tests.Dialects.Gemini;

/// <summary>For any input, the only exception is <see cref="CallException"/>.</summary>
public sealed class PropertyTests
{
    private const string Request = """
        {"systemInstruction":{"parts":[{"text":"s"}]},"contents":[{"role":"user","parts":[{"text":"a"},{"inlineData":{"mimeType":"image/png","data":"AAAA"}},{"fileData":{"fileUri":"gs://a/b","mimeType":"x/y"}}]},
        {"role":"model","parts":[{"text":"hm","thought":true},{"functionCall":{"name":"f","args":{"a":1}},"thoughtSignature":"QQ=="}]},{"role":"user","parts":[{"functionResponse":{"name":"f","response":{"output":"x"}}}]}],
        "tools":[{"functionDeclarations":[{"name":"f","parameters":{"type":"OBJECT","properties":{"a":{"type":"STRING"}}}}]},{"googleSearch":{}}],"toolConfig":{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["f"]}},
        "generationConfig":{"temperature":1,"candidateCount":2,"maxOutputTokens":5,"stopSequences":["x"],"responseMimeType":"application/json","responseSchema":{"type":"OBJECT"},"thinkingConfig":{"thinkingBudget":5}},"serviceTier":"flex"}
        """;

    private const string Answer = """
        {"candidates":[{"content":{"parts":[{"text":"hm","thought":true},{"text":"x ü","thoughtSignature":"QQ=="},{"functionCall":{"name":"f","args":{"a":[1]},"id":"i"}},{"inlineData":{"mimeType":"image/png","data":"AA=="}}],"role":"model"},
        "finishReason":"STOP","index":0,"citationMetadata":{"citations":[{"startIndex":0,"endIndex":1,"uri":"https://a"}]},"logprobsResult":{"chosenCandidates":[{"token":"a","logProbability":-1}]}}],
        "promptFeedback":{"blockReason":"OTHER"},"usageMetadata":{"promptTokenCount":1,"promptTokensDetails":[{"modality":"AUDIO","tokenCount":1}]},"modelVersion":"m","responseId":"r"}
        """;

    private static readonly string Stream = Codec.Stream(
        Codec.Chunk("""{"text":"x"}"""),
        Codec.Chunk("""{"functionCall":{"name":"f","willContinue":true,"partialArgs":[{"jsonPath":"$.a[0].b","stringValue":"c"}]}}"""),
        Codec.Chunk("""{"functionCall":{}}""", "STOP", more: ",\"usageMetadata\":{\"promptTokenCount\":1}"));

    [Fact]
    public void A_mutated_request_is_read_or_refused() => Check(Request, body =>
    {
        var envelope = Codec.Dialect.ReadEnvelope(new IngressRequest(CallOperation.Chat) { Model = "m" }, body);
        Codec.Dialect.PlanForward(envelope, body, Codec.Target);
        var request = Codec.Dialect.DecodeRequest(envelope, body);
        Codec.Encode(request, out _);
        Codec.OpenAI.EncodeRequest(request, Codec.Target, new LossReport(), new System.Buffers.ArrayBufferWriter<byte>());
    });

    [Fact]
    public void A_mutated_answer_is_read_or_refused() => Check(Answer, body =>
    {
        Codec.Dialect.CreateProbe(CallOperation.Chat).ObserveBody(body);
        Codec.Dialect.DecodeError(500, body, Codec.Target);
        var answer = ((CanonicalChatAnswer)Codec.Dialect.DecodeAnswer(CallOperation.Chat, body)).Response;
        Codec.EncodeAnswer(answer);
        Codec.EncodeAnswer(answer, Codec.OpenAI);
    });

    [Fact]
    public void A_mutated_stream_gives_a_stream_that_keeps_every_rule() => Check(Stream, body =>
    {
        var probe = Codec.Dialect.CreateProbe(CallOperation.Chat);
        foreach (var frame in SseFrameReaderTests.Read(body))
            probe.Observe(new StreamFrame(Encoding.UTF8.GetBytes(frame.Event), Encoding.UTF8.GetBytes(frame.Data)));
        var (updates, error, _) = Codec.DecodeStream(body);
        var written = Encoding.UTF8.GetBytes(Codec.EncodeStream(updates, error));
        TestKit.GeminiStreamGrammar.Read(written, endsWithError: error is not null, out var problems);
        // A model's name for a tool passes unchanged: here the mutation may have removed it.
        Assert.DoesNotContain(
            problems, problem => problem is not ("a call without a name") && !problem.StartsWith("a part with", StringComparison.Ordinal));
    });

    [Theory]
    [InlineData("""{"requests":[{"model":"models/x","content":{"parts":[{"text":"a"}]},"taskType":"X","outputDimensionality":8}]}""")]
    [InlineData("""{"content":{"parts":[{"text":"a"}]},"outputDimensionality":8}""")]
    public void A_mutated_embedding_request_is_read_or_refused(string text) => Check(text, body =>
    {
        var envelope = Codec.Dialect.ReadEnvelope(new IngressRequest(CallOperation.Embedding) { Model = "m" }, body);
        Codec.Encode(Codec.Dialect.DecodeRequest(envelope, body), out _);
        Codec.Dialect.DecodeAnswer(CallOperation.Embedding, body);
    });

    /// <summary>Changes the text in places chosen at random and runs the action on it; the same seeds every time.</summary>
    private static void Check(string text, Action<byte[]> action)
    {
        string[] pieces =
        [
            "null", "5", "-1", "1e400", "\"\"", "\"x\"", "{}", "[]", "[{}]", "true", ",", ":", "{", "}", "]", "\"", "\\ud800", "\\",
            "\u0001", "é", "999999999999999999999",
        ];
        for (var seed = 0; seed < 4000; seed++)
        {
            var random = new Random(seed);
            var mutated = new StringBuilder(text);
            for (var changes = random.Next(1, 4); changes > 0; changes--)
            {
                var at = random.Next(mutated.Length);
                var colon = mutated.ToString().IndexOf(':', at);
                var length = random.Next(0, 12);
                if (random.Next(2) == 0 && colon >= 0)
                {
                    // A whole simple value, so that the result is often still JSON.
                    at = colon + 1;
                    length = Math.Max(0, mutated.ToString().IndexOfAny([',', '}', ']', '{', '['], at) - at);
                }

                length = Math.Min(length, mutated.Length - at);
                mutated.Remove(at, length).Insert(at, pieces[random.Next(pieces.Length)]);
            }

            var bytes = Encoding.UTF8.GetBytes(mutated.ToString());
            if (random.Next(20) == 0)
                bytes[random.Next(bytes.Length)] ^= 0x80;
            try
            {
                action(bytes);
            }
            catch (CallException)
            {
                // The only allowed exception.
            }
            catch (Exception exception)
            {
                Assert.Fail($"Seed {seed}: {exception}\n{mutated}");
            }
        }
    }
}
