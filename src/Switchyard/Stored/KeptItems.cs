using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Dialects.Json;

namespace Switchyard.Stored;

/// <summary>
/// The items of stored conversations, in the Responses format: reads them from a request, prepends them to another, lists them.
/// </summary>
/// <remarks>Source: https://platform.openai.com/docs/api-reference/responses/input-items</remarks>
internal static class KeptItems
{
    /// <summary>The parts of a request that concern stored answers.</summary>
    /// <param name="Root">The request.</param>
    /// <param name="Input">Its own items, an array in JSON; null if it has none that can be stored.</param>
    /// <param name="Previous">The answer it continues; null for none.</param>
    /// <param name="Store">Whether its answer is to be stored; true by default.</param>
    /// <param name="Conversation">Whether it belongs to a conversation stored at a provider.</param>
    public readonly record struct Asked(JsonElement Root, byte[]? Input, string? Previous, bool Store, bool Conversation);

    /// <summary>Reads a request.</summary>
    /// <exception cref="CallException">It is not a JSON object.</exception>
    public static Asked Read(ReadOnlyMemory<byte> body)
    {
        var root = WireJson.ParseRequest(body.Span);
        return new(
            root,
            root.Member("input") is { } input ? ItemsOf(input) : null,
            root.Text("previous_response_id"),
            root.Member("store") is not { ValueKind: JsonValueKind.False },
            root.Member("conversation") is { ValueKind: not JsonValueKind.Null });
    }

    /// <summary>The request with all of the conversation as its input.</summary>
    /// <param name="asked">The request.</param>
    /// <param name="chain">The answers it continues, the newest first; empty if they are stored at a provider.</param>
    public static byte[] Expand(Asked asked, IReadOnlyList<KeptResponse> chain)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output, WireJson.WriterOptions))
        {
            json.WriteStartObject();
            foreach (var member in asked.Root.EnumerateObject())
            {
                if (member.Name != "input" && (chain.Count == 0 || member.Name != "previous_response_id"))
                    member.WriteTo(json);
            }

            json.WriteStartArray("input"u8);
            for (var i = chain.Count - 1; i >= 0; i--)
            {
                WriteAll(json, Parse(chain[i].Input));
                WriteAll(json, OutputOf(chain[i]));
            }

            if (asked.Input is not null)
                WriteAll(json, Parse(asked.Input));
            else if (asked.Root.Member("input") is { } input)
                input.WriteTo(json);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>The items of an answer.</summary>
    public static JsonElement OutputOf(KeptResponse response) =>
        Parse(response.Answer).Member("output") ?? throw new InvalidDataException("An answer that is kept has no output.");

    /// <summary>A page of an answer's input items, the newest first unless <c>order=asc</c>.</summary>
    /// <exception cref="CallException">A parameter cannot be read.</exception>
    public static byte[] List(IReadOnlyList<KeptResponse> chain, IReadOnlyList<KeyValuePair<string, string>> query)
    {
        var items = new List<(string Id, JsonElement Item)>();
        foreach (var turn in chain.Reverse())
        {
            // Its input is everything before its own answer.
            var own = Parse(turn.Input).EnumerateArray().ToList();
            if (turn != chain[0])
                own.AddRange(OutputOf(turn).EnumerateArray());
            items.AddRange(own.Select((item, number) => (item.Text("id") ?? IdOf(turn.Id, number), item)));
        }

        if (Of(query, "order") is not "asc")
            items.Reverse();
        var after = 0;
        if (Of(query, "after") is { } id && (after = items.FindIndex(item => item.Id == id) + 1) == 0)
            throw new CallException(CallErrorKind.InvalidRequest, "'after' must be the id of an item of this answer's input.", "after");
        var page = items.Skip(after).Take(LimitOf(query)).ToList();
        return Write(json =>
        {
            json.WriteString("object"u8, "list"u8);
            json.WriteStartArray("data"u8);
            foreach (var (name, item) in page)
            {
                json.WriteStartObject();
                if (item.Text("id") is null)
                    json.WriteString("id"u8, name);
                foreach (var member in item.EnumerateObject())
                    member.WriteTo(json);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteString("first_id"u8, page.Count > 0 ? page[0].Id : null);
            json.WriteString("last_id"u8, page.Count > 0 ? page[^1].Id : null);
            json.WriteBoolean("has_more"u8, after + page.Count < items.Count);
        });
    }

    /// <summary>The confirmation of a deleted answer.</summary>
    public static byte[] Deleted(string id) => Write(json =>
    {
        json.WriteString("id"u8, id);
        json.WriteString("object"u8, "response"u8);
        json.WriteBoolean("deleted"u8, true);
    });

    /// <summary>An input is text, which is a user message, or an array of items; anything else is refused later.</summary>
    private static byte[]? ItemsOf(JsonElement input)
    {
        if (input.ValueKind is not (JsonValueKind.String or JsonValueKind.Array))
            return null;
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output, WireJson.WriterOptions))
        {
            json.WriteStartArray();
            if (input.ValueKind == JsonValueKind.Array)
            {
                WriteAll(json, input);
            }
            else
            {
                json.WriteStartObject();
                json.WriteString("type"u8, "message"u8);
                json.WriteString("role"u8, "user"u8);
                json.WriteStartArray("content"u8);
                json.WriteStartObject();
                json.WriteString("type"u8, "input_text"u8);
                json.WritePropertyName("text"u8);
                input.WriteTo(json);
                json.WriteEndObject();
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        return output.WrittenSpan.ToArray();
    }

    private static JsonElement Parse(ReadOnlyMemory<byte> kept) => WireJson.TryParse(kept.Span, out var element, out var problem)
        ? element
        : throw new InvalidDataException("What is kept of an answer is no JSON.", problem);

    private static void WriteAll(Utf8JsonWriter json, JsonElement items)
    {
        foreach (var item in items.EnumerateArray())
            item.WriteTo(json);
    }

    private static byte[] Write(Action<Utf8JsonWriter> write)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output, WireJson.WriterOptions))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>The id of an item without one; the same for the same position.</summary>
    private static string IdOf(string response, int number) => $"msg_{response["resp_".Length..]}{number:x3}";

    private static string? Of(IReadOnlyList<KeyValuePair<string, string>> query, string name) =>
        query.FirstOrDefault(pair => pair.Key == name).Value;

    private static int LimitOf(IReadOnlyList<KeyValuePair<string, string>> query) =>
        Of(query, "limit") is not { } text ? 20
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit is >= 1 and <= 100 ? limit
        : throw new CallException(CallErrorKind.InvalidRequest, "'limit' must be a number from 1 to 100.", "limit");
}
