using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.Shared.Tools;

/// <summary>Writes tool and answer schemas for formats that take only an object at the root.</summary>
internal static class ToolSchema
{
    /// <summary>Writes a function as <c>{"type":"function","function":{…}}</c>, with an object as its schema.</summary>
    public static void WriteFunction(Utf8JsonWriter writer, AIFunctionDeclaration tool)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, "function"u8);
        writer.WriteStartObject("function"u8);
        writer.WriteString("name"u8, tool.Name);
        if (DeclaredFunction.DescriptionOf(tool) is { Length: > 0 } description)
            writer.WriteString("description"u8, description);
        writer.WritePropertyName("parameters"u8);
        WriteObject(writer, DeclaredFunction.SchemaOf(tool));
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    /// <summary>
    /// Writes a schema unchanged except for its root: <c>type</c> and <c>properties</c> are added where an object schema lacks them, and
    /// the named members are left out. Definitions stay, so that references resolve.
    /// </summary>
    /// <param name="writer">The writer, at the value's position.</param>
    /// <param name="schema">The schema; null or an empty object means no arguments.</param>
    /// <param name="without">Root members the target refuses: <c>$schema</c>, <c>$id</c>.</param>
    public static void WriteObject(Utf8JsonWriter writer, JsonElement? schema, params ReadOnlySpan<string> without)
    {
        writer.WriteStartObject();
        var (hasType, hasShape) = (false, false);
        if (schema is { ValueKind: JsonValueKind.Object } members)
        {
            foreach (var member in members.EnumerateObject())
            {
                if (without.Contains(member.Name))
                    continue;
                hasType |= member.NameEquals("type");
                hasShape |= member.IsNamed("properties", "$ref", "anyOf", "oneOf", "allOf");
                member.WriteTo(writer);
            }
        }

        if (!hasType)
            writer.WriteString("type"u8, "object"u8);
        if (!hasShape)
        {
            writer.WriteStartObject("properties"u8);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }
}
