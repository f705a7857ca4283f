using System.Text.Json;

namespace Switchyard.Dialects.Gemini;

/// <summary>
/// Converts the older schema notation, a subset of OpenAPI's, to JSON Schema: types in capitals, <c>nullable</c>, numbers that may be
/// strings, <c>ref</c> and <c>defs</c>.
/// </summary>
internal static class SchemaReader
{
    public static JsonElement Read(JsonElement schema) => ProtoJson.Build(writer => Write(writer, schema));

    private static void Write(Utf8JsonWriter writer, JsonElement schema)
    {
        if (schema.ValueKind != JsonValueKind.Object)
        {
            schema.WriteTo(writer);
            return;
        }

        // Without a type, null becomes one more alternative of the union.
        var nullable = schema.Field("nullable") is { ValueKind: JsonValueKind.True };
        var nullableUnion = nullable && schema.Field("type") is null;
        writer.WriteStartObject();
        foreach (var member in schema.EnumerateObject())
            WriteMember(writer, ProtoJson.Camel(member.Name), member.Value, nullable, nullableUnion);
        writer.WriteEndObject();
    }

    private static void WriteMember(Utf8JsonWriter writer, string name, JsonElement value, bool nullable, bool nullableUnion)
    {
        switch (name)
        {
            case "nullable" or "propertyOrdering":
                break;
            case "type" when value.ValueKind is JsonValueKind.String or JsonValueKind.Number:
                if (ProtoJson.Word(value, "string", "number", "integer", "boolean", "array", "object", "null") is { } type)
                    WriteType(writer, type.ToLowerInvariant(), nullable);
                break;
            case "properties" or "defs" when value.ValueKind == JsonValueKind.Object:
                writer.WriteStartObject(name == "defs" ? "$defs" : name);
                foreach (var property in value.EnumerateObject())
                {
                    writer.WritePropertyName(property.Name);
                    Write(writer, property.Value);
                }

                writer.WriteEndObject();
                break;
            case "items" or "additionalProperties":
                writer.WritePropertyName(name);
                Write(writer, value);
                break;
            case "ref" when value.ValueKind == JsonValueKind.String:
                writer.WriteString("$ref"u8, value.GetString()!.Replace("#/defs/", "#/$defs/", StringComparison.Ordinal));
                break;
            case "anyOf" when value.ValueKind == JsonValueKind.Array:
                WriteUnion(writer, name, value, nullableUnion);
                break;
            case "enum" when nullable && value.ValueKind == JsonValueKind.Array:
                writer.WriteStartArray(name);
                foreach (var option in value.EnumerateArray())
                    option.WriteTo(writer);
                writer.WriteNullValue();
                writer.WriteEndArray();
                break;
            case "example":
                writer.WriteStartArray("examples"u8);
                value.WriteTo(writer);
                writer.WriteEndArray();
                break;
            case "minItems" or "maxItems" or "minLength" or "maxLength" or "minProperties" or "maxProperties"
                when ProtoJson.Whole(value) is { } count:
                writer.WriteNumber(name, count);
                break;
            default:
                writer.WritePropertyName(name);
                value.WriteTo(writer);
                break;
        }
    }

    private static void WriteUnion(Utf8JsonWriter writer, string name, JsonElement options, bool nullable)
    {
        writer.WriteStartArray(name);
        foreach (var option in options.EnumerateArray())
            Write(writer, option);
        if (nullable)
        {
            writer.WriteStartObject();
            writer.WriteString("type"u8, "null"u8);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteType(Utf8JsonWriter writer, string type, bool nullable)
    {
        if (type == "type_unspecified")
            return;
        if (!nullable)
        {
            writer.WriteString("type"u8, type);
            return;
        }

        writer.WriteStartArray("type"u8);
        writer.WriteStringValue(type);
        writer.WriteStringValue("null"u8);
        writer.WriteEndArray();
    }
}
