using System.Buffers;
using System.Text.Json;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.Cohere;

/// <summary>Converts log probabilities, which come as pieces of text with one number per token, into OpenAI's shape.</summary>
internal static class LogProbs
{
    /// <summary>Reads a list of pieces, or one; null if none can be read.</summary>
    public static JsonElement? Read(JsonElement? wire)
    {
        if (wire is not { } list)
            return null;
        var pieces = (list.ValueKind == JsonValueKind.Array ? list.EnumerateArray().ToList() : [list])
            .Where(piece => piece.Text("text") is not null && piece.Member("logprobs") is { ValueKind: JsonValueKind.Array }).ToList();
        if (pieces.Count == 0)
            return null;
        var output = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(output, WireJson.WriterOptions))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("content"u8);
            foreach (var piece in pieces)
                WritePiece(writer, piece);
            writer.WriteEndArray();
            writer.WriteNull("refusal"u8);
            writer.WriteEndObject();
        }

        return JsonElement.Parse(output.WrittenSpan);
    }

    private static void WritePiece(Utf8JsonWriter writer, JsonElement piece)
    {
        // The probability of a piece is that of all its tokens.
        var sum = piece.GetProperty("logprobs").EnumerateArray()
            .Sum(value =>
                value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number) ? number : 0);
        writer.WriteStartObject();
        writer.WriteString("token"u8, piece.Text("text"));
        writer.WriteNumber("logprob"u8, double.IsFinite(sum) ? sum : -9999);
        writer.WriteNull("bytes"u8);
        writer.WriteStartArray("top_logprobs"u8);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
