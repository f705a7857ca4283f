using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.Framing;

/// <summary>Writes server-sent events whose data is one JSON value. Keeps its JSON writer from one event to the next.</summary>
[SuppressMessage("Reliability", "CA1001", Justification = "A JSON writer over the caller's buffer holds nothing to release.")]
internal sealed class SseEventWriter
{
    private Utf8JsonWriter? _writer;

    /// <summary>Begins an event. Write one JSON value, then call <see cref="End"/>.</summary>
    /// <param name="output">Takes the event.</param>
    /// <param name="eventName">Its name; empty for an event without one.</param>
    public Utf8JsonWriter Begin(IBufferWriter<byte> output, ReadOnlySpan<byte> eventName = default)
    {
        if (!eventName.IsEmpty)
        {
            output.Write("event: "u8);
            output.Write(eventName);
            output.Write("\n"u8);
        }

        output.Write("data: "u8);
        if (_writer is null)
            _writer = new Utf8JsonWriter(output, WireJson.WriterOptions);
        else
            _writer.Reset(output);
        return _writer;
    }

    /// <summary>Closes the JSON object that is the event's data, and ends the event.</summary>
    public void EndObject(IBufferWriter<byte> output)
    {
        _writer!.WriteEndObject();
        End(output);
    }

    /// <summary>Ends the event.</summary>
    public void End(IBufferWriter<byte> output)
    {
        _writer!.Flush();
        output.Write("\n\n"u8);
    }
}
