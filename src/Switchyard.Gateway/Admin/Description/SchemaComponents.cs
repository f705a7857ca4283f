using System.Text.Json;
using System.Text.Json.Nodes;

namespace Switchyard.Gateway.Admin.Description;

/// <summary>Collects the schemas of bodies, each once under its name.</summary>
internal sealed class SchemaComponents
{
    private const string Root = "#/components/schemas/";

    private readonly SortedDictionary<string, JsonNode> _schemas = new(StringComparer.Ordinal);

    /// <summary>A reference to a schema, which is added where it is not there yet.</summary>
    public JsonObject Refer(AdminSchema schema)
    {
        if (!_schemas.ContainsKey(schema.Name))
            _schemas[schema.Name] = Rooted(schema.Create(), schema.Name)!;
        return new JsonObject { ["$ref"] = Root + schema.Name };
    }

    /// <summary>All of them.</summary>
    public JsonObject ToJson() => new(_schemas.Select(entry => KeyValuePair.Create<string, JsonNode?>(entry.Key, entry.Value.DeepClone())));

    /// <summary>
    /// The schema as a part of a document: what refers to the schema's own root refers to its place, and <c>true</c>, which readers of the
    /// document stumble over, is written as the empty schema.
    /// </summary>
    private static JsonNode? Rooted(JsonNode? node, string name) => node switch
    {
        JsonArray array => new JsonArray(
            [.. array.Select(item => item is JsonObject or JsonArray ? Rooted(item, name) : item?.DeepClone())]),
        JsonObject entries => Plain(
            new JsonObject(entries.Select(entry => KeyValuePair.Create(entry.Key, Member(entry.Key, entry.Value, name))))),
        JsonValue value when value.TryGetValue(out bool flag) && flag => new JsonObject(),
        _ => node?.DeepClone(),
    };

    /// <summary>
    /// Says what generators of clients would guess wrong: a whole number that says nothing of its size is read into 32 bits, a choice that
    /// says nothing of its type is a number, and a member that is required must not be null. One that may be null may as well be left out.
    /// </summary>
    private static JsonObject Plain(JsonObject schema)
    {
        if (schema["enum"] is JsonArray choices && !schema.ContainsKey("type")
            && choices.All(choice => choice is null || choice.GetValueKind() == JsonValueKind.String))
            schema["type"] = choices.Contains(null) ? new JsonArray("string", "null") : "string";
        var types = TypesOf(schema);
        if (types.Contains("integer") && !types.Contains("string"))
            schema.TryAdd("format", "int64");
        if (schema["required"] is JsonArray required && schema["properties"] is JsonObject properties)
        {
            var kept = required.Select(name => (string)name!)
                .Where(name => properties[name] is not JsonObject member || !MayBeNull(member)).ToList();
            schema["required"] = new JsonArray([.. kept.Select(name => JsonValue.Create(name))]);
        }

        return schema;
    }

    private static bool MayBeNull(JsonObject schema) =>
        schema.Count == 0 || TypesOf(schema).Contains("null") || schema["enum"] is JsonArray values && values.Contains(null);

    private static List<string> TypesOf(JsonObject schema) => schema["type"] switch
    {
        JsonArray several => [.. several.Select(type => (string)type!)],
        JsonValue one => [(string)one!],
        _ => [],
    };

    private static JsonNode? Member(string key, JsonNode? value, string name) => key switch
    {
        "$ref" when value is JsonValue text && text.GetValue<string>() is ['#', .. var rest] => Root + name + rest,
        "properties" when value is JsonObject properties =>
            new JsonObject(properties.Select(entry => KeyValuePair.Create(entry.Key, Rooted(entry.Value, name)))),
        "items" or "additionalProperties" when value is JsonValue flag && flag.TryGetValue(out bool allowed) && allowed => new JsonObject(),
        // A default or a constant may be anything, and is no schema.
        "default" or "const" or "enum" or "required" => value?.DeepClone(),
        _ => value is JsonObject or JsonArray ? Rooted(value, name) : value?.DeepClone(),
    };
}
