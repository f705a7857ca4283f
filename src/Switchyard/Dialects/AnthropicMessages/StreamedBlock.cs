using System.Buffers;
using System.Text;
using System.Text.Json;
using Switchyard.Dialects.Json;

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
    public BlockKind Kind { get; } = kind;

    public JsonElement Start { get; } = start;

    /// <summary>The call's position among the calls, from 0.</summary>
    public int CallIndex { get; init; }

    public string CallId { get; init; } = "";

    public string Name { get; init; } = "";

    /// <summary>The pieces of the arguments, or of the signature.</summary>
    public StringBuilder Gathered { get; } = new();

    public bool IsClosed { get; set; }

    /// <summary>The block with the input that came in pieces after it.</summary>
    public JsonElement WithInput()
    {
        if (Gathered.Length == 0 || RawJson.AsObject(Gathered.ToString()) is not { } input)
            return Start;
        var output = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(output, WireJson.WriterOptions))
        {
            writer.WriteStartObject();
            foreach (var member in Start.EnumerateObject())
            {
                if (!member.NameEquals("input"))
                    member.WriteTo(writer);
            }

            writer.WritePropertyName("input"u8);
            RawJson.Write(writer, input);
            writer.WriteEndObject();
        }

        return JsonElement.Parse(output.WrittenSpan);
    }
}
