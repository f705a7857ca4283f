using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Fields;

namespace Switchyard.Dialects.Shared.Tools;

/// <summary>
/// Writes a schema that Claude is held to, of an answer or of a strict tool: every object must have <c>"additionalProperties": false</c>,
/// and there are no bounds on numbers, lengths or counts. What would be refused is left out and reported; everything else stays,
/// definitions included.
/// </summary>
internal sealed class ClosedSchema(Utf8JsonWriter writer, LossReport losses, string path)
{
    /// <summary>The path of the schema of an answer.</summary>
    public const string OfAnswer = "response_format.json_schema.schema";

    private static readonly string[] Unsupported =
    [
        "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "maxItems", "uniqueItems",
        "minProperties", "maxProperties", "patternProperties", "propertyNames", "contains", "minContains", "maxContains",
    ];

    /// <summary>
    /// The schema of a strict tool, to which the arguments of its calls are held; null if the tool is not strict. Also null, and reported,
    /// if the model has no such mode, or the schema is not an object or cannot be held to.
    /// </summary>
    public static JsonElement? OfTool(AIFunctionDeclaration tool, bool hasMode, LossReport losses, string path)
    {
        if (!tool.AdditionalProperties.IsTrue(CanonicalKeys.StrictArguments))
            return null;
        var schema = DeclaredFunction.SchemaOf(tool);
        if (hasMode && schema?.Text("type") == "object" && CanBeHeld(schema.Value))
            return schema;
        losses.Drop($"{path}.{CanonicalKeys.StrictArguments}");
        return null;
    }

    /// <summary>
    /// Whether a Claude can be held to the schema: not to maps, which would stay empty, nor to a recursive schema, which is refused.
    /// </summary>
    public static bool CanBeHeld(JsonElement schema) => !HasMap(schema) && !HoldsItself(schema);

    /// <summary>
    /// Whether a reference points to a schema that contains it. References are followed one after the other and not by calls within calls:
    /// a client may chain more of them than a thread's stack holds, which would end the process.
    /// </summary>
    private static bool HoldsItself(JsonElement root)
    {
        var definitions = Definitions(root);
        var open = new HashSet<string>(StringComparer.Ordinal);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var path = new Stack<(string Reference, Queue<string> Further)>();
        path.Push(("", References(root, isRoot: true)));
        while (path.TryPeek(out var at))
        {
            if (!at.Further.TryDequeue(out var reference))
            {
                path.Pop();
                open.Remove(at.Reference);
                continue;
            }

            if (reference == "#" || open.Contains(reference))
                return true;
            var name = reference[(reference.LastIndexOf('/') + 1)..];
            if (!seen.Add(reference) || !definitions.TryGetValue(name, out var target))
                continue;
            open.Add(reference);
            path.Push((reference, References(target, isRoot: false)));
        }

        return false;
    }

    private static Dictionary<string, JsonElement> Definitions(JsonElement root)
    {
        var definitions = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        if ((root.Member("$defs") ?? root.Member("definitions")) is { ValueKind: JsonValueKind.Object } members)
        {
            foreach (var member in members.EnumerateObject())
                definitions[member.Name] = member.Value;
        }

        return definitions;
    }

    /// <summary>The references in a schema, without those in its definitions.</summary>
    private static Queue<string> References(JsonElement schema, bool isRoot)
    {
        var references = new Queue<string>();
        Collect(schema, isRoot);
        return references;

        void Collect(JsonElement at, bool isTop)
        {
            if (at.ValueKind == JsonValueKind.Array)
            {
                foreach (var item in at.EnumerateArray())
                    Collect(item, isTop: false);
            }
            else if (at.ValueKind == JsonValueKind.Object)
            {
                foreach (var member in at.EnumerateObject())
                    CollectMember(member, isTop);
            }
        }

        void CollectMember(JsonProperty member, bool isTop)
        {
            switch (member.Name)
            {
                case "$ref" when member.Value.ValueKind == JsonValueKind.String:
                    references.Enqueue(member.Value.GetString()!);
                    break;
                case "$defs" or "definitions" when isTop:
                case "enum" or "const" or "default" or "examples":
                    break;
                case "properties" when member.Value.ValueKind == JsonValueKind.Object:
                    foreach (var property in member.Value.EnumerateObject())
                        Collect(property.Value, isTop: false);
                    break;
                default:
                    Collect(member.Value, isTop: false);
                    break;
            }
        }
    }

