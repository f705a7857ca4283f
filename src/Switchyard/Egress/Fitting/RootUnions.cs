using System.Buffers;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Tools;

namespace Switchyard.Egress.Fitting;

/// <summary>
/// Makes one object of tools whose arguments are one of several: a union at the root of a schema, as unions of types are written, makes
/// OpenAI and Anthropic refuse the whole request. The object has the properties of all of them; those required by each are required.
/// </summary>
internal static class RootUnions
{
    // Definitions may refer to each other in circles, and an untrusted client may send thousands of them.
    private const int MaxDepth = 8;
    private const int MaxParts = 1000;
    private const int MaxCompared = 32;
    private static readonly string[] s_unions = ["anyOf", "oneOf", "allOf"];

    /// <summary>Whether tools of the format must be objects.</summary>
    public static bool Applies(DialectId dialect) =>
        dialect == DialectId.OpenAIChat || dialect == DialectId.OpenAIResponses || dialect == DialectId.AnthropicMessages
        || dialect == DialectId.BedrockConverse;

    /// <summary>The request with objects in place of unions; the same one if it has none.</summary>
    public static CanonicalChatRequest Fit(CanonicalChatRequest request, LossReport losses)
    {
        ChatOptions? fitted = null;
        for (var i = 0; i < (request.Options.Tools?.Count ?? 0); i++)
        {
            if (request.Options.Tools![i] is not AIFunctionDeclaration function || UnionOf(function.JsonSchema) is not { } union)
                continue;
            losses.Drop($"tools[{i}].function.parameters ({union})");
            fitted ??= request.Options.Clone();
            fitted.Tools![i] = DeclaredFunction.CopyOf(function, function.Name, Merged(function.JsonSchema));
        }

        return fitted is null ? request : request.With(options: fitted);
    }

    private static string? UnionOf(JsonElement schema) =>
        Array.Find(s_unions, name => schema.Member(name) is { ValueKind: JsonValueKind.Array });

    private static JsonElement Merged(JsonElement schema)
    {
        var whole = new Shape();
        var left = MaxParts;
        Take(schema, schema, whole, depth: 0, ref left);
        var output = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(output, WireJson.WriterOptions))
        {
            writer.WriteStartObject();
            writer.WriteString("type"u8, "object"u8);
            writer.WriteStartObject("properties"u8);
            foreach (var (name, schemas) in whole.Properties)
                WriteProperty(writer, name, schemas);
            writer.WriteEndObject();
            if (whole.Required.Count > 0)
            {
                writer.WriteStartArray("required"u8);
                foreach (var name in whole.Required)
                    writer.WriteStringValue(name);
                writer.WriteEndArray();
            }

            foreach (var member in schema.EnumerateObject())
            {
                if (!member.IsNamed(s_unions) && !member.IsNamed("type", "properties", "required"))
                    member.WriteTo(writer);
            }

            writer.WriteEndObject();
        }

        return JsonElement.Parse(output.WrittenSpan);
    }

    private static void WriteProperty(Utf8JsonWriter writer, string name, List<JsonElement> schemas)
    {
        writer.WritePropertyName(name);
        if (schemas is [var only])
        {
            only.WriteTo(writer);
            return;
        }

        writer.WriteStartObject();
        writer.WriteStartArray("anyOf"u8);
        foreach (var schema in schemas)
            schema.WriteTo(writer);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void Take(JsonElement schema, JsonElement root, Shape shape, int depth, ref int left)
    {
        if (schema.ValueKind != JsonValueKind.Object || depth > MaxDepth || left-- <= 0)
            return;
        if (Resolve(schema, root) is { } target)
            Take(target, root, shape, depth + 1, ref left);
        if (schema.Member("properties") is { ValueKind: JsonValueKind.Object } properties)
        {
            foreach (var property in properties.EnumerateObject())
                shape.Add(property.Name, property.Value);
        }

        if (schema.Member("required") is { ValueKind: JsonValueKind.Array } required)
        {
            foreach (var name in required.EnumerateArray())
            {
                if (name.ValueKind == JsonValueKind.String)
                    shape.Required.Add(name.GetString()!);
            }
        }

        foreach (var union in s_unions)
        {
            if (schema.Member(union) is { ValueKind: JsonValueKind.Array } parts)
                TakeParts(parts, root, shape, isAll: union == "allOf", depth, ref left);
        }
    }

    private static void TakeParts(JsonElement parts, JsonElement root, Shape shape, bool isAll, int depth, ref int left)
    {
        HashSet<string>? everywhere = null;
        foreach (var part in parts.EnumerateArray())
        {
            var own = new Shape();
            Take(part, root, own, depth + 1, ref left);
            foreach (var (name, schemas) in own.Properties)
            {
                foreach (var schema in schemas)
                    shape.Add(name, schema);
            }

            if (isAll)
                shape.Required.UnionWith(own.Required);
            else if (everywhere is null)
                everywhere = own.Required;
            else
                everywhere.IntersectWith(own.Required);
        }

        shape.Required.UnionWith(everywhere ?? []);
    }

    private static JsonElement? Resolve(JsonElement schema, JsonElement root)
    {
        if (schema.Text("$ref") is not { } reference)
            return null;
        foreach (var place in (ReadOnlySpan<string>)["$defs", "definitions"])
        {
            var prefix = $"#/{place}/";
            if (reference.StartsWith(prefix, StringComparison.Ordinal))
                return root.Member(place)?.Member(reference[prefix.Length..]);
        }

        return null;
    }

    /// <summary>The properties of an object in the order they came, each with its schemas in the parts, and the required names.</summary>
    private sealed class Shape
    {
        private readonly Dictionary<string, List<JsonElement>> _byName = new(StringComparer.Ordinal);

        public List<KeyValuePair<string, List<JsonElement>>> Properties { get; } = [];

        public HashSet<string> Required { get; } = new(StringComparer.Ordinal);

        public void Add(string name, JsonElement schema)
        {
            if (!_byName.TryGetValue(name, out var schemas))
            {
                _byName[name] = schemas = [];
                Properties.Add(new(name, schemas));
            }

            if (schemas.Count >= MaxCompared || !schemas.Exists(known => JsonElement.DeepEquals(known, schema)))
                schemas.Add(schema);
        }
    }
}
