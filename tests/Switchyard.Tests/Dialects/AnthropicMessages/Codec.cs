using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.AnthropicMessages;
using Switchyard.Dialects.OpenAIChat;
using Switchyard.Targets;
using Switchyard.TestKit;

namespace Switchyard.Tests.Dialects.AnthropicMessages;

/// <summary>The dialect under test and the one it is most often paired with, with shared helpers.</summary>
internal static class Codec
{
    public static readonly AnthropicMessagesDialect Dialect = new();

    public static readonly OpenAIChatDialect OpenAI = new();

    public static readonly EgressTarget Target = new("acme", "upstream-model", ProviderQuirks.None);

    public static AnswerContext Context(CallOperation operation = CallOperation.Chat) =>
        new()
        {
            Operation = operation,
            Model = "asked-model",
            AnswerId = "chatcmpl-ours",
            Created = DateTimeOffset.FromUnixTimeSeconds(1_790_000_000),
            IncludeUsage = true,
        };

    public static EgressTarget With(ModelFacts facts) => Target with { Facts = facts };

    public static CallEnvelope Envelope(string body, CallOperation operation = CallOperation.Chat) =>
        Dialect.ReadEnvelope(new IngressRequest(operation), Encoding.UTF8.GetBytes(body));

    public static CanonicalChatRequest Decode(string body, CallOperation operation = CallOperation.Chat) =>
        Decode(Dialect, body, operation);

    public static CanonicalChatRequest Decode(IIngressDialect dialect, string body, CallOperation operation = CallOperation.Chat) =>
        (CanonicalChatRequest)dialect.DecodeRequest(new CallEnvelope { Operation = operation, Model = "" }, Encoding.UTF8.GetBytes(body));

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

    /// <summary>An Anthropic request, decoded and encoded again.</summary>
    public static JsonElement Through(
        string body, out LossReport losses, EgressTarget? target = null, CallOperation operation = CallOperation.Chat) =>
        Encode(Decode(body, operation), out losses, target);

    public static JsonElement Through(string body, EgressTarget? target = null)
    {
        var written = Through(body, out var losses, target);
        Xunit.Assert.Empty(losses.Fields);
        return written;
    }

    /// <summary>An OpenAI request, as it is sent to Anthropic.</summary>
    public static JsonElement FromOpenAI(string body, out LossReport losses, EgressTarget? target = null) =>
        Encode(Decode(OpenAI, body), out losses, target);

    public static JsonElement FromOpenAI(string body, EgressTarget? target = null)
    {
        var written = FromOpenAI(body, out var losses, target);
        Xunit.Assert.Empty(losses.Fields);
        return written;
    }

    /// <summary>An Anthropic request, as it is sent to OpenAI.</summary>
    public static JsonElement ToOpenAI(string body, out LossReport losses, ProviderQuirks? quirks = null) =>
        Encode(Decode(body), out losses, Target with { Quirks = quirks ?? ProviderQuirks.None }, OpenAI);

    public static CallError Refusal(Action action) => Xunit.Assert.Throws<CallException>(action).Error;

    public static ChatResponse DecodeAnswer(string body) =>
        ((CanonicalChatAnswer)Dialect.DecodeAnswer(CallOperation.Chat, Encoding.UTF8.GetBytes(body))).Response;

    public static JsonElement EncodeAnswer(CanonicalAnswer answer, IIngressDialect? dialect = null)
    {
        var output = new ArrayBufferWriter<byte>();
        (dialect ?? Dialect).EncodeAnswer(answer, Context(), output);
        return JsonDiff.Parse(output.WrittenSpan);
    }

    public static JsonElement EncodeAnswer(ChatResponse response, IIngressDialect? dialect = null) =>
        EncodeAnswer(new CanonicalChatAnswer(response), dialect);

    public static (List<ChatResponseUpdate> Updates, CallError? Error) DecodeStream(
        byte[] stream, IEgressDialect? dialect = null, params int[] cuts)
    {
        var (updates, error, _) = Streams.Decode((dialect ?? Dialect).CreateStreamDecoder(CallOperation.Chat), stream, cuts);
        return (updates, error);
    }

    public static (List<ChatResponseUpdate> Updates, CallError? Error) DecodeStream(string stream, IEgressDialect? dialect = null) =>
        DecodeStream(Encoding.UTF8.GetBytes(stream), dialect);

