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
        if (!reader.ReadToList("input"u8))
            return false;
        var count = 0;
        while (count <= most && reader.Read() && reader.TokenType is not (JsonTokenType.EndArray or JsonTokenType.Number))
        {
            count++;
            reader.Skip();
        }

        return count > most;
    }
}
