using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Tools;

namespace Switchyard.Dialects.Gemini;

/// <summary>Reads <c>tools</c> and <c>toolConfig</c>.</summary>
internal static class ToolDecoder
{
    public static List<AITool> Decode(JsonElement tools)
    {
        FieldReader.Array(tools, "tools");
        var decoded = new List<AITool>();
        var at = 0;
        foreach (var tool in tools.EnumerateArray())
        {
            var path = $"tools[{at++}]";
            FieldReader.Object(tool, path);
            foreach (var member in tool.EnumerateObject())
            {
                var name = ProtoJson.Camel(member.Name);
                if (member.Value.ValueKind == JsonValueKind.Null)
                    continue;
                if (name == "functionDeclarations")
                    AddFunctions(member.Value, path + ".functionDeclarations", decoded);
                else
                    decoded.Add(Own(name, member.Value));
            }
        }

        return decoded;
    }

    /// <summary>Reads the choice. A choice the canonical form cannot express is kept whole.</summary>
    public static void DecodeChoice(JsonElement wire, ChatOptions options, AdditionalPropertiesDictionary kept)
    {
        FieldReader.Object(wire, "toolConfig");
        var config = wire.Field("functionCallingConfig") is { } given
            ? FieldReader.Object(given, "toolConfig.functionCallingConfig")
            : default(JsonElement?);
        var allowed = config?.Field("allowedFunctionNames") is { ValueKind: JsonValueKind.Array } list
            ? list.EnumerateArray().Where(name => name.ValueKind == JsonValueKind.String)
                .Select(name => name.GetString()!).Where(name => name.Length > 0).ToList()
            : [];
        var mode = ProtoJson.Word(config?.Field("mode"), "AUTO", "ANY", "NONE", "VALIDATED")?.ToUpperInvariant();
        options.ToolMode = mode switch
        {
            "AUTO" or "VALIDATED" => ChatToolMode.Auto,
            "NONE" => ChatToolMode.None,
            "ANY" when allowed.Count == 1 => ChatToolMode.RequireSpecific(allowed[0]),
            "ANY" => ChatToolMode.RequireAny,
            _ => null,
        };
        var isWhole = (mode is "AUTO" or "NONE" or "ANY" or null || (mode == "VALIDATED" && allowed.Count > 0))
            && wire.EnumerateObject().All(member => ProtoJson.Camel(member.Name) == "functionCallingConfig")
            && (config is null
                || config.Value.EnumerateObject().All(member => ProtoJson.Camel(member.Name) is "mode" or "allowedFunctionNames"));
        if (allowed.Count > 1 || (allowed.Count == 1 && mode == "VALIDATED"))
            kept["tool_choice"] = AllowedTools(mode == "ANY" ? "required" : "auto", allowed);
        if (!isWhole)
            kept[PartDecoder.OwnPrefix + "toolConfig"] = wire;
    }

    private static void AddFunctions(JsonElement declarations, string path, List<AITool> decoded)
    {
        FieldReader.Array(declarations, path);
        var at = 0;
        foreach (var declaration in declarations.EnumerateArray())
            decoded.Add(Function(declaration, $"{path}[{at++}]"));
    }

    private static DeclaredFunction Function(JsonElement wire, string path)
    {
        FieldReader.Object(wire, path);
        var name = FieldReader.RequiredText(wire, "name", path);
        if (name.Length == 0)
            throw RequestErrors.EmptyString(path + ".name");
        var schema = wire.Field("parametersJsonSchema") is { } json
            ? FieldReader.Object(json, path + ".parametersJsonSchema")
            : wire.Field("parameters") is { } older
                ? SchemaReader.Read(FieldReader.Object(older, path + ".parameters"))
                : default(JsonElement?);
        // The whole declaration is kept, to go back to this format as it came.
        var kept = new AdditionalPropertiesDictionary { [CanonicalKeys.Raw(DialectId.Gemini)] = wire };
        foreach (var member in wire.EnumerateObject())
        {
            if (ProtoJson.Camel(member.Name) is not ("name" or "description" or "parameters" or "parametersJsonSchema") and var other)
                kept[PartDecoder.OwnPrefix + other] = member.Value;
        }

        var description = wire.Member("description") is { } text ? FieldReader.Text(text, path + ".description") : null;
        return new DeclaredFunction(name, description, schema, kept);
    }

    private static DeclaredTool Own(string name, JsonElement value) =>
        new(name, CanonicalKeys.Raw(DialectId.Gemini), ProtoJson.Build(writer =>
    {
        writer.WriteStartObject();
        writer.WritePropertyName(name);
        value.WriteTo(writer);
        writer.WriteEndObject();
    }));

    /// <summary>The canonical form of a choice among some of the tools, which is OpenAI's.</summary>
    private static JsonElement AllowedTools(string mode, List<string> names) => ProtoJson.Build(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, "allowed_tools"u8);
        writer.WriteStartObject("allowed_tools"u8);
        writer.WriteString("mode"u8, mode);
        writer.WriteStartArray("tools"u8);
        foreach (var name in names)
        {
            writer.WriteStartObject();
            writer.WriteString("type"u8, "function"u8);
            writer.WriteStartObject("function"u8);
            writer.WriteString("name"u8, name);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.WriteEndObject();
    });
}