    /// <summary>
    /// Whether some object of the schema is a map, with names that are not known beforehand. Closed, it would stay empty.
    /// </summary>
    private static bool HasMap(JsonElement schema) => schema.ValueKind switch
    {
        JsonValueKind.Array => schema.EnumerateArray().Any(HasMap),
        JsonValueKind.Object => IsMap(schema) || schema.EnumerateObject().Any(member => member.Name switch
        {
            "properties" or "$defs" or "definitions" => member.Value.ValueKind == JsonValueKind.Object
                && member.Value.EnumerateObject().Any(inner => HasMap(inner.Value)),
            "anyOf" or "oneOf" or "allOf" or "prefixItems" or "items" => HasMap(member.Value),
            _ => false,
        }),
        _ => false,
    };

    private static bool IsMap(JsonElement schema) =>
        IsObject(schema) && !schema.EnumerateObject().Any(member => member.IsNamed("properties", "$ref", "anyOf", "allOf", "oneOf"))
        && schema.Member("additionalProperties") is not { ValueKind: JsonValueKind.False };

    /// <summary>Writes the schema.</summary>
    /// <param name="writer">Where it is written.</param>
    /// <param name="schema">The schema.</param>
    /// <param name="losses">Takes the names of what is left out.</param>
    /// <param name="path">The schema's path in the client's request.</param>
    public static void Write(Utf8JsonWriter writer, JsonElement schema, LossReport losses, string path) =>
        new ClosedSchema(writer, losses, path).WriteSchema(schema, isRoot: true);

    private void WriteSchema(JsonElement schema, bool isRoot)
    {
        if (schema.ValueKind != JsonValueKind.Object)
        {
            schema.WriteTo(writer);
            return;
        }

        writer.WriteStartObject();
        foreach (var member in schema.EnumerateObject())
            WriteMember(member, isRoot);
        if (IsObject(schema) && schema.Member("additionalProperties")?.ValueKind != JsonValueKind.False)
        {
            if (schema.Member("additionalProperties") is not null)
                losses.Drop($"{path} (additionalProperties)");
            writer.WriteBoolean("additionalProperties"u8, false);
        }

        writer.WriteEndObject();
    }

    private void WriteMember(JsonProperty member, bool isRoot)
    {
        var name = member.Name;
        var value = member.Value;
        switch (name)
        {
            case "$schema" or "$id" when isRoot:
            case "additionalProperties" when value.ValueKind != JsonValueKind.False:
                break; // No constraint on the answer, or written by the caller.
            case "minItems" when value.ValueKind != JsonValueKind.Number || WireJson.WholeNumber(value) is not (0 or 1):
            case not null when Unsupported.Contains(name):
                losses.Drop($"{path} ({name})");
                break;
            case "properties" or "$defs" or "definitions" when value.ValueKind == JsonValueKind.Object:
                writer.WriteStartObject(name);
                foreach (var inner in value.EnumerateObject())
                {
                    writer.WritePropertyName(inner.Name);
                    WriteSchema(inner.Value, isRoot: false);
                }

                writer.WriteEndObject();
                break;
            case "anyOf" or "oneOf" or "allOf" or "prefixItems" when value.ValueKind == JsonValueKind.Array:
                writer.WriteStartArray(name);
                foreach (var inner in value.EnumerateArray())
                    WriteSchema(inner, isRoot: false);
                writer.WriteEndArray();
                break;
            case "items" or "not":
                writer.WritePropertyName(name);
                WriteSchema(value, isRoot: false);
                break;
            default:
                member.WriteTo(writer);
                break;
        }
    }

    private static bool IsObject(JsonElement schema) => schema.Member("type") switch
    {
        { ValueKind: JsonValueKind.String } type => type.ValueEquals("object"),
        { ValueKind: JsonValueKind.Array } types => types.EnumerateArray()
            .Any(type => type.ValueKind == JsonValueKind.String && type.ValueEquals("object")),
        _ => schema.Member("properties") is not null,
    };
}
