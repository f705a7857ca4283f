using System.Buffers;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Dialects.Framing;

namespace Switchyard.Dialects.AnthropicMessages;

/// <summary>Writes the events of content blocks: one block open at a time, numbered without gaps.</summary>
internal sealed class BlockWriter(SseEventWriter events)
{
    private int _index = -1;

    /// <summary>The kind of the open block; null if none is open.</summary>
    public BlockKind? Open { get; private set; }

    public void Text(IBufferWriter<byte> output, string text)
    {
        Switch(output, BlockKind.Text);
        Delta(output, "text_delta"u8, "text"u8, text);
    }

    public void Thinking(IBufferWriter<byte> output, string text)
    {
        Switch(output, BlockKind.Thinking);
        Delta(output, "thinking_delta"u8, "thinking"u8, text);
    }

    /// <summary>Writes the signature, which ends the thinking.</summary>
    public void Signature(IBufferWriter<byte> output, string signature)
    {
        Switch(output, BlockKind.Thinking);
        Delta(output, "signature_delta"u8, "signature"u8, signature);
        Close(output);
    }

    public void Citation(IBufferWriter<byte> output, JsonElement citation)
    {
        Switch(output, BlockKind.Text);
        var json = Begin(output, "content_block_delta"u8);
        json.WriteStartObject("delta"u8);
        json.WriteString("type"u8, "citations_delta"u8);
        json.WritePropertyName("citation"u8);
        citation.WriteTo(json);
        json.WriteEndObject();
        End(json, output);
    }

    public void OpenCall(IBufferWriter<byte> output, WrittenCall call)
    {
        Close(output);
        Open = BlockKind.Call;
        _index++;
        var json = Begin(output, "content_block_start"u8);
        json.WriteStartObject("content_block"u8);
        json.WriteString("type"u8, "tool_use"u8);
        json.WriteString("id"u8, call.Id);
        json.WriteString("name"u8, call.Name);
        json.WriteStartObject("input"u8);
        json.WriteEndObject();
        AnswerEncoder.WriteOwn(json, call.Members);
        json.WriteEndObject();
        End(json, output);
    }

    public void Arguments(IBufferWriter<byte> output, string text) => Delta(output, "input_json_delta"u8, "partial_json"u8, text);

    /// <summary>Writes a block that comes in one piece.</summary>
    public void Whole(IBufferWriter<byte> output, AIContent content)
    {
        Close(output);
        _index++;
        Open = BlockKind.Whole;
        var json = Begin(output, "content_block_start"u8);
        json.WritePropertyName("content_block"u8);
        AnswerEncoder.TryWriteWhole(json, content);
        End(json, output);
        Close(output);
    }

    public void Close(IBufferWriter<byte> output)
    {
        if (Open is null)
            return;
        Open = null;
        End(Begin(output, "content_block_stop"u8), output);
    }

    private void Switch(IBufferWriter<byte> output, BlockKind kind)
    {
        if (Open == kind)
            return;
        Close(output);
        Open = kind;
        _index++;
        var json = Begin(output, "content_block_start"u8);
        json.WriteStartObject("content_block"u8);
        if (kind == BlockKind.Text)
        {
            json.WriteString("type"u8, "text"u8);
            json.WriteString("text"u8, ""u8);
        }
        else
        {
            json.WriteString("type"u8, "thinking"u8);
            json.WriteString("thinking"u8, ""u8);
            json.WriteString("signature"u8, ""u8);
        }

        json.WriteEndObject();
        End(json, output);
    }

    private void Delta(IBufferWriter<byte> output, ReadOnlySpan<byte> type, ReadOnlySpan<byte> member, string text)
    {
        var json = Begin(output, "content_block_delta"u8);
        json.WriteStartObject("delta"u8);
        json.WriteString("type"u8, type);
        json.WriteString(member, text);
        json.WriteEndObject();
        End(json, output);
    }

    private Utf8JsonWriter Begin(IBufferWriter<byte> output, ReadOnlySpan<byte> type)
    {
        var json = events.Begin(output, type);
        json.WriteStartObject();
        json.WriteString("type"u8, type);
        json.WriteNumber("index"u8, _index);
        return json;
    }

    private void End(Utf8JsonWriter json, IBufferWriter<byte> output)
    {
        json.WriteEndObject();
        events.End(output);
    }
}
