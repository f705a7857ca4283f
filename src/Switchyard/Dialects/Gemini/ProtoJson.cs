using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.Gemini;

/// <summary>
/// Reads JSON written from protocol buffers: names may be in camel case or snake case, whole numbers may be strings, enum values may be
/// numbers. Names are written in camel case.
/// </summary>
internal static class ProtoJson
{
    /// <summary>The member under either spelling of its name; null if it is missing or JSON null.</summary>
    /// <param name="owner">The object.</param>
    /// <param name="name">The name in camel case.</param>
    public static JsonElement? Field(this JsonElement owner, string name)
    {
        if (owner.Member(name) is { } found)
            return found;
        if (owner.ValueKind != JsonValueKind.Object)
            return null;
        Span<char> snake = stackalloc char[name.Length * 2];
        var length = 0;
        foreach (var c in name)
        {
            if (char.IsAsciiLetterUpper(c))
                snake[length++] = '_';
            snake[length++] = char.ToLowerInvariant(c);
        }

        return length > name.Length && owner.TryGetProperty(snake[..length], out var value) && value.ValueKind != JsonValueKind.Null
            ? value
            : null;
    }

    /// <summary>The member when it is a string, null otherwise.</summary>
    public static string? FieldText(this JsonElement owner, string name) =>
        owner.Field(name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    /// <summary>A name in camel case, however it was spelt.</summary>
    public static string Camel(string name)
    {
        if (!name.Contains('_', StringComparison.Ordinal))
            return name;
        var camel = new char[name.Length];
        var length = 0;
        var raise = false;
        foreach (var c in name)
        {
            if (c == '_')
            {
                raise = length > 0;
                continue;
            }

            camel[length++] = raise ? char.ToUpperInvariant(c) : c;
            raise = false;
        }

        return new string(camel, 0, length);
    }

    /// <summary>A whole number, also one written as a string; null for anything else.</summary>
    public static long? Whole(JsonElement? value) => value switch
    {
        { ValueKind: JsonValueKind.Number } number => WireJson.WholeNumber(number),
        { ValueKind: JsonValueKind.String } text
            when long.TryParse(text.GetString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) => whole,
        _ => null,
    };

    /// <summary>
    /// The word of an enum value, which may be its number: a number that is not known is its digits, and 0 is null, like no value.
    /// </summary>
    /// <param name="value">The value.</param>
    /// <param name="words">The words of the numbers from 1.</param>
    public static string? Word(JsonElement? value, params ReadOnlySpan<string> words) => value switch
    {
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        { ValueKind: JsonValueKind.Number } number => WireJson.WholeNumber(number) switch
        {
            null or 0 => null,
            > 0 and var at when at <= words.Length => words[(int)at - 1],
            { } other => other.ToString(CultureInfo.InvariantCulture),
        },
        _ => null,
    };

    /// <summary>A number that is written as a string, as a number; any other value unchanged.</summary>
    public static JsonElement Unquoted(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String)
            return value;
        if (Whole(value) is { } whole)
            return Build(writer => writer.WriteNumberValue(whole));
        return double.TryParse(value.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var real) && double.IsFinite(real)
            ? Build(writer => writer.WriteNumberValue(real))
            : value;
    }

    /// <summary>Makes a JSON value.</summary>
    public static JsonElement Build(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, WireJson.WriterOptions))
            write(writer);
        return JsonElement.Parse(buffer.WrittenSpan);
    }

    /// <summary>A string as a JSON value.</summary>
    public static JsonElement Text(string value) => Build(writer => writer.WriteStringValue(value));
}
