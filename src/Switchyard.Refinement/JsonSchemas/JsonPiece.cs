using System.Text;
using System.Text.Json;
using Switchyard.Refinement.Schemas;

namespace Switchyard.Refinement.JsonSchemas;

/// <summary>A value of a JSON text, with its position: from <see cref="Start"/> to <see cref="End"/>, in bytes.</summary>
internal sealed class JsonPiece
{
    private static readonly JsonReaderOptions s_lenient = new()
    {
        CommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        MaxDepth = 3 * SchemaModel.MaxDepth,
    };

    public JsonTokenType Type { get; private init; }

    public int Start { get; private init; }

    public int End { get; private set; }

    /// <summary>The text of a string, or the characters of a number.</summary>
    public string Text { get; private init; } = "";

    /// <summary>The members of an object, in order; a duplicate name has two entries.</summary>
    public List<(string Name, int Start, JsonPiece Value)> Members { get; } = [];

    public List<JsonPiece> Items { get; } = [];

    /// <summary>The number; null if the value is not one, or is out of a decimal's range.</summary>
    public decimal? Number => Type == JsonTokenType.Number
        && decimal.TryParse(
            Text, System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture, out var number)
        ? number : null;

    /// <summary>The value as a count, 0 or more; null if it is not a whole number.</summary>
    public int? Count => Number is >= 0 and <= int.MaxValue and var number && number == decimal.Truncate(number) ? (int)number : null;

    /// <summary>The member's value; of duplicates the last, as in parsers.</summary>
    public JsonPiece? this[string name]
    {
        get
        {
            for (var i = Members.Count - 1; i >= 0; i--)
            {
                if (Members[i].Name == name)
                    return Members[i].Value;
            }

            return null;
        }
    }

    /// <summary>Reads a text. Comments and trailing commas are skipped.</summary>
    /// <exception cref="SchemaTextException">The text is not JSON.</exception>
    public static JsonPiece Read(byte[] text)
    {
        try
        {
            var reader = new Utf8JsonReader(text, s_lenient);
            reader.Read();
            var piece = Read(ref reader);
            while (reader.Read())
            {
                // Only comments may follow; anything else is refused here.
            }

            return piece;
        }
        catch (JsonException e)
        {
            throw new SchemaTextException(
                $"The schema is not valid JSON: line {e.LineNumber + 1}, column {e.BytePositionInLine + 1}. "
                    + "Send it as text in schema.code; name another format with 'format'.", e);
        }
        catch (InvalidOperationException e)
        {
            throw new SchemaTextException("The schema holds text that is not valid Unicode.", e);
        }
    }

    private static JsonPiece Read(ref Utf8JsonReader reader)
    {
        var piece = new JsonPiece
        {
            Type = reader.TokenType,
            Start = (int)reader.TokenStartIndex,
            Text = reader.TokenType switch
            {
                JsonTokenType.String => reader.GetString()!,
                JsonTokenType.Number => Encoding.ASCII.GetString(reader.ValueSpan),
                _ => "",
            },
        };
        if (reader.TokenType == JsonTokenType.StartObject)
        {
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var (name, start) = (reader.GetString()!, (int)reader.TokenStartIndex);
                reader.Read();
                piece.Members.Add((name, start, Read(ref reader)));
            }
        }
        else if (reader.TokenType == JsonTokenType.StartArray)
        {
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                piece.Items.Add(Read(ref reader));
        }

        piece.End = (int)reader.BytesConsumed;
        return piece;
    }
}
