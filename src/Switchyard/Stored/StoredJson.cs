using System.Buffers;
using System.Text.Json;
using Switchyard.Dialects;

namespace Switchyard.Stored;

/// <summary>Reads the few members that matter of a provider's stored objects, and writes lists.</summary>
internal static class StoredJson
{
    /// <summary>The text of a top-level member of an object; null if missing or not text.</summary>
    /// <exception cref="JsonException">It is not a JSON object.</exception>
    public static string? Text(ReadOnlySpan<byte> json, ReadOnlySpan<byte> member)
    {
        var reader = new Utf8JsonReader(json);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException("It is no object.");
        string? found = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isMember = reader.ValueTextEquals(member);
            reader.Read();
            if (isMember)
                found = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
            reader.Skip();
        }

        return found;
    }

    /// <summary>One page of a provider's list.</summary>
    /// <exception cref="JsonException">It is not a list.</exception>
    public static StoredPage Page(ReadOnlyMemory<byte> json)
    {
        var reader = new Utf8JsonReader(json.Span);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException("It is no object.");
        List<(string Id, ReadOnlyMemory<byte> Json)>? items = null;
        var hasMore = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var (isData, isMore) = (reader.ValueTextEquals("data"u8), reader.ValueTextEquals("has_more"u8));
            reader.Read();
            if (isMore)
                hasMore = reader.TokenType == JsonTokenType.True;
            if (!isData || reader.TokenType != JsonTokenType.StartArray)
            {
                reader.Skip();
                continue;
            }

            items = [];
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                var start = (int)reader.TokenStartIndex;
                reader.Skip();
                var item = json[start..(int)reader.BytesConsumed];
                if (Text(item.Span, "id"u8) is { } id)
                    items.Add((id, item));
            }
        }

        return items is null ? throw new JsonException("It has no list 'data'.") : new(items, hasMore);
    }

    /// <summary>JSON with replacements, which are in the order of their position.</summary>
    public static ReadOnlyMemory<byte> Splice(ReadOnlyMemory<byte> json, List<ForwardEdit> edits)
    {
        if (edits.Count == 0)
            return json;
        var output = new ArrayBufferWriter<byte>(json.Length + edits.Sum(edit => edit.Bytes.Length));
        var position = 0;
        foreach (var edit in edits)
        {
            output.Write(json.Span[position..edit.Start]);
            output.Write(edit.Bytes.Span);
            position = edit.Start + edit.Length;
        }

        output.Write(json.Span[position..]);
        return output.WrittenMemory;
    }

    /// <summary>A list.</summary>
    /// <param name="page">The objects.</param>
    /// <param name="isNamed">Whether it says that it is a list, as OpenAI's do.</param>
    public static byte[] Write(StoredPage page, bool isNamed)
    {
        var output = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            if (isNamed)
                json.WriteString("object", "list");
            json.WriteStartArray("data");
            foreach (var (_, item) in page.Items)
                json.WriteRawValue(item.Span, skipInputValidation: true);
            json.WriteEndArray();
            json.WriteString("first_id", page.Items is [var first, ..] ? first.Id : null);
            json.WriteString("last_id", page.Items is [.., var last] ? last.Id : null);
            json.WriteBoolean("has_more", page.HasMore);
            json.WriteEndObject();
        }

        return output.WrittenSpan.ToArray();
    }
}

/// <summary>One page of a list.</summary>
/// <param name="Items">The ids and objects of the page.</param>
/// <param name="HasMore">Whether others follow.</param>
internal sealed record StoredPage(IReadOnlyList<(string Id, ReadOnlyMemory<byte> Json)> Items, bool HasMore);
