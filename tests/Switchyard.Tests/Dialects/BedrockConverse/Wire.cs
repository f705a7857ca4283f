using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.BedrockConverse;
using Switchyard.Dialects.Framing;
using Switchyard.Dialects.OpenAIChat;
using Switchyard.Targets;
using Xunit;

namespace Switchyard.Tests.Dialects.BedrockConverse;

/// <summary>The dialect under test, with shared helpers.</summary>
internal static class Wire
{
    public static readonly BedrockConverseDialect Dialect = new();

    public static readonly EgressTarget Claude = Target("us.anthropic.claude-3-7-sonnet-20250219-v1:0");

    public static readonly EgressTarget NewClaude = Target("us.anthropic.claude-sonnet-4-6");

    public static readonly EgressTarget Nova = Target("amazon.nova-lite-v1:0");

    private static readonly OpenAIChatDialect s_client = new();

    public static EgressTarget Target(string model) => new("bedrock", model, ProviderQuirks.None);

    /// <summary>Translates a request of OpenAI's format; nothing may be lost.</summary>
    public static JsonElement Translate(string body, EgressTarget? target = null)
    {
        var written = Translate(body, out var losses, target);
        Assert.Empty(losses);
        return written;
    }

    public static JsonElement Translate(
        string body, out IReadOnlyList<string> losses, EgressTarget? target = null, CallOperation operation = CallOperation.Chat) =>
        Encode(
            s_client.DecodeRequest(new CallEnvelope { Operation = operation, Model = "m" }, Encoding.UTF8.GetBytes(body)), out losses,
            target);

    /// <summary>Translates a request with these messages as JSON; the rest is ordinary.</summary>
    public static JsonElement Messages(string messages, out IReadOnlyList<string> losses, EgressTarget? target = null, string more = "") =>
        Translate($$"""{"model":"m","messages":[{{messages}}]{{more}}}""", out losses, target);

    public static JsonElement Encode(CanonicalRequest request, out IReadOnlyList<string> losses, EgressTarget? target = null) =>
        JsonDiff.Parse(Bytes(request, out losses, target));

    public static byte[] Bytes(CanonicalRequest request, out IReadOnlyList<string> losses, EgressTarget? target = null)
    {
        var report = new LossReport();
        var output = new ArrayBufferWriter<byte>();
        Dialect.EncodeRequest(request, target ?? Claude, report, output);
        losses = report.Fields;
        return output.WrittenSpan.ToArray();
    }

    public static JsonElement Encode(
        IReadOnlyList<ChatMessage> messages, ChatOptions? options, out IReadOnlyList<string> losses, EgressTarget? target = null) =>
        Encode(new CanonicalChatRequest(messages, options ?? new ChatOptions()), out losses, target);

    public static CallError Refusal(string body, EgressTarget? target = null, CallOperation operation = CallOperation.Chat)
    {
        var error = Assert.Throws<CallException>(() => Translate(body, out _, target, operation)).Error;
        Assert.Equal(CallErrorKind.InvalidRequest, error.Kind);
        return error;
    }

    public static void AssertJson(string expected, JsonElement actual) =>
        Assert.Empty(JsonDiff.Compare(JsonDiff.Parse(Encoding.UTF8.GetBytes(expected)), actual));

    public static ChatResponse DecodeAnswer(string body) =>
        ((CanonicalChatAnswer)Dialect.DecodeAnswer(CallOperation.Chat, Encoding.UTF8.GetBytes(body))).Response;

    public static (List<ChatResponseUpdate> Updates, CallError? Error) DecodeStream(byte[] stream, params int[] cuts)
    {
        var decoder = Dialect.CreateStreamDecoder(CallOperation.Chat);
        var updates = new List<ChatResponseUpdate>();
        CallError? error = null;
        ReadFrames(stream, cuts, frame =>
        {
            error ??= decoder.Decode(frame, updates);
            return error is null;
        });
        return (updates, error ?? decoder.Finish(updates));
    }

    /// <summary>Reads frames from a stream cut at the given places.</summary>
    public static void ReadFrames(byte[] stream, IReadOnlyList<int> cuts, FrameVisitor visit)
    {
        var reader = Dialect.CreateFrameReader();
        var from = 0;
        StreamFrame frame;
        foreach (var cut in cuts.Append(stream.Length))
        {
            reader.Feed(stream.AsMemory(from, cut - from));
            from = cut;
            while (reader.TryRead(out frame))
            {
                Assert.Equal(reader.FrameEnd, reader.ConsumedEnd);
                if (!visit(frame))
                    return;
            }
        }

        Assert.False(reader.Finish(out frame));
    }

    public static List<string> Frames(byte[] stream, params int[] cuts)
    {
        var frames = new List<string>();
        ReadFrames(stream, cuts, frame =>
        {
            frames.Add($"{(frame.IsException ? "!" : "")}{Encoding.UTF8.GetString(frame.EventName)}|{Encoding.UTF8.GetString(frame.Data)}");
            return true;
        });
        return frames;
    }

    public static byte[] Stream(params byte[][] messages) => [.. messages.SelectMany(message => message)];

    public static byte[] Event(string name, string payload) =>
        Message([(":event-type", name), (":content-type", "application/json"), (":message-type", "event")], payload);

    public static byte[] Exception(string name, string payload) =>
        Message([(":exception-type", name), (":content-type", "application/json"), (":message-type", "exception")], payload);

    /// <summary>Frames a message, checksums included.</summary>
    public static byte[] Message((string Name, string Value)[] headers, string payload)
    {
        var head = new MemoryStream();
        var length = new byte[2];
        foreach (var (name, value) in headers)
        {
            head.WriteByte((byte)name.Length);
            head.Write(Encoding.UTF8.GetBytes(name));
            head.WriteByte(7);
            BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)Encoding.UTF8.GetByteCount(value));
            head.Write(length);
            head.Write(Encoding.UTF8.GetBytes(value));
        }

        var body = Encoding.UTF8.GetBytes(payload);
        var message = new byte[12 + head.Length + body.Length + 4];
        BinaryPrimitives.WriteUInt32BigEndian(message, (uint)message.Length);
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(4), (uint)head.Length);
        head.ToArray().CopyTo(message, 12);
        body.CopyTo(message, 12 + (int)head.Length);
        return Seal(message);
    }

    /// <summary>Recomputes both checksums.</summary>
    public static byte[] Seal(byte[] message)
    {
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(8), Crc32.HashToUInt32(message.AsSpan(0, 8)));
        BinaryPrimitives.WriteUInt32BigEndian(
            message.AsSpan(message.Length - 4), Crc32.HashToUInt32(message.AsSpan(0, message.Length - 4)));
        return message;
    }
}

/// <summary>Looks at a frame; false ends the reading.</summary>
internal delegate bool FrameVisitor(StreamFrame frame);
