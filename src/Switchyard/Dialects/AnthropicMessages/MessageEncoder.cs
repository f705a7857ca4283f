using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared;

namespace Switchyard.Dialects.AnthropicMessages;

/// <summary>Writes the turns of a conversation. A turn without writable content is left out.</summary>
internal sealed class MessageEncoder(Utf8JsonWriter writer, CacheHints hints, LossReport losses)
{
    private readonly ContentEncoder _contents = new(writer, hints, losses);
    private readonly HashSet<ChatMessage> _reported = new(ReferenceEqualityComparer.Instance);

    public void WriteAll(IReadOnlyList<Turn> turns)
    {
        writer.WriteStartArray("messages"u8);
        for (var i = 0; i < turns.Count; i++)
            Write(turns[i], isLast: i == turns.Count - 1);
        writer.WriteEndArray();
    }

    private void Write(Turn turn, bool isLast)
    {
        foreach (var item in turn.Contents)
            Report(item);
        if (!turn.Contents.Exists(ContentEncoder.IsWritable))
        {
            foreach (var item in turn.Contents)
                _contents.Write(item, turn, trimEnd: false);
            return;
        }

        writer.WriteStartObject();
        writer.WriteString("role"u8, turn.IsAssistant ? "assistant"u8 : "user"u8);
        writer.WriteStartArray("content"u8);
        for (var i = 0; i < turn.Contents.Count; i++)
        {
            // A prefill (a last turn of the assistant) may not end in white space.
            var begunAnswer = isLast && turn.IsAssistant && i == turn.Contents.Count - 1;
            _contents.Write(turn.Contents[i], turn, begunAnswer);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    /// <summary>Reports the members beside the content, once a message.</summary>
    private void Report(TurnContent item)
    {
        var message = item.Message;
        if (message.AuthorName is null && message.AdditionalProperties is null || !_reported.Add(message))
            return;
        var path = ContentEncoder.MessagePath(item.Path);
        if (!string.IsNullOrEmpty(message.AuthorName) && item.Content is not FunctionResultContent)
            losses.Drop(path + ".name");
        KeptFields.ReportForeign(message.AdditionalProperties, AnthropicKeys.Dialect, losses, path);
        KeptFields.ReportUnprefixed(
            message.AdditionalProperties,
            (name, value) => name == CanonicalKeys.CacheControl || value.ValueKind is JsonValueKind.Null
                || (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 0),
            losses, path);
    }
}
