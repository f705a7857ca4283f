using System.Text.Json;
using Switchyard.Calls;

namespace Switchyard.Dialects.Json;

/// <summary>
/// Reads the fields that the envelopes of several formats share. The reader is on the field's value. Every request takes this path, so
/// nothing but strings is allocated.
/// </summary>
internal static class EnvelopeFields
{
    // Fields that are given, and set no limit: null, and a number that the format takes for none.
    private const long Null = -1;
    private const long Unlimited = -2;

    /// <summary><c>model</c> and the byte range of its value. Blank or repeated, it is a 400.</summary>
    public static string Model(ref Utf8JsonReader reader, string? before, out Range range)
    {
        if (before is not null)
            throw RequestErrors.Duplicate("model");
        if (reader.TokenType != JsonTokenType.String)
            throw WrongType("model", "a string", ref reader);
        var model = reader.ValueIsEscaped ? reader.GetString()! : RecentNames.Of(reader.ValueSpan);
        if (string.IsNullOrWhiteSpace(model))
            throw RequestErrors.EmptyString("model");
        range = (int)reader.TokenStartIndex..(int)reader.BytesConsumed;
        return model;
    }

    /// <summary><c>stream</c>; null counts as false. Repeated, it is a 400.</summary>
    public static bool Stream(ref Utf8JsonReader reader, bool? before)
    {
        if (before is not null)
            throw RequestErrors.Duplicate("stream");
        return reader.TokenType switch
        {
            JsonTokenType.True => true,
            JsonTokenType.False or JsonTokenType.Null => false,
            _ => throw WrongType("stream", "a boolean", ref reader),
        };
    }

    /// <summary>
    /// A maximum of answer tokens, such as <c>max_tokens</c>, for <see cref="LimitOf"/>, which knows a field without a limit. Repeated, it
    /// is a 400, whatever the values: a budget would count one of them, and the provider might take the other.
    /// </summary>
    public static long Limit(ref Utf8JsonReader reader, string name, long? before)
    {
        if (before is not null)
            throw RequestErrors.Duplicate(name);
        if (reader.TokenType == JsonTokenType.Null)
            return Null;
        if (reader.TokenType != JsonTokenType.Number)
            throw WrongType(name, "an integer", ref reader);
        // Some local servers take -1 for "no limit". A fraction is left to the provider, which refuses it.
        return WireJson.WholeNumber(ref reader) is >= 0 and var limit ? limit : Unlimited;
    }

    /// <summary>
    /// The limit of the fields that a format has for it, as <see cref="Limit"/> has read them; null if none is set. Of two the larger
    /// counts, because servers differ in which they take.
    /// </summary>
    public static long? LimitOf(long? one, long? other = null)
    {
        if (one == Unlimited || other == Unlimited)
            return null;
        var larger = Math.Max(one ?? Null, other ?? Null);
        return larger == Null ? null : larger;
    }

    public static string? Text(ref Utf8JsonReader reader, string name) => reader.TokenType switch
    {
        JsonTokenType.String => reader.GetString(),
        JsonTokenType.Null => null,
        _ => throw WrongType(name, "a string", ref reader),
    };

    /// <summary>Skips <c>messages</c>. Missing or empty, it is a 400.</summary>
    public static void SkipMessages(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.Null)
            throw RequestErrors.Missing("messages");
        if (reader.TokenType != JsonTokenType.StartArray)
            throw WrongType("messages", "an array of objects", ref reader);
        var depth = reader.CurrentDepth;
        reader.Read();
        if (reader.TokenType == JsonTokenType.EndArray)
            throw RequestErrors.EmptyArray("messages");
        while (reader.CurrentDepth > depth)
            reader.Read();
    }

    /// <summary>The 400 for a field of the wrong type.</summary>
    public static CallException WrongType(string param, string expected, ref Utf8JsonReader reader) =>
        RequestErrors.WrongType(param, expected, reader.TokenType switch
        {
            JsonTokenType.StartObject => JsonValueKind.Object,
            JsonTokenType.StartArray => JsonValueKind.Array,
            JsonTokenType.String => JsonValueKind.String,
            JsonTokenType.Number => JsonValueKind.Number,
            JsonTokenType.True => JsonValueKind.True,
            JsonTokenType.False => JsonValueKind.False,
            _ => JsonValueKind.Null,
        });
}
