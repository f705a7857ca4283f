using System.Buffers;
using System.Text.Json;

namespace Switchyard.Stored;

/// <summary>Reads the few members that matter of what a provider says it keeps, and writes lists.</summary>
internal static class StoredJson
{
    /// <summary>The text of a member at the top of an object; null where it is missing or no text.</summary>
    /// <exception cref="JsonException">It is no JSON object.</exception>
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
    /// <exception cref="JsonException">It is none.</exception>
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

    /// <summary>A list in OpenAI's shape.</summary>
    public static byte[] Write(StoredPage page)
    {
        var output = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
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
/// <param name="Items">The ids, and what the list says of each.</param>
/// <param name="HasMore">Whether others follow.</param>
internal sealed record StoredPage(IReadOnlyList<(string Id, ReadOnlyMemory<byte> Json)> Items, bool HasMore);
