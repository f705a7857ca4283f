using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Dialects.Shared.Tools;

namespace Switchyard.Dialects.AnthropicMessages;

/// <summary>What a block of a stream is.</summary>
internal enum BlockKind
{
    /// <summary>Text, or any block that gets text deltas.</summary>
    Text,

    /// <summary>Thinking.</summary>
    Thinking,

    /// <summary>A call of a client's tool.</summary>
    Call,

    /// <summary>A call of <see cref="AnthropicKeys.AnswerTool"/>: its input is the answer.</summary>
    Answer,

    /// <summary>A block that only this format has, kept whole.</summary>
    Whole,
}

/// <summary>One block of a stream being read.</summary>
/// <param name="kind">What it is.</param>
/// <param name="start">The block as it was opened.</param>
internal sealed class StreamedBlock(BlockKind kind, JsonElement start)
{
    private StringBuilder? _summary;
    private JsonElement? _encrypted;

    public BlockKind Kind { get; } = kind;

    public JsonElement Start { get; } = start;

    /// <summary>The call's position among the calls, from 0.</summary>
    public int CallIndex { get; init; }

    public string CallId { get; init; } = "";

    public string Name { get; init; } = "";

    /// <summary>The pieces of the arguments, or of the signature.</summary>
    public StringBuilder Gathered { get; } = new();

    public bool IsClosed { get; set; }

    /// <summary>A block as it is opened.</summary>
    /// <param name="block">The block.</param>
    /// <param name="calls">How many calls came before it.</param>
    /// <param name="answerId">The answer's id, of which a call without one gets its own.</param>
    public static StreamedBlock Of(JsonElement block, int calls, string? answerId)
    {
        switch (block.Text("type"))
        {
            case "text" or null:
                return new StreamedBlock(BlockKind.Text, block);
            case "thinking":
                return new StreamedBlock(BlockKind.Thinking, block);
            case "tool_use" when block.Text("name") == AnthropicKeys.AnswerTool:
                return new StreamedBlock(BlockKind.Answer, block);
            case "tool_use":
                var id = block.Text("id") is { Length: > 0 } wireId
                    ? wireId
                    : string.Create(CultureInfo.InvariantCulture, $"toolu_{AnthropicKeys.CallIds.Fit(answerId)}_{calls}");
                return new StreamedBlock(BlockKind.Call, block) { CallIndex = calls, CallId = id, Name = block.Text("name") ?? "" };
            default:
                return new StreamedBlock(BlockKind.Whole, block);
        }
    }

    /// <summary>The call's further members, under this format's keys; null without any.</summary>
    public AdditionalPropertiesDictionary? Members()
    {
        AdditionalPropertiesDictionary? members = null;
        foreach (var member in Start.EnumerateObject())
        {
            if (member.Value.ValueKind != JsonValueKind.Null && !member.IsNamed("type", "id", "name", "input"))
                KeptFields.Keep(ref members, AnthropicKeys.Dialect, member.Name, member.Value);
        }

        return members;
    }

    /// <summary>The whole call.</summary>
    public FunctionCallContent ToCall()
    {
        var call = ToolArguments.ToCall(CallId, Name, Gathered.ToString());
        call.AdditionalProperties![CanonicalKeys.ToolCallIndex] = CallIndex;
        foreach (var (name, value) in Members() ?? [])
            call.AdditionalProperties[name] = value;
        return call;
    }

    /// <summary>
    /// Takes a delta of a <c>compaction</c> block: a piece of the summary, and its encrypted form, of which the last counts.
    /// </summary>
    /// <returns>The piece.</returns>
    public string TakeCompaction(JsonElement delta)
    {
        _encrypted = delta.Member("encrypted_content") ?? _encrypted;
        if (delta.Text("content") is not { } piece)
            return "";
        (_summary ??= new StringBuilder(Start.Text("content"))).Append(piece);
        return piece;
    }

    /// <summary>The block with what came in pieces after it: its input, or the summary of a conversation.</summary>
    public JsonElement Whole()
    {
        var input = Gathered.Length == 0 ? null : RawJson.AsObject(Gathered.ToString());
        if (input is null && _summary is null && _encrypted is null)
            return Start;
        var output = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(output, WireJson.WriterOptions))
        {
            writer.WriteStartObject();
            foreach (var member in Start.EnumerateObject())
            {
                var isReplaced = (input is not null && member.NameEquals("input"))
                    || (_summary is not null && member.NameEquals("content"))
                    || (_encrypted is not null && member.NameEquals("encrypted_content"));
                if (!isReplaced)
                    member.WriteTo(writer);
            }

            if (input is { } arguments)
            {
                writer.WritePropertyName("input"u8);
                RawJson.Write(writer, arguments);
            }

            if (_summary is not null)
                writer.WriteString("content"u8, _summary.ToString());
            if (_encrypted is { } encrypted)
            {
                writer.WritePropertyName("encrypted_content"u8);
                encrypted.WriteTo(writer);
            }

            writer.WriteEndObject();
        }

        return JsonElement.Parse(output.WrittenSpan);
    }
}
