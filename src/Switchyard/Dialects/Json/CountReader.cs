using System.Text.Json;

namespace Switchyard.Dialects.Json;

/// <summary>Reads a token count.</summary>
internal static class CountReader
{
    /// <summary>
    /// Reads the value the reader stands on and leaves it on the value's last token; null for anything but a number from 0.
    /// </summary>
    public static long? Read(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.Number)
        {
            reader.Skip();
            return null;
        }

        // Some servers write counts as decimals: 12.0.
        if (reader.TryGetInt64(out var whole))
            return whole >= 0 ? whole : null;
        return reader.TryGetDouble(out var real) && real is >= 0 and < 9e15 ? (long)real : null;
    }

    /// <summary>The same for the value after a name.</summary>
    public static long? Next(ref Utf8JsonReader reader)
    {
        reader.Read();
        return Read(ref reader);
    }
}
