using System.Text.Json;
using System.Text.Json.Nodes;

namespace Switchyard.Gateway.Admin.Description;

/// <summary>Collects the schemas of bodies, each once under its name.</summary>
internal sealed class SchemaComponents
{
    private const string Root = "#/components/schemas/";

    private readonly SortedDictionary<string, JsonNode> _schemas = new(StringComparer.Ordinal);

    /// <summary>A reference to a schema, which is added if it is not there yet.</summary>
    public JsonObject Refer(AdminSchema schema)
    {
        if (!_schemas.ContainsKey(schema.Name))
            _schemas[schema.Name] = Rooted(schema.Create(), schema.Name)!;
        return new JsonObject { ["$ref"] = Root + schema.Name };
    }

    /// <summary>All schemas.</summary>
    public JsonObject ToJson() => new(_schemas.Select(entry => KeyValuePair.Create<string, JsonNode?>(entry.Key, entry.Value.DeepClone())));

    /// <summary>
    /// The schema as a part of the document: a reference to the schema's own root becomes one to its place there, and <c>true</c>, which
    /// some readers of the document reject, becomes the empty schema.
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
    /// Adds what client generators would guess wrong: they read an integer without a format into 32 bits, take a choice without a type for
    /// a number, and reject null for a required member. So a member that may be null is not required.
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
        // A default or a constant may be any value, and is not a schema.
        "default" or "const" or "enum" or "required" => value?.DeepClone(),
        _ => value is JsonObject or JsonArray ? Rooted(value, name) : value?.DeepClone(),
    };
}
