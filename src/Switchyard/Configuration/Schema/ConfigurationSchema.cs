using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Switchyard.Configuration.Binding;

namespace Switchyard.Configuration.Schema;

/// <summary>
/// The JSON Schema of <c>switchyard.yaml</c>, for editors: put <c># yaml-language-server: $schema=…</c> in the file's first line.
/// Generated from the options; no call uses it.
/// </summary>
internal static class ConfigurationSchema
{
    private const string NumberPattern = @"[0-9]+(\.[0-9]+)?";

    private static readonly JsonSerializerOptions Readable = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The schema as indented JSON that ends in a line feed. The same for the same version.</summary>
    public static string Generate()
    {
        var descriptions = XmlDescriptions.Of(typeof(SwitchyardOptions).Assembly);
        var schema = new JsonObject
        {
            // Draft 7 is the newest that the YAML extensions of common editors understand fully.
            ["$schema"] = "http://json-schema.org/draft-07/schema#",
            ["title"] = "switchyard.yaml",
        };
        foreach (var (name, value) in Describe(OptionShape.Root, property: null, descriptions).ToArray())
            schema[name] = value?.DeepClone();
        schema["definitions"] = new JsonObject
        {
            ["variable"] = new JsonObject
            {
                ["description"] = "A value with an environment variable in it: ${NAME} or ${NAME:-default}.",
                ["type"] = "string",
                ["pattern"] = @"\$\{[^{}]+\}",
            },
            ["secret"] = new JsonObject
            {
                ["description"] = "A secret by its name in the stores of 'secrets'.",
                ["type"] = "object",
                ["properties"] = new JsonObject { [SecretReference.Key] = new JsonObject { ["type"] = "string", ["minLength"] = 1 } },
                ["required"] = new JsonArray(SecretReference.Key),
                ["additionalProperties"] = false,
            },
        };
        return schema.ToJsonString(Readable) + "\n";
    }

    /// <summary>
    /// The schema of an entry of a map (<c>keys</c>), without <c>${NAME}</c> in place of a value and without references to secrets.
    /// </summary>
    public static JsonObject OfEntry(string map)
    {
        var entry = OptionShape.Root.Find(map)!.Shape.Element!;
        var schema = (JsonObject)Literal(Describe(entry, property: null, XmlDescriptions.Of(typeof(SwitchyardOptions).Assembly)))!;
        schema["type"] = "object";
        return schema;
    }

    private static JsonNode? Literal(JsonNode? node)
    {
        switch (node)
        {
            case JsonArray array:
                return new JsonArray([.. array.Select(Literal)]);
            case JsonObject choice when choice["anyOf"] is JsonArray choices:
                var kept = choices.Where(entry => entry?["$ref"] is null).Select(Literal).ToList();
                var plain = kept is [JsonObject only] ? only : new JsonObject { ["anyOf"] = new JsonArray([.. kept]) };
                foreach (var (name, value) in choice.Where(entry => entry.Key != "anyOf"))
                    plain[name] = value?.DeepClone();
                return plain;
            case JsonObject other:
                var copy = new JsonObject();
                foreach (var (name, value) in other)
                    copy[name] = Literal(value);
                return copy;
            default:
                return node?.DeepClone();
        }
    }

    private static JsonObject Describe(OptionShape shape, OptionProperty? property, XmlDescriptions descriptions)
    {
        var node = new JsonObject();
        var description = property is null ? descriptions.Describe(shape.Type) : descriptions.Describe(property.Member);
        if (description is not null)
            node["description"] = description;
        foreach (var (name, value) in Constrain(shape, property, descriptions).ToArray())
            node[name] = value?.DeepClone();
        if (property is not null && DefaultOf(property) is { } standard)
            node["default"] = standard;
        return node;
    }

