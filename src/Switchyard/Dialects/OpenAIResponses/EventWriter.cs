using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using Switchyard.Dialects.Framing;

namespace Switchyard.Dialects.OpenAIResponses;

/// <summary>Writes the events of one stream: each is named twice, in the framing and in its data, and numbered.</summary>
internal sealed class EventWriter
{
    private readonly SseEventWriter _events = new();
    private long _sequence;

    /// <summary>Begins an event; its object is open. Write its further members, then call <see cref="End"/>.</summary>
    public Utf8JsonWriter Begin(ReadOnlySpan<byte> type, IBufferWriter<byte> output)
    {
        var writer = _events.Begin(output, type);
        writer.WriteStartObject();
        writer.WriteString("type"u8, type);
        writer.WriteNumber("sequence_number"u8, _sequence++);
        return writer;
    }

    /// <summary>Begins an event of an item.</summary>
    public Utf8JsonWriter Begin(ReadOnlySpan<byte> type, OpenItem item, IBufferWriter<byte> output)
    {
        var writer = Begin(type, output);
        writer.WriteString("item_id"u8, item.Id);
        writer.WriteNumber("output_index"u8, item.Index);
        return writer;
    }

    /// <summary>Ends the event.</summary>
    public void End(IBufferWriter<byte> output) => _events.EndObject(output);

    /// <summary>Writes the event that opens or closes an item.</summary>
    public void WriteItem(ReadOnlySpan<byte> type, int index, ReadOnlySpan<byte> item, IBufferWriter<byte> output)
    {
        var writer = Begin(type, output);
        writer.WriteNumber("output_index"u8, index);
        writer.WritePropertyName("item"u8);
        writer.WriteRawValue(item, skipInputValidation: true);
        End(output);
    }

    /// <summary>Writes an item of this format's own that arrives as a whole.</summary>
    public void WriteWhole(JsonElement item, List<ReadOnlyMemory<byte>> items, IBufferWriter<byte> output)
    {
        var raw = JsonMarshal.GetRawUtf8Value(item);
        WriteItem("response.output_item.added"u8, items.Count, raw, output);
        WriteItem("response.output_item.done"u8, items.Count, raw, output);
        items.Add(raw.ToArray());
    }
}
