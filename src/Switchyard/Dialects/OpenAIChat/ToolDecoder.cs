using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Tools;

namespace Switchyard.Dialects.OpenAIChat;

/// <summary>Reads <c>tools</c> and <c>tool_choice</c>.</summary>
internal static class ToolDecoder
{
    public static List<AITool>? Decode(JsonElement tools)
    {
        if (tools.ValueKind == JsonValueKind.Null)
            return null;
        FieldReader.Array(tools, "tools");
        var decoded = new List<AITool>(tools.GetArrayLength());
        foreach (var tool in tools.EnumerateArray())
            decoded.Add(DecodeTool(tool, $"tools[{decoded.Count}]"));
        return decoded;
    }

    /// <returns>False for a choice the canonical form cannot hold whole: the caller keeps it as it is.</returns>
    public static bool TryDecodeChoice(JsonElement choice, ChatOptions options)
    {
        switch (choice.ValueKind)
        {
            case JsonValueKind.Null:
                return true;
            case JsonValueKind.String:
                options.ToolMode = ModeOf(choice.GetString());
                return choice.GetString() is "auto" or "none" or "required";
            case JsonValueKind.Object:
                return TryDecodeNamed(choice, options);
            default:
                throw RequestErrors.WrongType("tool_choice", "a string or an object", choice.ValueKind);
        }
    }

    private static bool TryDecodeNamed(JsonElement choice, ChatOptions options)
    {
        switch (choice.Text("type"))
        {
            case "function":
                const string path = "tool_choice.function";
                var function = FieldReader.Object(choice.Member("function") ?? throw RequestErrors.Missing(path), path);
                var name = FieldReader.RequiredText(function, "name", path);
                if (string.IsNullOrWhiteSpace(name))
                    throw RequestErrors.EmptyString(path + ".name");
                options.ToolMode = ChatToolMode.RequireSpecific(name);
                return true;
            case "allowed_tools":
                options.ToolMode = ModeOf(choice.Member("allowed_tools")?.Text("mode"));
                return false;
            case "custom":
                options.ToolMode = ChatToolMode.RequireAny;
                return false;
            default:
                return false;
        }
    }

    private static ChatToolMode? ModeOf(string? mode) => mode switch
    {
        "auto" => ChatToolMode.Auto,
        "none" => ChatToolMode.None,
        "required" or "any" => ChatToolMode.RequireAny,
        _ => null,
    };

    private static AITool DecodeTool(JsonElement tool, string path)
    {
        FieldReader.Object(tool, path);
        var type = FieldReader.RequiredText(tool, "type", path);
        if (type != "function")
            return new DeclaredTool(tool.Member(type)?.Text("name") ?? type, CanonicalKeys.RawOpenAIChat, tool);

        var functionPath = path + ".function";
        var function = FieldReader.Object(tool.Member("function") ?? throw RequestErrors.Missing(functionPath), functionPath);
        var name = FieldReader.RequiredText(function, "name", functionPath);
        AdditionalPropertiesDictionary? additional = null;
        foreach (var member in function.EnumerateObject())
        {
            if (member.Name is not ("name" or "description" or "parameters"))
                WireJson.Keep(ref additional, member.Name, member.Value);
        }

        foreach (var member in tool.EnumerateObject())
        {
            if (member.Name is not ("type" or "function"))
                WireJson.Keep(ref additional, ToolEncoder.ToolMemberPrefix + member.Name, member.Value);
        }

        // A cache hint may be on the tool or in the function; other dialects look in one place.
        if (tool.Member(CanonicalKeys.CacheControl) is { } hint)
            WireJson.Keep(ref additional, CanonicalKeys.CacheControl, hint);

        var description = function.Member("description") is { } text ? FieldReader.Text(text, functionPath + ".description") : null;
        var parameters = function.Member("parameters");
        if (parameters is { } schema)
            FieldReader.Object(schema, functionPath + ".parameters");
        return new DeclaredFunction(name, description, parameters, additional);
    }
}
