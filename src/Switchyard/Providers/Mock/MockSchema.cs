using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Switchyard.Providers.Mock;

/// <summary>
/// Creates an instance of a JSON schema, always the same one: every property present, the shortest lists, the smallest numbers. It supports
/// the keywords that schemas for tools and structured output use; <c>pattern</c>, <c>if</c> and <c>not</c> are ignored.
/// </summary>
internal static class MockSchema
{
    // Deeper than any schema for a model; ends a recursive schema.
    private const int MaxDepth = 12;

    public static string Instance(JsonElement schema) => Make(schema, schema, 0)?.ToJsonString() ?? "null";

    private static JsonNode? Make(JsonElement schema, JsonElement root, int depth)
    {
        if (schema.ValueKind != JsonValueKind.Object)
            return JsonValue.Create("mock");
        if (Preset(schema) is { } preset)
            return preset.Node;
        if (schema.TryGetProperty("$ref", out var reference))
            return depth >= MaxDepth ? null : Make(Resolve(reference.GetString(), root) ?? default, root, depth + 1);
        foreach (var choice in (ReadOnlySpan<string>)["anyOf", "oneOf"])
        {
            if (FirstOf(schema, choice) is { } option)
                return depth < MaxDepth ? Make(option, root, depth + 1) : null;
        }

        return TypeOf(schema) switch
        {
            "object" => Object(schema, root, depth),
            "array" => Array(schema, root, depth),
            "integer" => Integer(schema),
            "number" => Fraction(schema),
            "boolean" => JsonValue.Create(true),
            "null" => null,
            _ => JsonValue.Create(Text(schema)),
        };
    }

    /// <summary>A value given in the schema itself; null if it has none. In a tuple, because the value may be JSON null.</summary>
    private static (JsonNode? Node, bool _)? Preset(JsonElement schema)
    {
        if (schema.TryGetProperty("const", out var constant))
            return (Node(constant), true);
        if (FirstOf(schema, "enum") is { } value)
            return (Node(value), true);
        if (schema.TryGetProperty("default", out var usual))
            return (Node(usual), true);
        if (FirstOf(schema, "examples") is { } example)
            return (Node(example), true);
        return null;
    }

    private static JsonElement? FirstOf(JsonElement schema, string name) =>
        schema.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array && list.GetArrayLength() > 0 ? list[0] : null;

    private static JsonNode? Node(JsonElement element) => JsonNode.Parse(element.GetRawText());

    private static string TypeOf(JsonElement schema)
    {
        if (schema.TryGetProperty("type", out var type))
        {
            // Of several types, the first that is not null.
            if (type.ValueKind == JsonValueKind.Array)
                return type.EnumerateArray().Select(item => item.GetString() ?? "").FirstOrDefault(name => name != "null") ?? "null";
            if (type.ValueKind == JsonValueKind.String)
                return type.GetString()!;
        }

        return schema.TryGetProperty("properties", out _) || schema.TryGetProperty("allOf", out _) ? "object"
            : schema.TryGetProperty("items", out _) ? "array"
            : "string";
    }

    private static JsonObject Object(JsonElement schema, JsonElement root, int depth)
    {
        var made = new JsonObject();
        if (schema.TryGetProperty("allOf", out var parts) && parts.ValueKind == JsonValueKind.Array && depth < MaxDepth)
        {
            foreach (var part in parts.EnumerateArray())
            {
                if (Make(part, root, depth + 1) is not JsonObject piece)
                    continue;
                foreach (var (name, value) in piece)
                    made[name] = value?.DeepClone();
            }
        }

        if (schema.TryGetProperty("properties", out var properties) && properties.ValueKind == JsonValueKind.Object)
        {
            foreach (var property in properties.EnumerateObject())
            {
                // At the depth limit only required properties, so that a recursive schema ends.
                if (depth < MaxDepth || IsRequired(schema, property.Name))
                    made[property.Name] = depth > 2 * MaxDepth ? null : Make(property.Value, root, depth + 1);
            }
        }

        return made;
    }

