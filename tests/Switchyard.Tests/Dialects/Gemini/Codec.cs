using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.Gemini;
using Switchyard.Dialects.OpenAIChat;
using Switchyard.Targets;

namespace Switchyard.Tests.Dialects.Gemini;

/// <summary>The dialect under test, with shared helpers.</summary>
internal static class Codec
{
    public static readonly GeminiDialect Dialect = new();

    public static readonly OpenAIChatDialect OpenAI = new();

    public static readonly EgressTarget Target = new("acme", "gemini-2.5-flash", ProviderQuirks.None);

    public static readonly EgressTarget Three = Target with { Model = "gemini-3-flash-preview" };

    public static AnswerContext Context(string? form = null, CallOperation operation = CallOperation.Chat) =>
        new()
        {
            Operation = operation,
            Model = "asked-model",
            AnswerId = "ours",
            Created = DateTimeOffset.FromUnixTimeSeconds(1_790_000_000),
            IncludeUsage = true,
            AnswerForm = form,
        };

    public static CallEnvelope Envelope(CallOperation operation = CallOperation.Chat) =>
        new()
        {
            Operation = operation,
            Model = "gemini-2.5-flash",
        };

    public static CanonicalChatRequest Decode(string body, CallOperation operation = CallOperation.Chat) =>
        (CanonicalChatRequest)Dialect.DecodeRequest(Envelope(operation), Encoding.UTF8.GetBytes(body));

    public static JsonElement Encode(CanonicalRequest request, out LossReport losses, EgressTarget? target = null)
    {
        losses = new LossReport();
        var output = new ArrayBufferWriter<byte>();
        Dialect.EncodeRequest(request, target ?? Target, losses, output);
        return JsonDiff.Parse(output.WrittenSpan);
    }

    public static JsonElement Encode(CanonicalRequest request, EgressTarget? target = null)
    {
        var body = Encode(request, out var losses, target);
        Xunit.Assert.Empty(losses.Fields);
        return body;
    }

    /// <summary>Translates a request of OpenAI's format.</summary>
    public static JsonElement FromOpenAI(string body, out LossReport losses, EgressTarget? target = null) =>
        Encode(OpenAI.DecodeRequest(Envelope(), Encoding.UTF8.GetBytes(body)), out losses, target);

    public static JsonElement FromOpenAI(string body, EgressTarget? target = null)
    {
        var written = FromOpenAI(body, out var losses, target);
        Xunit.Assert.Empty(losses.Fields);
        return written;
    }

    /// <summary>Translates a request of this format into OpenAI's.</summary>
    public static JsonElement ToOpenAI(string body, out LossReport losses)
    {
        losses = new LossReport();
        var output = new ArrayBufferWriter<byte>();
        OpenAI.EncodeRequest(Decode(body), Target, losses, output);
        return JsonDiff.Parse(output.WrittenSpan);
    }

    /// <summary>A chat of one user message, in OpenAI's form.</summary>
    public static string Chat(string fields = "") =>
        """{"model":"m","messages":[{"role":"user","content":"hi"}]""" + (fields.Length == 0 ? "" : "," + fields) + "}";

    public static string Messages(string messages, string fields = "") =>
        $$"""{"model":"m","messages":[{{messages}}]{{(fields.Length == 0 ? "" : "," + fields)}}}""";

    public static ChatResponse Answer(string body) =>
        ((CanonicalChatAnswer)Dialect.DecodeAnswer(CallOperation.Chat, Encoding.UTF8.GetBytes(body))).Response;

    public static JsonElement EncodeAnswer(ChatResponse response, IIngressDialect? dialect = null)
    {
        var output = new ArrayBufferWriter<byte>();
        (dialect ?? Dialect).EncodeAnswer(new CanonicalChatAnswer(response), Context(), output);
        return JsonDiff.Parse(output.WrittenSpan);
    }

    public static (List<ChatResponseUpdate> Updates, CallError? Error, TokenUsage Usage) DecodeStream(byte[] stream, params int[] cuts) =>
        Streams.Decode(Dialect.CreateStreamDecoder(CallOperation.Chat), stream, cuts);

    public static (List<ChatResponseUpdate> Updates, CallError? Error, TokenUsage Usage) DecodeStream(params string[] chunks) =>
        DecodeStream(Encoding.UTF8.GetBytes(Stream(chunks)));

    public static string Stream(params string[] chunks) => string.Concat(chunks.Select(chunk => $"data: {chunk}\r\n\r\n"));

    /// <summary>One chunk of one candidate.</summary>
    public static string Chunk(string parts, string? finish = null, int index = 0, string more = "") =>
        $$"""{"candidates":[{"content":{"parts":[{{parts}}],"role":"model"},"index":{{index}}{{(finish is null ? "" : $",\"finishReason\":\"{finish}\"")}}}],"modelVersion":"m-1","responseId":"r1"{{more}}}""";

    public static string EncodeStream(
        IEnumerable<ChatResponseUpdate> updates, CallError? error = null, string? form = null, IIngressDialect? dialect = null) =>
        Streams.Encode((dialect ?? Dialect).CreateStreamEncoder(Context(form)), updates, error);

    public static TestKit.GeminiStreamGrammar AssertGrammar(string stream, bool endsWithError = false, bool array = false)
    {
        var bytes = Encoding.UTF8.GetBytes(stream);
        var grammar = array
            ? TestKit.GeminiStreamGrammar.ReadArray(bytes, endsWithError, out var problems)
            : TestKit.GeminiStreamGrammar.Read(bytes, endsWithError, out problems);
        Xunit.Assert.True(problems.Count == 0, string.Join("; ", problems) + "\n" + stream);
        return grammar;
    }

    public static CallError DecodeError(int status, string body) => Dialect.DecodeError(status, Encoding.UTF8.GetBytes(body), Target);

    public static JsonElement EncodeError(CallError error, IIngressDialect? dialect = null)
    {
        var output = new ArrayBufferWriter<byte>();
        (dialect ?? Dialect).EncodeError(error, output);
        return JsonDiff.Parse(output.WrittenSpan);
    }

    public static void Same(string expected, JsonElement actual, params string[] ignore) =>
        Xunit.Assert.Empty(JsonDiff.Compare(JsonElement.Parse(expected), actual, ignore));
}
