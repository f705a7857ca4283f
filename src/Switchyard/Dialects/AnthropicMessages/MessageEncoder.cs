using System.Text.Json;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared;

namespace Switchyard.Dialects.AnthropicMessages;

/// <summary>Writes the turns of a conversation, of which <see cref="SendableTurns"/> left only what can be written.</summary>
internal sealed class MessageEncoder(Utf8JsonWriter writer, CacheHints hints, LossReport losses)
{
    private readonly ContentEncoder _contents = new(writer, hints, losses);

    public void WriteAll(IReadOnlyList<Turn> turns)
    {
        writer.WriteStartArray("messages"u8);
        for (var i = 0; i < turns.Count; i++)
            Write(turns[i], isLast: i == turns.Count - 1);
        writer.WriteEndArray();
    }

    private void Write(Turn turn, bool isLast)
    {
        writer.WriteStartObject();
        writer.WriteString("role"u8, turn.IsAssistant ? "assistant"u8 : "user"u8);
        writer.WriteStartArray("content"u8);
        for (var i = 0; i < turn.Contents.Count; i++)
        {
            // A prefill (a last turn of the assistant) may not end in white space.
            var begunAnswer = isLast && turn.IsAssistant && i == turn.Contents.Count - 1;
            _contents.Write(turn.Contents[i], begunAnswer);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