    private static bool IsRequired(JsonElement schema, string name) =>
        schema.TryGetProperty("required", out var required) && required.ValueKind == JsonValueKind.Array
        && required.EnumerateArray().Any(item => item.ValueEquals(name));

    private static JsonArray Array(JsonElement schema, JsonElement root, int depth)
    {
        // One item if the schema sets no minimum, and none at the depth limit.
        var least = schema.TryGetProperty("minItems", out var min) && min.TryGetInt32(out var count) ? Math.Clamp(count, 0, 100) : 1;
        if (schema.TryGetProperty("maxItems", out var max) && max.TryGetInt32(out var most))
            least = Math.Min(least, Math.Max(0, most));
        var made = new JsonArray();
        if (depth >= MaxDepth && !schema.TryGetProperty("minItems", out _))
            return made;
        for (var i = 0; i < least && depth <= 2 * MaxDepth; i++)
            made.Add(schema.TryGetProperty("items", out var items) ? Make(items, root, depth + 1) : JsonValue.Create("mock"));
        return made;
    }

    private static JsonValue Integer(JsonElement schema)
    {
        var least = Bound(schema, "minimum") is { } minimum ? Math.Ceiling(minimum)
            : Bound(schema, "exclusiveMinimum") is { } above ? Math.Floor(above) + 1
            : 1;
        return JsonValue.Create((long)Fit(schema, least));
    }

    private static JsonValue Fraction(JsonElement schema)
    {
        var least = Bound(schema, "minimum") ?? (Bound(schema, "exclusiveMinimum") is { } above ? above + 0.5m : 1m);
        return JsonValue.Create(Fit(schema, least));
    }

    private static decimal Fit(JsonElement schema, decimal least)
    {
        if (Bound(schema, "maximum") is { } maximum && least > maximum)
            least = maximum;
        if (Bound(schema, "exclusiveMaximum") is { } below && least >= below)
            least = below - 1;
        if (Bound(schema, "multipleOf") is { } step && step > 0)
            least = Math.Ceiling(least / step) * step;
        return least;
    }

    // A bound that a decimal or a long cannot hold is ignored.
    private static decimal? Bound(JsonElement schema, string name) =>
        schema.TryGetProperty(name, out var bound) && bound.ValueKind == JsonValueKind.Number && bound.TryGetDecimal(out var value)
        && Math.Abs(value) < long.MaxValue ? value : null;

    private static string Text(JsonElement schema)
    {
        var text = (schema.TryGetProperty("format", out var format) ? format.GetString() : null) switch
        {
            "date-time" => "2025-01-01T00:00:00Z",
            "date" => "2025-01-01",
            "time" => "00:00:00Z",
            "duration" => "PT1S",
            "email" => "mock@example.com",
            "uri" or "url" => "https://example.com/",
            "uuid" => "00000000-0000-4000-8000-000000000000",
            "hostname" => "example.com",
            "ipv4" => "192.0.2.1",
            "ipv6" => "2001:db8::1",
            _ => "mock",
        };
        if (schema.TryGetProperty("minLength", out var min) && min.TryGetInt32(out var least) && least > text.Length)
            text = text.PadRight(Math.Min(least, 10_000), 'x');
        if (schema.TryGetProperty("maxLength", out var max) && max.TryGetInt32(out var most) && most >= 0 && most < text.Length)
            text = text[..most];
        return text;
    }

    private static JsonElement? Resolve(string? reference, JsonElement root)
    {
        if (reference is null || !reference.StartsWith('#'))
            return null;
        var current = root;
        foreach (var segment in reference[1..].Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            var name = Uri.UnescapeDataString(segment)
                .Replace("~1", "/", StringComparison.Ordinal)
                .Replace("~0", "~", StringComparison.Ordinal);
            if (current.ValueKind == JsonValueKind.Object && current.TryGetProperty(name, out var next))
                current = next;
            else if (current.ValueKind == JsonValueKind.Array
                && int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < current.GetArrayLength())
                current = current[index];
            else
                return null;
        }

        return current;
    }
}
