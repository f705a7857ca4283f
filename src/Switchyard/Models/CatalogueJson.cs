using System.Text.Json;

namespace Switchyard.Models;

/// <summary>
/// Steps through the data files that ship with the library. They are read at every start, without the serialiser: compiling its generic
/// code for their types takes longer than reading the files, and the code stays in memory.
/// </summary>
internal static class CatalogueJson
{
    /// <summary>The next member's name; the reader is then at its value. Null at the end of the object.</summary>
    public static string? NextMember(ref Utf8JsonReader reader)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.PropertyName)
            return null;
        var name = reader.GetString();
        reader.Read();
        return name;
    }

    /// <summary>Checks the reader's current token.</summary>
    /// <exception cref="JsonException">The token is of another type.</exception>
    public static void Expect(ref Utf8JsonReader reader, JsonTokenType token)
    {
        if (reader.TokenType != token)
            throw new JsonException($"{token} was expected at byte {reader.TokenStartIndex}, not {reader.TokenType}.");
    }

    /// <summary>The error for an unknown member: a misspelt one would otherwise be ignored silently.</summary>
    public static JsonException Unknown(string member) => new($"The catalogue has an unknown member: '{member}'.");
}
