using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Tools;

namespace Switchyard.Dialects.OpenAIResponses;

/// <summary>A tool call that is written, whole or piece by piece.</summary>
/// <param name="Source">Its position as the decoder counts; null for one that came whole.</param>
/// <param name="Id">Its id.</param>
/// <param name="Name">The tool's name.</param>
/// <param name="IsCustom">Whether its input is free text.</param>
/// <param name="Namespace">The namespace of its tool; null without one.</param>
internal sealed record WrittenCall(int? Source, string Id, string Name, bool IsCustom, JsonElement? Namespace = null);

/// <summary>The item a stream is writing.</summary>
/// <param name="index">Its place in the output.</param>
/// <param name="id">Its id.</param>
internal abstract class OpenItem(int index, string id)
{
    public int Index { get; } = index;

    public string Id { get; } = id;

    /// <summary>Writes the event that opens it.</summary>
    public virtual void Open(EventWriter events, IBufferWriter<byte> output) =>
        events.WriteItem("response.output_item.added"u8, Index, Render("in_progress"), output);

    /// <summary>Writes the events that close it.</summary>
    /// <returns>The finished item.</returns>
    public ReadOnlyMemory<byte> Close(string status, EventWriter events, IBufferWriter<byte> output)
    {
        CloseContent(events, output);
        var item = Render(status).ToArray();
        events.WriteItem("response.output_item.done"u8, Index, item, output);
        return item;
    }

    protected abstract void CloseContent(EventWriter events, IBufferWriter<byte> output);

    protected abstract void Render(Utf8JsonWriter writer, string status);

    private ReadOnlySpan<byte> Render(string status)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, WireJson.WriterOptions))
            Render(writer, status);
        return buffer.WrittenSpan;
    }
}

/// <summary>A message: parts, one after the other.</summary>
internal sealed class OpenMessage(int index, string id, JsonElement? item) : OpenItem(index, id)
{
    private readonly List<OutputPart> _parts = [];
    private bool _partIsOpen;

    public void Write(TextContent text, bool isRefusal, List<JsonElement> logProbs, EventWriter events, IBufferWriter<byte> output)
    {
        if (!_partIsOpen || _parts[^1].IsRefusal != isRefusal)
            BeginPart(isRefusal, events, output);
        var part = _parts[^1];
        if (text.Text.Length > 0)
        {
            part.Text.Append(text.Text);
            var writer = BeginContent(isRefusal ? "response.refusal.delta"u8 : "response.output_text.delta"u8, events, output);
            writer.WriteString("delta"u8, text.Text);
            if (!isRefusal)
                OutputPart.WriteLogProbs(writer, logProbs);
            events.End(output);
            part.LogProbs.AddRange(logProbs);
        }

        foreach (var citation in text.Annotations?.OfType<CitationAnnotation>() ?? [])
        {
            if (isRefusal || !AnnotationCodec.CanWrite(citation))
                continue;
            var writer = BeginContent("response.output_text.annotation.added"u8, events, output);
            writer.WriteNumber("annotation_index"u8, part.Annotations.Count);
            writer.WritePropertyName("annotation"u8);
            AnnotationCodec.Write(writer, citation);
            events.End(output);
            part.Annotations.Add(citation);
        }
    }

    protected override void CloseContent(EventWriter events, IBufferWriter<byte> output)
    {
        if (_partIsOpen)
            EndPart(events, output);
    }

    protected override void Render(Utf8JsonWriter writer, string status) => OutputWriter.WriteMessage(writer, Id, status, _parts, item);

    private void BeginPart(bool isRefusal, EventWriter events, IBufferWriter<byte> output)
    {
        if (_partIsOpen)
            EndPart(events, output);
        _partIsOpen = true;
        _parts.Add(new OutputPart(isRefusal));
        WritePart("response.content_part.added"u8, events, output);
    }

    private void EndPart(EventWriter events, IBufferWriter<byte> output)
    {
        var part = _parts[^1];
        var writer = BeginContent(part.IsRefusal ? "response.refusal.done"u8 : "response.output_text.done"u8, events, output);
        writer.WriteString(part.IsRefusal ? "refusal"u8 : "text"u8, part.Text.ToString());
        if (!part.IsRefusal)
            OutputPart.WriteLogProbs(writer, part.LogProbs);
        events.End(output);
        WritePart("response.content_part.done"u8, events, output);
        _partIsOpen = false;
    }

