using System.Text.Json;

namespace Switchyard.Models;

/// <summary>
/// Steps through the data files that ship with the library. They are read without the serialiser, because they are read at every start:
/// its generic code for their types takes longer to compile than the files to read, and stays in memory.
/// </summary>
internal static class CatalogueJson
{
    /// <summary>The next member's name, the reader standing on its value; null at the object's end.</summary>
    public static string? NextMember(ref Utf8JsonReader reader)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.PropertyName)
            return null;
        var name = reader.GetString();
        reader.Read();
        return name;
    }

    /// <summary>Checks what the reader stands on.</summary>
    /// <exception cref="JsonException">It is something else.</exception>
    public static void Expect(ref Utf8JsonReader reader, JsonTokenType token)
    {
        if (reader.TokenType != token)
            throw new JsonException($"{token} was expected at byte {reader.TokenStartIndex}, not {reader.TokenType}.");
    }

    /// <summary>The error of a member no reader knows: a misspelt one would otherwise be ignored in silence.</summary>
    public static JsonException Unknown(string member) => new($"The catalogue has a member nobody reads: '{member}'.");
}
