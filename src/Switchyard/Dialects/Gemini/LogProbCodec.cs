using System.Text;
using System.Text.Json;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.Gemini;

/// <summary>
/// Converts log probabilities: in this format the chosen and the likeliest tokens are two lists, in the canonical form one.
/// </summary>
internal static class LogProbCodec
{
    /// <summary>The canonical form of <c>logprobsResult</c>; null if it holds nothing.</summary>
    public static JsonElement? Read(JsonElement? result)
    {
        if (result?.Field("chosenCandidates") is not { ValueKind: JsonValueKind.Array } chosen)
            return null;
        var top = result.Value.Field("topCandidates") is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray().ToArray() : [];
        return ProtoJson.Build(writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartArray("content"u8);
            var at = 0;
            foreach (var token in chosen.EnumerateArray())
            {
                writer.WriteStartObject();
                WriteToken(writer, token);
                writer.WriteStartArray("top_logprobs"u8);
                if (at < top.Length && top[at].Field("candidates") is { ValueKind: JsonValueKind.Array } candidates)
                {
                    foreach (var candidate in candidates.EnumerateArray())
                    {
                        writer.WriteStartObject();
                        WriteToken(writer, candidate);
                        writer.WriteEndObject();
                    }
                }

                writer.WriteEndArray();
                writer.WriteEndObject();
                at++;
            }

            writer.WriteEndArray();
            writer.WriteNull("refusal"u8);
            writer.WriteEndObject();
        });
    }

    /// <summary>Writes <c>logprobsResult</c> from the canonical form.</summary>
    public static void Write(Utf8JsonWriter writer, JsonElement logProbs)
    {
        if (logProbs.Member("content") is not { ValueKind: JsonValueKind.Array } content)
            return;
        writer.WriteStartObject("logprobsResult"u8);
        writer.WriteStartArray("chosenCandidates"u8);
        foreach (var token in content.EnumerateArray())
            WriteCandidate(writer, token);
        writer.WriteEndArray();
        writer.WriteStartArray("topCandidates"u8);
        foreach (var token in content.EnumerateArray())
        {
            writer.WriteStartObject();
            writer.WriteStartArray("candidates"u8);
            if (token.Member("top_logprobs") is { ValueKind: JsonValueKind.Array } top)
            {
                foreach (var candidate in top.EnumerateArray())
                    WriteCandidate(writer, candidate);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteToken(Utf8JsonWriter writer, JsonElement token)
    {
        var text = token.FieldText("token") ?? "";
        writer.WriteString("token"u8, text);
        writer.WritePropertyName("logprob"u8);
        if (token.Field("logProbability") is { ValueKind: JsonValueKind.Number } number)
            number.WriteTo(writer);
        else
            writer.WriteNumberValue(0);
        writer.WriteStartArray("bytes"u8);
        foreach (var value in Encoding.UTF8.GetBytes(text))
            writer.WriteNumberValue(value);
        writer.WriteEndArray();
    }

    private static void WriteCandidate(Utf8JsonWriter writer, JsonElement token)
    {
        writer.WriteStartObject();
        writer.WriteString("token"u8, token.Text("token") ?? "");
        writer.WritePropertyName("logProbability"u8);
        if (token.Member("logprob") is { ValueKind: JsonValueKind.Number } number)
            number.WriteTo(writer);
        else
            writer.WriteNumberValue(0);
        writer.WriteEndObject();
    }
}
