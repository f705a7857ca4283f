using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.OpenAIChat;
using Switchyard.Dialects.OpenAIResponses;
using Switchyard.Targets;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Dialects.OpenAIResponses;

/// <summary>The dialect under test, and OpenAI chat as the other side, with shared helpers.</summary>
internal static class Codec
{
    public static readonly OpenAIResponsesDialect Dialect = new();

    public static readonly OpenAIChatDialect Chat = new();

    public static readonly EgressTarget Target = new("acme", "upstream-model", ProviderQuirks.None);

    public static AnswerContext Context(CanonicalRequest? request = null) =>
        new()
        {
            Operation = CallOperation.Chat,
            Model = "asked-model",
            AnswerId = "chatcmpl-0011223344556677",
            Created = DateTimeOffset.FromUnixTimeSeconds(1_790_000_000),
            Request = request,
        };

    public static CallEnvelope Envelope(string body) =>
        Dialect.ReadEnvelope(new IngressRequest(CallOperation.Chat), Encoding.UTF8.GetBytes(body));

    public static CanonicalChatRequest Decode(string body, CallOperation operation = CallOperation.Chat, IIngressDialect? dialect = null) =>
        (CanonicalChatRequest)(dialect ?? Dialect).DecodeRequest(
            new CallEnvelope { Operation = operation, Model = "" }, Encoding.UTF8.GetBytes(body));

    public static string EncodeText(
        CanonicalRequest request, out LossReport losses, EgressTarget? target = null, IEgressDialect? dialect = null)
    {
        losses = new LossReport();
        var output = new ArrayBufferWriter<byte>();
        (dialect ?? Dialect).EncodeRequest(request, target ?? Target, losses, output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    public static JsonElement Encode(
        CanonicalRequest request, out LossReport losses, EgressTarget? target = null, IEgressDialect? dialect = null) =>
        JsonElement.Parse(EncodeText(request, out losses, target, dialect));

    /// <summary>A Responses request as the Responses encoder writes it again.</summary>
    public static JsonElement Again(string body, out LossReport losses, EgressTarget? target = null) =>
        Encode(Decode(body), out losses, target);

    /// <summary>A Responses request for a provider that speaks chat.</summary>
    public static JsonElement ToChat(string body, out LossReport losses) => Encode(Decode(body), out losses, dialect: Chat);

    /// <summary>A chat request for a provider that speaks Responses.</summary>
    public static JsonElement FromChat(string body, out LossReport losses, EgressTarget? target = null) =>
        Encode(Decode(body, dialect: Chat), out losses, target);

    public static JsonElement FromChatMessages(string messages, out LossReport losses, string more = "") =>
        FromChat($$"""{"model":"m","messages":[{{messages}}]{{more}}}""", out losses);

    public static ChatResponse DecodeAnswer(string body) =>
        ((CanonicalChatAnswer)Dialect.DecodeAnswer(CallOperation.Chat, Encoding.UTF8.GetBytes(body))).Response;

    public static JsonElement EncodeAnswer(ChatResponse response, AnswerContext? context = null, IIngressDialect? dialect = null)
    {
        var output = new ArrayBufferWriter<byte>();
        (dialect ?? Dialect).EncodeAnswer(new CanonicalChatAnswer(response), context ?? Context(), output);
        return JsonElement.Parse(output.WrittenSpan);
    }

    /// <summary>An answer of this output.</summary>
    public static string Answer(string output, string status = "completed", string more = "") =>
        $$"""{"id":"resp_1","object":"response","created_at":1790000000,"status":"{{status}}","model":"m-1","output":[{{output}}],"usage":{"input_tokens":9,"input_tokens_details":{"cached_tokens":2},"output_tokens":5,"output_tokens_details":{"reasoning_tokens":3},"total_tokens":14}{{more}}}""";

    public static string Message(string text) => $$"""{"id":"msg_1","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","text":"{{text}}","annotations":[]}]}""";

    public static (List<ChatResponseUpdate> Updates, CallError? Error, TokenUsage Usage) DecodeStream(
        byte[] stream, IEgressDialect? dialect = null, params int[] cuts) =>
        Streams.Decode((dialect ?? Dialect).CreateStreamDecoder(CallOperation.Chat), stream, cuts);

    public static (List<ChatResponseUpdate> Updates, CallError? Error, TokenUsage Usage) DecodeStream(
        string stream, IEgressDialect? dialect = null) =>
        DecodeStream(Encoding.UTF8.GetBytes(stream), dialect);

    public static string EncodeStream(IEnumerable<ChatResponseUpdate> updates, CallError? error = null, IIngressDialect? dialect = null) =>
        Streams.Encode((dialect ?? Dialect).CreateStreamEncoder(Context()), updates, error);

    /// <summary>A stream of these events, named and numbered.</summary>
    public static string Stream(params string[] events) => string.Concat(events.Select((data, index) =>
    {
        var type = JsonElement.Parse(data).GetProperty("type").GetString();
        return $"event: {type}\ndata: {data.Insert(1, $"\"sequence_number\":{index},")}\n\n";
    }));

    public const string Created = """{"type":"response.created","response":{"id":"resp_1","object":"response","created_at":1790000001,"status":"in_progress","model":"m-1","output":[],"usage":null}}""";

    public static string Completed(string output = "", string status = "completed", string more = "") =>
        $$"""{"type":"response.{{status}}","response":{{Answer(output, status, more)}}}""";

    public static string Added(int index, string item) =>
        $$"""{"type":"response.output_item.added","output_index":{{index}},"item":{{item}}}""";

    public static string Done(int index, string item) =>
        $$"""{"type":"response.output_item.done","output_index":{{index}},"item":{{item}}}""";

    /// <summary>Asserts that the stream follows every rule.</summary>
    public static ResponsesStreamGrammar AssertGrammar(string stream)
    {
        var grammar = ResponsesStreamGrammar.Read(Encoding.UTF8.GetBytes(stream), out var problems);
        Assert.True(problems.Count == 0, string.Join("; ", problems) + "\n" + stream);
        return grammar;
    }

    public static List<T> Contents<T>(IEnumerable<ChatResponseUpdate> updates)
        where T : AIContent => [.. updates.SelectMany(update => update.Contents).OfType<T>()];
}
