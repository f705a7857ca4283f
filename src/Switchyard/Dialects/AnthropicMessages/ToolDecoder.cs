using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Tools;

namespace Switchyard.Dialects.AnthropicMessages;

/// <summary>
/// Reads <c>tools</c> and <c>tool_choice</c>. A tool the provider runs itself is kept whole for a provider of this format.
/// </summary>
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

    public static void DecodeChoice(JsonElement choice, ChatOptions options)
    {
        FieldReader.Object(choice, "tool_choice");
        options.ToolMode = FieldReader.RequiredText(choice, "type", "tool_choice") switch
        {
            "auto" => ChatToolMode.Auto,
            "any" => ChatToolMode.RequireAny,
            "none" => ChatToolMode.None,
            "tool" => RequireNamed(choice),
            var other => throw RequestErrors.InvalidValue(
                "tool_choice.type", $"Invalid value: '{other}'. Supported values are: 'auto', 'any', 'tool', and 'none'."),
        };
        if (choice.Member("disable_parallel_tool_use") is { } single
            && FieldReader.Boolean(single, "tool_choice.disable_parallel_tool_use") is { } value)
        {
            options.AllowMultipleToolCalls = !value;
        }
    }

    private static RequiredChatToolMode RequireNamed(JsonElement choice)
    {
        var name = FieldReader.RequiredText(choice, "name", "tool_choice");
        return string.IsNullOrWhiteSpace(name) ? throw RequestErrors.EmptyString("tool_choice.name") : ChatToolMode.RequireSpecific(name);
    }

    private static AITool DecodeTool(JsonElement tool, string path)
    {
        FieldReader.Object(tool, path);
        var type = tool.Member("type") is { } declared ? FieldReader.Text(declared, path + ".type") : null;
        if (type is not (null or "custom"))
            return new DeclaredTool(tool.Text("name") ?? type, AnthropicKeys.Raw, tool);

        var name = FieldReader.RequiredText(tool, "name", path);
        AdditionalPropertiesDictionary? additional = null;
        foreach (var member in tool.EnumerateObject())
        {
            if (member.Value.ValueKind == JsonValueKind.Null || member.IsNamed("name", "description", "input_schema", "type"))
                continue;
            // Every format keeps these two under the same key.
            var key = member.IsNamed(CanonicalKeys.CacheControl, CanonicalKeys.StrictArguments)
                ? member.Name
                : CanonicalKeys.Own(AnthropicKeys.Dialect, member.Name);
            WireJson.Keep(ref additional, key, member.Value);
        }

        var description = tool.Member("description") is { } text ? FieldReader.Text(text, path + ".description") : null;
        var schema = tool.Member("input_schema");
        if (schema is { } parameters)
            FieldReader.Object(parameters, path + ".input_schema");
        return new DeclaredFunction(name, description, schema, additional);
    }
}
