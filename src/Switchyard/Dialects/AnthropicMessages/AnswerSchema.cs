using System.Text.Json;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.AnthropicMessages;

/// <summary>
/// Writes the schema of an answer for the API's own schema mode, which requires <c>"additionalProperties": false</c> on every object and
/// has no bounds on numbers, lengths or counts. What it would refuse is left out and reported; everything else stays, definitions included.
/// </summary>
internal static class AnswerSchema
{
    private const string Path = "response_format.json_schema.schema";

    private static readonly string[] Unsupported =
    [
        "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "maxItems", "uniqueItems",
        "minProperties", "maxProperties", "patternProperties", "propertyNames", "contains", "minContains", "maxContains",
    ];

    public static void Write(Utf8JsonWriter writer, JsonElement schema, LossReport losses) =>
        WriteSchema(writer, schema, losses, isRoot: true);

    private static void WriteSchema(Utf8JsonWriter writer, JsonElement schema, LossReport losses, bool isRoot)
    {
        if (schema.ValueKind != JsonValueKind.Object)
        {
            schema.WriteTo(writer);
            return;
        }

        writer.WriteStartObject();
        foreach (var member in schema.EnumerateObject())
            WriteMember(writer, member, losses, isRoot);
        if (IsObject(schema) && schema.Member("additionalProperties")?.ValueKind != JsonValueKind.False)
        {
            if (schema.Member("additionalProperties") is not null)
                losses.Drop($"{Path} (additionalProperties)");
            writer.WriteBoolean("additionalProperties"u8, false);
        }

        writer.WriteEndObject();
    }

    private static void WriteMember(Utf8JsonWriter writer, JsonProperty member, LossReport losses, bool isRoot)
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
                losses.Drop($"{Path} ({name})");
                break;
            case "properties" or "$defs" or "definitions" when value.ValueKind == JsonValueKind.Object:
                writer.WriteStartObject(name);
                foreach (var inner in value.EnumerateObject())
                {
                    writer.WritePropertyName(inner.Name);
                    WriteSchema(writer, inner.Value, losses, isRoot: false);
                }

                writer.WriteEndObject();
                break;
            case "anyOf" or "oneOf" or "allOf" or "prefixItems" when value.ValueKind == JsonValueKind.Array:
                writer.WriteStartArray(name);
                foreach (var inner in value.EnumerateArray())
                    WriteSchema(writer, inner, losses, isRoot: false);
                writer.WriteEndArray();
                break;
            case "items" or "not":
                writer.WritePropertyName(name);
                WriteSchema(writer, value, losses, isRoot: false);
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