    public static List<ChatResponseUpdate> DecodeGood(string stream, IEgressDialect? dialect = null)
    {
        var (updates, error) = DecodeStream(stream, dialect);
        Xunit.Assert.Null(error);
        return updates;
    }

    public static string EncodeStream(IEnumerable<ChatResponseUpdate> updates, CallError? error = null, IIngressDialect? dialect = null) =>
        Streams.Encode((dialect ?? Dialect).CreateStreamEncoder(Context()), updates, error);

    /// <summary>Encodes a stream for a client of this format and asserts that it follows every rule.</summary>
    public static AnthropicStreamGrammar Emit(IEnumerable<ChatResponseUpdate> updates, CallError? error = null)
    {
        var stream = EncodeStream(updates, error);
        var grammar = AnthropicStreamGrammar.Read(Encoding.UTF8.GetBytes(stream), error is not null, out var problems);
        Xunit.Assert.True(problems.Count == 0, string.Join("; ", problems) + "\n" + stream);
        Xunit.Assert.DoesNotContain("[DONE]", stream, StringComparison.Ordinal);
        return grammar;
    }

    /// <summary>An OpenAI stream of these deltas, as a client of this format sees it.</summary>
    public static AnthropicStreamGrammar FromOpenAIStream(string finish, params string[] deltas) =>
        Emit(DecodeGood(OpenAIStream(finish, deltas), OpenAI));

    public static string OpenAIStream(string finish, params string[] deltas) => string.Concat(
        deltas.Select(delta => Some.Chunk(delta)).Append(Some.Chunk("{}", $"\"{finish}\"")).Append(Some.UsageChunk).Append(Some.Done));

    /// <summary>A stream of these events, each named by its type.</summary>
    public static string Stream(params string[] data) =>
        string.Concat(data.Select(item => $"event: {JsonElement.Parse(item).GetProperty("type").GetString()}\ndata: {item}\n\n"));

    public static string Start(string usage = """{"input_tokens":10,"output_tokens":1}""") =>
        """{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m-1","content":[],"stop_reason":null,"stop_sequence":null,"usage":""" + usage + "}}";

    public static string Open(int index, string block) =>
        $$$$"""{"type":"content_block_start","index":{{{{index}}}},"content_block":{{{{block}}}}}""";

    public static string Delta(int index, string delta) =>
        $$$$"""{"type":"content_block_delta","index":{{{{index}}}},"delta":{{{{delta}}}}}""";

    public static string Text(int index, string text) => Delta(index, JsonSerializer.Serialize(new { type = "text_delta", text }));

    public static string Json(int index, string partial) =>
        Delta(index, JsonSerializer.Serialize(new { type = "input_json_delta", partial_json = partial }));

    public static string Stop(int index) => $$$$"""{"type":"content_block_stop","index":{{{{index}}}}}""";

    public static string End(string reason = "end_turn", string usage = """{"output_tokens":7}""") =>
        $$$$"""{"type":"message_delta","delta":{"stop_reason":"{{{{reason}}}}","stop_sequence":null},"usage":{{{{usage}}}}}""";

    public const string Last = """{"type":"message_stop"}""";

    public const string TextBlock = """{"type":"text","text":""}""";

    public static string Chat(string fields = "", string messages = """{"role":"user","content":"hi"}""") =>
        $$$$"""{"model":"m","max_tokens":5000,"messages":[{{{{messages}}}}]{{{{(fields.Length == 0 ? "" : "," + fields)}}}}}""";

    public static string OpenAIChat(string fields = "", string messages = """{"role":"user","content":"hi"}""") =>
        $$$$"""{"model":"m","messages":[{{{{messages}}}}]{{{{(fields.Length == 0 ? "" : "," + fields)}}}}}""";

    public static void AssertJson(string expected, JsonElement actual, params string[] ignore)
    {
        var differences = JsonDiff.Compare(JsonElement.Parse(expected), actual, ignore);
        Xunit.Assert.True(differences.Count == 0, string.Join("\n", differences) + "\n" + actual.GetRawText());
    }

    public static string EncodeError(CallError error)
    {
        var output = new ArrayBufferWriter<byte>();
        Dialect.EncodeError(error, output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
