using System.Buffers;
using Microsoft.Extensions.AI;
using Switchyard.Calls;

namespace Switchyard.Dialects;

/// <summary>
/// Writes one streamed answer in the client's dialect, framing included. Not thread-safe; one encoder belongs to one stream. The
/// calls come in the order <see cref="Encode"/>*, then exactly one of <see cref="Complete"/> or <see cref="Fail"/>.
/// </summary>
public interface IStreamEncoder
{
    /// <summary>Writes the frames of one update; an update may yield none.</summary>
    void Encode(ChatResponseUpdate update, IBufferWriter<byte> output);

    /// <summary>Ends a complete stream: the pending finish reason, usage if the client asked for it, the terminator exactly once.</summary>
    void Complete(IBufferWriter<byte> output);

    /// <summary>Ends the stream with one in-protocol error event and the terminator the protocol asks for.</summary>
    void Fail(CallError error, IBufferWriter<byte> output);
}
