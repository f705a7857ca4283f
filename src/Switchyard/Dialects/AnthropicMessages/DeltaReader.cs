using System.Text.Json;

namespace Switchyard.Dialects.AnthropicMessages;

/// <summary>What a delta adds to its block.</summary>
internal enum DeltaKind
{
    /// <summary>A rare or unknown delta, which takes the slow path.</summary>
    Other,

    /// <summary>Text.</summary>
    Text,

    /// <summary>A piece of a tool call's arguments.</summary>
    Arguments,

    /// <summary>Thinking.</summary>
    Thinking,
}

/// <summary>
/// Reads the events that make up nearly all of a stream in one pass, without building an object model: each costs the string it carries.
/// </summary>
internal ref struct DeltaReader
{
    private bool _isDelta;

    /// <summary>The block it belongs to.</summary>
    public long Index { get; private set; }

    public DeltaKind Kind { get; private set; }

    /// <summary>What is added; never null once read.</summary>
    public string? Text { get; private set; }

    /// <returns>False for any other event and anything unusual: it must take the slow path, which also reports errors.</returns>
    public bool TryRead(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (!TakeMember(ref reader))
                    return false;
            }

            // Throws when something other than white space follows the object.
            return !reader.Read() && _isDelta && Kind != DeltaKind.Other && Text is not null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    private bool TakeMember(ref Utf8JsonReader reader)
    {
        if (reader.ValueTextEquals("type"u8))
        {
            reader.Read();
            return _isDelta = reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("content_block_delta"u8);
        }

        if (reader.ValueTextEquals("index"u8))
        {
            reader.Read();
            var isNumber = reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var index) && (Index = index) >= 0;
            return isNumber;
        }

        if (reader.ValueTextEquals("delta"u8))
        {
            reader.Read();
            return reader.TokenType == JsonTokenType.StartObject && TakeDelta(ref reader);
        }

        reader.Read();
        reader.Skip();
        return true;
    }

    private bool TakeDelta(ref Utf8JsonReader reader)
    {
        var textKind = DeltaKind.Other;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("type"u8))
            {
                reader.Read();
                Kind = KindOf(ref reader);
                if (Kind == DeltaKind.Other)
                    return false;
                continue;
            }

            var kind = reader.ValueTextEquals("text"u8) ? DeltaKind.Text
                : reader.ValueTextEquals("partial_json"u8) ? DeltaKind.Arguments
                : reader.ValueTextEquals("thinking"u8) ? DeltaKind.Thinking
                : DeltaKind.Other;
            reader.Read();
            if (kind == DeltaKind.Other)
            {
                reader.Skip();
                continue;
            }

            if (reader.TokenType != JsonTokenType.String)
                return false;
            textKind = kind;
            Text = reader.GetString();
        }

        return textKind == Kind;
    }

    private static DeltaKind KindOf(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.String)
            return DeltaKind.Other;
        if (reader.ValueTextEquals("text_delta"u8))
            return DeltaKind.Text;
        if (reader.ValueTextEquals("input_json_delta"u8))
            return DeltaKind.Arguments;
        return reader.ValueTextEquals("thinking_delta"u8) ? DeltaKind.Thinking : DeltaKind.Other;
    }
}