    private static JsonObject Constrain(OptionShape shape, OptionProperty? property, XmlDescriptions descriptions) => shape.Kind switch
    {
        OptionKind.Object => DescribeObject(shape, descriptions),
        OptionKind.Map => new JsonObject
        {
            ["type"] = Types("object", "null"),
            ["additionalProperties"] = property is { KnownValues.Count: > 0 }
                ? OrVariable(OneOf(property))
                : shape.Element!.Kind == OptionKind.Text
                ? OrSecret(new JsonObject { ["type"] = Types("string", "number", "boolean") }, property)
                : Describe(shape.Element, property: null, descriptions),
        },
        OptionKind.List => new JsonObject
        {
            ["type"] = Types("array", "null"),
            ["items"] = property is { KnownValues.Count: > 0 }
                ? OrVariable(OneOf(property))
                : shape.Element!.Kind == OptionKind.Text
                    ? OrSecret(new JsonObject { ["type"] = "string" }, property)
                    : Describe(shape.Element, property: null, descriptions),
        },
        OptionKind.Boolean => OrVariable(new JsonObject { ["type"] = "boolean" }),
        OptionKind.Integer => OrVariable(new JsonObject { ["type"] = "integer" }),
        OptionKind.Number => OrVariable(new JsonObject { ["type"] = "number" }),
        OptionKind.Percent => OrVariable(Pattern($"^{NumberPattern} ?%$")),
        OptionKind.Duration => OrVariable(Pattern($"^{NumberPattern} ?(ms|s|m|h|d)$")),
        OptionKind.Size => OrVariable(new JsonObject { ["type"] = "integer", ["minimum"] = 0 }, Pattern($"^{NumberPattern} ?([KMG]i?)?B$")),
        _ when property is { KnownValues.Count: > 0 } => OrVariable(OneOf(property)),
        _ => OrSecret(new JsonObject { ["type"] = "string" }, property),
    };

    private static JsonObject DescribeObject(OptionShape shape, XmlDescriptions descriptions)
    {
        var properties = new JsonObject();
        foreach (var property in shape.Properties)
            properties[property.Name] = Describe(property.Shape, property, descriptions);
        var node = new JsonObject
        {
            ["type"] = Types("object", "null"),
            ["properties"] = properties,
            ["additionalProperties"] =
                shape.Others is { } others ? Describe(others.Shape.Element!, property: null, descriptions) : JsonValue.Create(false),
        };
        return shape.Shorthand is null
            ? node
            : new JsonObject { ["anyOf"] = new JsonArray(new JsonObject { ["type"] = "string" }, node) };
    }

    private static JsonObject OrVariable(params IEnumerable<JsonObject> choices) =>
        new() { ["anyOf"] = new JsonArray([.. choices, new JsonObject { ["$ref"] = "#/definitions/variable" }]) };

    private static JsonObject OrSecret(JsonObject text, OptionProperty? property) => property is not { IsSecret: true } ? text
        : new() { ["anyOf"] = new JsonArray(text, new JsonObject { ["$ref"] = "#/definitions/secret" }) };

    private static JsonObject OneOf(OptionProperty property) =>
        new() { ["enum"] = new JsonArray([.. property.KnownValues.Select(value => JsonValue.Create(value))]) };

    private static JsonObject Pattern(string pattern) => new() { ["type"] = "string", ["pattern"] = pattern };

    private static JsonArray Types(params IEnumerable<string> types) => new([.. types.Select(type => JsonValue.Create(type))]);

    /// <summary>The default in the notation of the configuration; null if there is none.</summary>
    internal static JsonNode? DefaultOf(OptionProperty property) =>
        property.Default switch
        {
            bool value => JsonValue.Create(value),
            int value => JsonValue.Create(value),
            long value => JsonValue.Create(SizeText.Format(value)),
            double value when property.Shape.Kind == OptionKind.Percent => JsonValue.Create(PercentText.Format(value)),
            double value => JsonValue.Create(value),
            TimeSpan value => JsonValue.Create(DurationText.Format(value)),
            string { Length: > 0 } value => JsonValue.Create(value),
            _ => null,
        };
}
