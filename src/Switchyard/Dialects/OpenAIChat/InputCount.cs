using System.Text.Json;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.OpenAIChat;

/// <summary>Counts the texts of an embedding request without decoding it.</summary>
internal static class InputCount
{
    /// <summary>Whether <c>input</c> is a list of more texts than given. A list of token ids is one text, as is each in a list.</summary>
    public static bool Exceeds(ReadOnlySpan<byte> body, int most)
    {
        var reader = new Utf8JsonReader(body);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isInput = reader.Is("input"u8);
            reader.Read();
            if (!isInput || reader.TokenType != JsonTokenType.StartArray)
            {
                reader.Skip();
                continue;
            }

            var count = 0;
            while (count <= most && reader.Read() && reader.TokenType is not (JsonTokenType.EndArray or JsonTokenType.Number))
            {
                count++;
                reader.Skip();
            }

            return count > most;
        }

        return false;
    }
}
