using System.Buffers;
using System.Text;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.Framing;

namespace Switchyard.Tests.Dialects;

/// <summary>Streams of any dialect that is framed as server-sent events, decoded and encoded to their end.</summary>
internal static class Streams
{
    /// <summary>Decodes a stream that arrives in pieces.</summary>
    /// <param name="decoder">The decoder.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="cuts">Where the pieces end.</param>
    public static (List<ChatResponseUpdate> Updates, CallError? Error, TokenUsage Usage) Decode(
        IStreamDecoder decoder, byte[] stream, int[] cuts)
    {
        var updates = new List<ChatResponseUpdate>();
        foreach (var frame in SseFrameReaderTests.Read(stream, cuts))
        {
            if (decoder.Decode(
                new StreamFrame(Encoding.UTF8.GetBytes(frame.Event), Encoding.UTF8.GetBytes(frame.Data)), updates) is { } error)
                return (updates, error, decoder.Usage);
        }

        return (updates, decoder.Finish(updates), decoder.Usage);
    }

    /// <summary>Encodes a stream that ends well, or with an error.</summary>
    public static string Encode(IStreamEncoder encoder, IEnumerable<ChatResponseUpdate> updates, CallError? error)
    {
        var output = new ArrayBufferWriter<byte>();
        foreach (var update in updates)
            encoder.Encode(update, output);
        if (error is null)
            encoder.Complete(output);
        else
            encoder.Fail(error, output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
