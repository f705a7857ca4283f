using System.Text.Json;

namespace Switchyard.Dialects.Shared;

/// <summary>Whether a value of a forwarded answer holds content, decided without making a string of it.</summary>
internal static class ValueContent
{
    /// <summary>
    /// Whether the value is a text that is not blank, or a list or object that is not empty; leaves the reader where it can skip the value.
    /// </summary>
    public static bool IsPresent(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                return !IsBlank(reader.ValueSpan);
            case JsonTokenType.StartArray or JsonTokenType.StartObject:
                var ahead = reader;
                ahead.Read();
                return ahead.TokenType is not (JsonTokenType.EndArray or JsonTokenType.EndObject);
            default:
                return false;
        }
    }

    /// <summary>Whether a JSON text, as it is written, holds white space alone.</summary>
    public static bool IsBlank(ReadOnlySpan<byte> written)
    {
        for (var i = 0; i < written.Length; i++)
        {
            if (written[i] == (byte)' ')
                continue;
            if (written[i] != (byte)'\\' || ++i == written.Length || written[i] is not ((byte)'n' or (byte)'r' or (byte)'t'))
                return false;
        }

        return true;
    }
}
