using System.Buffers;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.BuiltIn;
using Switchyard.Dialects.Framing;
using Switchyard.Targets;
using Xunit;

namespace Switchyard.Tests.Fuzz;

/// <summary>Carries one input as far as the engine would: decoded, and written in every format of the other side.</summary>
internal static class Decoders
{
    // A frame of a few bytes becomes one with ids and positions, and the streamed content is repeated at the end.
    private const int LongestStream = 64 * 1024, LongestStreamPerByte = 50;

    private static readonly DialectSet s_set = BuiltInDialects.Set;

    public static void Request(IIngressDialect client, CallOperation operation, byte[] body)
    {
        var inPath = client.Id == DialectId.Gemini;
        var envelope = client.ReadEnvelope(
            new IngressRequest(operation) { Model = inPath ? "m" : null, Stream = inPath ? false : null }, body);
        foreach (var provider in Speakers())
            Try(() => provider.PlanForward(envelope, body, TargetOf(provider)));
        var request = client.DecodeRequest(envelope, body);
        foreach (var provider in Speakers())
        {
            var target = TargetOf(provider);
            if (provider.GetPath(operation, target, envelope.Stream) is null)
                continue;
            var output = new ArrayBufferWriter<byte>();
            var losses = new LossReport();
            if (!Try(() => provider.EncodeRequest(request, target, losses, output)))
                continue;
            Assert.Equal(JsonValueKind.Object, ParseDeep(output.WrittenMemory));
        }
    }

    public static void Answer(IEgressDialect provider, CallOperation operation, byte[] body)
    {
        var probe = provider.CreateProbe(operation);
        probe.ObserveBody(body);
        Plausible(probe.Usage);
        var answer = provider.DecodeAnswer(operation, body);
        Plausible(answer.Usage);
        foreach (var client in Clients())
        {
            var output = new ArrayBufferWriter<byte>();
            var canEncode = answer is CanonicalChatAnswer || client.Id == provider.Id;
            if (canEncode && Try(() => client.EncodeAnswer(answer, ContextFor(operation), output)))
                Assert.Equal(JsonValueKind.Object, ParseDeep(output.WrittenMemory));
        }
    }

    public static void Stream(IEgressDialect provider, byte[] bytes, int slice)
    {
        var updates = new List<ChatResponseUpdate>();
        var decoder = provider.CreateStreamDecoder(CallOperation.Chat);
        var probe = provider.CreateProbe(CallOperation.Chat);
        CallError? error = null;
        try
        {
            error = Read(provider.CreateFrameReader(), bytes, slice, frame =>
            {
                probe.Observe(frame);
                return decoder.IsTerminated ? null : decoder.Decode(frame, updates);
            }) ?? decoder.Finish(updates);
        }
        catch (CallException broken)
        {
            // The framing is damaged.
            error = broken.Error;
        }

        Plausible(probe.Usage);
        Plausible(decoder.Usage);
        foreach (var client in Clients())
        {
            var output = new ArrayBufferWriter<byte>();
            var encoder = client.CreateStreamEncoder(ContextFor(CallOperation.Chat));
            foreach (var update in updates)
                encoder.Encode(update, output);
            if (error is null)
                encoder.Complete(output);
            else
                encoder.Fail(error, output);
            Assert.NotEqual(0, output.WrittenCount);
            Assert.True(
                output.WrittenCount < LongestStream + (LongestStreamPerByte * bytes.Length),
                $"{output.WrittenCount} bytes for {client.Id} of {updates.Count} updates");
        }
    }

    public static void Error(IEgressDialect provider, int status, byte[] body)
    {
        var error = provider.DecodeError(status, body, TargetOf(provider));
        Assert.False(string.IsNullOrWhiteSpace(error.Message));
        Assert.DoesNotContain("<html", error.Message, StringComparison.OrdinalIgnoreCase);
        foreach (var client in Clients())
        {
            var output = new ArrayBufferWriter<byte>();
            client.EncodeError(error, output);
            Assert.Equal(JsonValueKind.Object, ParseDeep(output.WrittenMemory));
        }
    }

    private static CallError? Read(IFrameReader reader, byte[] bytes, int slice, FrameHandler handle)
    {
        for (var at = 0; at < bytes.Length; at += slice)
        {
            reader.Feed(bytes.AsMemory(at, Math.Min(slice, bytes.Length - at)));
            while (reader.TryRead(out var frame))
            {
                if (handle(frame) is { } error)
                    return error;
            }
        }

        return reader.Finish(out var last) ? handle(last) : null;
    }

    private static IEnumerable<IIngressDialect> Clients() => s_set.IngressIds.Select(s_set.Ingress);

    private static IEnumerable<IEgressDialect> Speakers() => s_set.EgressIds.Select(s_set.Egress);

    private static EgressTarget TargetOf(IEgressDialect provider) => new("fuzz", "m", ProviderQuirks.None);

    private static AnswerContext ContextFor(CallOperation operation) => new()
    {
        Operation = operation,
        Model = "m",
        Created = DateTimeOffset.UnixEpoch,
        AnswerId = "chatcmpl-00000000000000000000000000000",
        IncludeUsage = true,
    };

    private static bool Try(Action attempt)
    {
        try
        {
            attempt();
            return true;
        }
        catch (CallException)
        {
            return false;
        }
    }

    /// <summary>Our output may be as deeply nested as the input.</summary>
    private static JsonValueKind ParseDeep(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 4000 });
        return document.RootElement.ValueKind;
    }

    private static void Plausible(in TokenUsage usage)
    {
        Assert.InRange(usage.Total ?? 0, 0, long.MaxValue);
        Assert.InRange(usage.Input ?? 0, 0, long.MaxValue);
        Assert.InRange(usage.Output ?? 0, 0, long.MaxValue);
    }

    private delegate CallError? FrameHandler(StreamFrame frame);
}
