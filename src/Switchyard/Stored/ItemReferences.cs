using System.Buffers;
using System.Text.Json;
using Switchyard.Dialects.Json;

namespace Switchyard.Stored;

/// <summary>
/// References in a request (<c>item_reference</c>) to items of stored answers, and their resolution. The id of such an item is derived from
/// its answer's id, which locates it; an id issued by a provider is meaningful only there, and is kept.
/// </summary>
internal static class ItemReferences
{
    /// <summary>The part after the prefix in ids of answers and items begins with these letters, then 32 hexadecimal digits.</summary>
    private const string StemBegin = "sy";

    private const int StemLength = 34;

    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789abcdef");

    /// <summary>A reference.</summary>
    /// <param name="Place">Its index in the input.</param>
    /// <param name="Id">The id of the item.</param>
    /// <param name="Answer">The id of the answer that holds it.</param>
    public readonly record struct Reference(int Place, string Id, string Answer);

    /// <summary>The references of a request to items of answers that may be stored here.</summary>
    public static List<Reference> Find(JsonElement request)
    {
        List<Reference> found = [];
        if (request.Member("input") is not { ValueKind: JsonValueKind.Array } input)
            return found;
        var place = 0;
        foreach (var item in input.EnumerateArray())
        {
            if (item.Member("type") is { ValueKind: JsonValueKind.String } type && type.ValueEquals("item_reference"u8)
                && item.Text("id") is { } id && AnswerOf(id) is { } answer)
            {
                found.Add(new(place, id, answer));
            }

            place++;
        }

        return found;
    }

    /// <summary>The items of an answer, by their ids.</summary>
    public static Dictionary<string, JsonElement> ItemsOf(KeptResponse answer)
    {
        var items = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var item in KeptItems.OutputOf(answer).EnumerateArray())
        {
            if (item.Text("id") is { } id)
                items.TryAdd(id, item);
        }

        return items;
    }

    /// <summary>The input of a request with these items at their indexes, an array in JSON.</summary>
    public static byte[] Replace(JsonElement request, Dictionary<int, JsonElement> items)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output, WireJson.WriterOptions))
        {
            json.WriteStartArray();
            var place = 0;
            foreach (var item in request.Member("input")!.Value.EnumerateArray())
                items.GetValueOrDefault(place++, item).WriteTo(json);
            json.WriteEndArray();
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>The answer's id from which an item's id is derived; null for an item that was not created here.</summary>
    private static string? AnswerOf(string id)
    {
        var stem = id.AsSpan(id.LastIndexOf('_') + 1);
        return stem.Length > StemLength && stem.StartsWith(StemBegin, StringComparison.Ordinal)
            && !stem[StemBegin.Length..].ContainsAnyExcept(Digits)
                ? $"resp_{stem[..StemLength]}"
                : null;
    }
}
