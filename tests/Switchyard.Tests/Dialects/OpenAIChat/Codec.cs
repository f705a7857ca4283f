using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.OpenAIChat;
using Switchyard.Targets;

namespace Switchyard.Tests.Dialects.OpenAIChat;

/// <summary>The dialect under test, with shared helpers.</summary>
internal static class Codec
{
    public static readonly OpenAIChatDialect Dialect = new();

    public static readonly EgressTarget Target = new("acme", "upstream-model", ProviderQuirks.None);

    /// <summary>A target that accepts reasoning in history, so that nothing of an ordinary request is lost.</summary>
    public static readonly EgressTarget Reasoning = Target with { Quirks = new ProviderQuirks { ReasoningField = "reasoning_content" } };

    public static AnswerContext Context(bool includeUsage = false, CallOperation operation = CallOperation.Chat) =>
        new()
        {
            Operation = operation,
            Model = "asked-model",
            AnswerId = "chatcmpl-ours",
            Created = DateTimeOffset.FromUnixTimeSeconds(1_790_000_000),
            IncludeUsage = includeUsage,
        };

    public static EgressTarget With(ProviderQuirks quirks) => Target with { Quirks = quirks };

    public static CallEnvelope Envelope(string body, CallOperation operation = CallOperation.Chat) =>
        Dialect.ReadEnvelope(new IngressRequest(operation), Encoding.UTF8.GetBytes(body));

    public static CanonicalChatRequest DecodeRequest(string body, CallOperation operation = CallOperation.Chat) =>
        (CanonicalChatRequest)Dialect.DecodeRequest(new CallEnvelope { Operation = operation, Model = "" }, Encoding.UTF8.GetBytes(body));

    public static JsonElement EncodeRequest(CanonicalRequest request, out LossReport losses, EgressTarget? target = null)
    {
        losses = new LossReport();
        var output = new ArrayBufferWriter<byte>();
        Dialect.EncodeRequest(request, target ?? Target, losses, output);
        return JsonDiff.Parse(output.WrittenSpan);
    }

    public static JsonElement EncodeRequest(CanonicalRequest request, EgressTarget? target = null)
    {
        var body = EncodeRequest(request, out var losses, target);
        Xunit.Assert.Empty(losses.Fields);
        return body;
    }

    /// <summary>Decodes a request and encodes it again.</summary>
    public static JsonElement Translate(
        string body, out LossReport losses, EgressTarget? target = null, CallOperation operation = CallOperation.Chat) =>
        EncodeRequest(
            Dialect.DecodeRequest(new CallEnvelope { Operation = operation, Model = "" }, Encoding.UTF8.GetBytes(body)), out losses,
            target);

    public static JsonElement Translate(string body, EgressTarget? target = null, CallOperation operation = CallOperation.Chat)
    {
        var translated = Translate(body, out var losses, target, operation);
        Xunit.Assert.Empty(losses.Fields);
        return translated;
    }

    public static string? Forward(string body, EgressTarget? target = null, CallOperation operation = CallOperation.Chat)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        var edits = Dialect.PlanForward(Dialect.ReadEnvelope(new IngressRequest(operation), bytes), bytes, target ?? Target);
        return edits is null ? null : Encoding.UTF8.GetString(Apply(bytes, edits));
    }

    public static byte[] Apply(byte[] body, ForwardEdits edits)
    {
        var output = new ArrayBufferWriter<byte>();
        var from = 0;
        foreach (var edit in edits.Edits)
        {
            Xunit.Assert.True(edit.Start >= from, "edits overlap or are out of order");
            output.Write(body.AsSpan(from, edit.Start - from));
            output.Write(edit.Bytes.Span);
            from = edit.Start + edit.Length;
        }

        output.Write(body.AsSpan(from));
        return output.WrittenSpan.ToArray();
    }

    public static ChatResponse DecodeAnswer(string body, CallOperation operation = CallOperation.Chat) =>
        ((CanonicalChatAnswer)Dialect.DecodeAnswer(operation, Encoding.UTF8.GetBytes(body))).Response;

    public static JsonElement EncodeAnswer(ChatResponse response, AnswerContext? context = null)
    {
        var output = new ArrayBufferWriter<byte>();
        Dialect.EncodeAnswer(new CanonicalChatAnswer(response), context ?? Context(), output);
        return JsonDiff.Parse(output.WrittenSpan);
    }

    /// <summary>Decodes a stream to its end.</summary>
    public static (List<ChatResponseUpdate> Updates, CallError? Error) DecodeStream(
        byte[] stream, CallOperation operation = CallOperation.Chat, params int[] cuts)
    {
        var (updates, error, _) = Streams.Decode(Dialect.CreateStreamDecoder(operation), stream, cuts);
        return (updates, error);
    }

    public static (List<ChatResponseUpdate> Updates, CallError? Error) DecodeStream(
        string stream, CallOperation operation = CallOperation.Chat) =>
        DecodeStream(Encoding.UTF8.GetBytes(stream), operation);

    public static string EncodeStream(IEnumerable<ChatResponseUpdate> updates, AnswerContext? context = null, CallError? error = null) =>
        Streams.Encode(Dialect.CreateStreamEncoder(context ?? Context()), updates, error);

    /// <summary>A stream of these data objects.</summary>
    public static string Stream(params string[] data) => string.Concat(data.Select(item => $"data: {item}\n\n"));

    /// <summary>One chunk with one choice.</summary>
    public static string Chunk(string delta, string finish = "null", int index = 0, string more = "") =>
        $$"""{"id":"c1","object":"chat.completion.chunk","created":1790000001,"model":"m-1","choices":[{"index":{{index}},"delta":{{delta}},"finish_reason":{{finish}}}]{{more}}}""";

    /// <summary>A chat of one user message with these further fields.</summary>
    public static string Chat(string fields = "") =>
        """{"model":"m","messages":[{"role":"user","content":"hi"}]""" + (fields.Length == 0 ? "" : "," + fields) + "}";

    /// <summary>A chat of these messages.</summary>
    public static string Messages(string messages) => $$"""{"model":"m","messages":[{{messages}}]}""";

    public static string EncodeError(CallError error)
    {
        var output = new ArrayBufferWriter<byte>();
        Dialect.EncodeError(error, output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    /// <summary>Asserts that the stream follows every rule.</summary>
    public static TestKit.OpenAIStreamGrammar AssertGrammar(string stream, bool includeUsage = false, bool endsWithError = false)
    {
        var grammar = TestKit.OpenAIStreamGrammar.Read(Encoding.UTF8.GetBytes(stream), includeUsage, endsWithError, out var problems);
        Xunit.Assert.True(problems.Count == 0, string.Join("; ", problems) + "\n" + stream);
        return grammar;
    }
}
