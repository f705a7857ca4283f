using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Dialects.Shared.Tools;

namespace Switchyard.Dialects.OpenAIResponses;

/// <summary>Reads <c>tools</c> and <c>tool_choice</c>.</summary>
internal static class ToolDecoder
{
    public static List<AITool> Decode(JsonElement tools)
    {
        FieldReader.Array(tools, "tools");
        var decoded = new List<AITool>(tools.GetArrayLength());
        foreach (var tool in tools.EnumerateArray())
            decoded.Add(DecodeTool(tool, $"tools[{decoded.Count}]"));
        return decoded;
    }

    /// <summary>
    /// Reads the choice; a choice the canonical form cannot hold is kept in OpenAI chat's shape, or under this dialect's prefix.
    /// </summary>
    public static void DecodeChoice(JsonElement choice, ChatOptions options, AdditionalPropertiesDictionary kept)
    {
        switch (choice.ValueKind)
        {
            case JsonValueKind.String:
                options.ToolMode = ModeOf(choice.GetString());
                if (options.ToolMode is null)
                    Own(kept, choice);
                break;
            case JsonValueKind.Object when choice.Text("type") == "function":
                var name = FieldReader.RequiredText(choice, "name", "tool_choice");
                if (string.IsNullOrWhiteSpace(name))
                    throw RequestErrors.EmptyString("tool_choice.name");
                options.ToolMode = ChatToolMode.RequireSpecific(name);
                if (choice.Member("namespace") is not null)
                    Own(kept, choice);
                break;
            case JsonValueKind.Object:
                options.ToolMode = choice.Text("type") switch
                {
                    "allowed_tools" => ModeOf(choice.Text("mode")),
                    "custom" => ChatToolMode.RequireAny,
                    _ => null,
                };
                if (ToolShapes.ChoiceToChat(choice) is { } chat)
                    kept["tool_choice"] = chat;
                else
                    Own(kept, choice);
                break;
            default:
                throw RequestErrors.WrongType("tool_choice", "a string or an object", choice.ValueKind);
        }
    }

    private static ChatToolMode? ModeOf(string? mode) => mode switch
    {
        "auto" => ChatToolMode.Auto,
        "none" => ChatToolMode.None,
        "required" => ChatToolMode.RequireAny,
        _ => null,
    };

    private static AITool DecodeTool(JsonElement tool, string path)
    {
        FieldReader.Object(tool, path);
        var type = FieldReader.RequiredText(tool, "type", path);
        if (type == "namespace" && tool.Text("name") is { } group && tool.Member("tools") is { ValueKind: JsonValueKind.Array } members)
        {
            var tools = members.EnumerateArray().Select((member, i) => DecodeTool(member, $"{path}.tools[{i}]"));
            return new DeclaredNamespace(group, ItemKeys.Raw, tool, [.. tools]);
        }

        if (type != "function")
        {
            var declared = new DeclaredTool(tool.Text("name") ?? type, ItemKeys.Raw, tool);
            if (type == "custom" && declared.AdditionalProperties is AdditionalPropertiesDictionary kept)
                kept[CanonicalKeys.RawOpenAIChat] = ToolShapes.CustomToolToChat(tool);
            return declared;
        }

        var name = FieldReader.RequiredText(tool, "name", path);
        AdditionalPropertiesDictionary? additional = null;
        foreach (var member in tool.EnumerateObject())
        {
            if (member.IsNamed("type", "name", "description", "parameters") || member.Value.ValueKind == JsonValueKind.Null)
                continue;
            if (member.IsNamed(CanonicalKeys.StrictArguments, CanonicalKeys.CacheControl))
                WireJson.Keep(ref additional, member.Name, member.Value);
            else
                KeptFields.Keep(ref additional, DialectId.OpenAIResponses, member.Name, member.Value);
        }

        var description = tool.Member("description") is { } text ? FieldReader.Text(text, path + ".description") : null;
        var parameters = tool.Member("parameters");
        if (parameters is { } schema)
            FieldReader.Object(schema, path + ".parameters");
        return new DeclaredFunction(name, description, parameters, additional);
    }

    private static void Own(AdditionalPropertiesDictionary kept, JsonElement choice) =>
        kept[CanonicalKeys.Own(DialectId.OpenAIResponses, "tool_choice")] = choice;
}