    private void WritePart(ReadOnlySpan<byte> type, EventWriter events, IBufferWriter<byte> output)
    {
        var writer = BeginContent(type, events, output);
        writer.WritePropertyName("part"u8);
        _parts[^1].Write(writer);
        events.End(output);
    }

    private Utf8JsonWriter BeginContent(ReadOnlySpan<byte> type, EventWriter events, IBufferWriter<byte> output)
    {
        var writer = events.Begin(type, this, output);
        writer.WriteNumber("content_index"u8, _parts.Count - 1);
        return writer;
    }
}

/// <summary>Reasoning: one summary part.</summary>
internal sealed class OpenReasoning(int index, string id) : OpenItem(index, id)
{
    private readonly StringBuilder _text = new();

    /// <summary>The encrypted reasoning, once it has arrived, which ends the item.</summary>
    public string? Encrypted { get; set; }

    public void Write(string text, EventWriter events, IBufferWriter<byte> output)
    {
        if (_text.Length == 0)
            WritePart("response.reasoning_summary_part.added"u8, events, output);
        _text.Append(text);
        var writer = BeginSummary("response.reasoning_summary_text.delta"u8, events, output);
        writer.WriteString("delta"u8, text);
        events.End(output);
    }

    protected override void CloseContent(EventWriter events, IBufferWriter<byte> output)
    {
        if (_text.Length == 0)
            return;
        var writer = BeginSummary("response.reasoning_summary_text.done"u8, events, output);
        writer.WriteString("text"u8, _text.ToString());
        events.End(output);
        WritePart("response.reasoning_summary_part.done"u8, events, output);
    }

    protected override void Render(Utf8JsonWriter writer, string status) =>
        OutputWriter.WriteReasoning(writer, Id, status, _text.ToString(), Encrypted);

    private void WritePart(ReadOnlySpan<byte> type, EventWriter events, IBufferWriter<byte> output)
    {
        var writer = BeginSummary(type, events, output);
        writer.WritePropertyName("part"u8);
        OutputWriter.WriteSummary(writer, _text.ToString());
        events.End(output);
    }

    private Utf8JsonWriter BeginSummary(ReadOnlySpan<byte> type, EventWriter events, IBufferWriter<byte> output)
    {
        var writer = events.Begin(type, this, output);
        writer.WriteNumber("summary_index"u8, 0);
        return writer;
    }
}

/// <summary>A call of a function or of a custom tool.</summary>
internal sealed class OpenCall(int index, string id, WrittenCall call, JsonElement? item) : OpenItem(index, id)
{
    private readonly StringBuilder _arguments = new();
    private ArgumentScan _scan;

    public WrittenCall Call => call;

    public bool IsEmpty => _arguments.Length == 0;

    /// <summary>Whether the arguments are known to be complete. Free text is complete only when the whole call arrives.</summary>
    public bool IsWhole => !call.IsCustom && _scan.IsWhole;

    public void Write(string arguments, EventWriter events, IBufferWriter<byte> output)
    {
        if (arguments.Length == 0)
            return;
        _arguments.Append(arguments);
        _scan.Take(arguments);
        var writer = events.Begin(
            call.IsCustom ? "response.custom_tool_call_input.delta"u8 : "response.function_call_arguments.delta"u8, this, output);
        writer.WriteString("delta"u8, arguments);
        events.End(output);
    }

    protected override void CloseContent(EventWriter events, IBufferWriter<byte> output)
    {
        // A call without arguments must still have valid JSON.
        if (_arguments.Length == 0 && !call.IsCustom)
            Write("{}", events, output);
        var writer = events.Begin(
            call.IsCustom ? "response.custom_tool_call_input.done"u8 : "response.function_call_arguments.done"u8, this, output);
        writer.WriteString(call.IsCustom ? "input"u8 : "arguments"u8, _arguments.ToString());
        if (!call.IsCustom)
            writer.WriteString("name"u8, call.Name);
        events.End(output);
    }

    protected override void Render(Utf8JsonWriter writer, string status) =>
        OutputWriter.WriteCall(writer, Id, status, call, _arguments.ToString(), item);
}
