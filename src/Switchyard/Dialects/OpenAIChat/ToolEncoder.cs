using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Dialects.Shared.Tools;
using Switchyard.Dialects.Shared;
using Switchyard.Targets;

namespace Switchyard.Dialects.OpenAIChat;

/// <summary>Writes <c>tools</c>, in the request's order.</summary>
internal static class ToolEncoder
{
    /// <summary>Prefix for a member that was beside a tool's <c>function</c> rather than inside it.</summary>
    public const string ToolMemberPrefix = "tool:";

    /// <returns>Whether any tool was written: an empty list is left out, because most servers refuse it.</returns>
    public static bool Write(ChatOptions options, ModelFacts facts, FieldWriter fields)
    {
        // OpenAI's models that search by themselves are those that have this format only; their search is a field, not a tool.
        var searches = facts.Format is { When: ModelFormatCondition.Always } format && format.Dialect == DialectId.OpenAIChat;
        HostedWebSearchTool? search = null;
        if (options.Tools is not { Count: > 0 } tools)
            return false;
        var begun = false;
        for (var i = 0; i < tools.Count; i++)
        {
            var tool = tools[i];
            var raw = RawOf(tool);
            if (searches && tool is HostedWebSearchTool asked)
            {
                search ??= asked;
                continue;
            }

            if (raw is null && tool is not AIFunctionDeclaration)
            {
                ForeignTools.LeaveOut(tool, i, options, fields.Losses);
                continue;
            }

            if (!begun)
            {
                if (!fields.Begin("tools", tools))
                    return false;
                fields.Json.WriteStartArray();
                begun = true;
            }

            if (raw is { } whole)
                whole.WriteTo(fields.Json);
            else
                WriteFunction((AIFunctionDeclaration)tool, $"tools[{i}]", fields);
            KeptFields.ReportForeign(
                tool.AdditionalProperties as AdditionalPropertiesDictionary, DialectId.OpenAIChat, fields.Losses, $"tools[{i}]");
        }

        if (begun)
            fields.Json.WriteEndArray();
        if (search is not null)
            WriteSearch(search, fields);
        return begun;
    }

    private static void WriteSearch(HostedWebSearchTool search, FieldWriter fields)
    {
        if (!fields.Begin("web_search_options", search))
            return;
        fields.Json.WriteStartObject();
        foreach (var (name, value) in search.AdditionalProperties)
        {
            if (value is not JsonElement member)
                continue;
            fields.Json.WritePropertyName(name);
            member.WriteTo(fields.Json);
        }

        fields.Json.WriteEndObject();
    }

    private static JsonElement? RawOf(AITool tool) =>
        tool.AdditionalProperties.TryGetValue(CanonicalKeys.RawOpenAIChat, out var raw) && raw is JsonElement element ? element : null;

    private static void WriteFunction(AIFunctionDeclaration tool, string path, FieldWriter fields)
    {
        var writer = fields.Json;
        writer.WriteStartObject();
        writer.WriteString("type"u8, "function"u8);
        writer.WriteStartObject("function"u8);
        writer.WriteString("name"u8, tool.Name);
        if (DeclaredFunction.DescriptionOf(tool) is { } description)
            writer.WriteString("description"u8, description);
        if (DeclaredFunction.SchemaOf(tool) is { ValueKind: not JsonValueKind.Undefined } parameters)
        {
            writer.WritePropertyName("parameters"u8);
            parameters.WriteTo(writer);
        }

        WriteFunctionMembers(tool, path, fields);
        writer.WriteEndObject();
        foreach (var (name, value) in tool.AdditionalProperties)
        {
            if (!name.StartsWith(ToolMemberPrefix, StringComparison.Ordinal) || (IsCacheHint(name) && !fields.Quirks.CacheControl))
                continue;
            writer.WritePropertyName(name[ToolMemberPrefix.Length..]);
            writer.WriteValue(value);
        }

        writer.WriteEndObject();
    }

    private static bool IsCacheHint(string name) => name is CanonicalKeys.CacheControl or ToolMemberPrefix + CanonicalKeys.CacheControl;

    private static void WriteFunctionMembers(AIFunctionDeclaration tool, string path, FieldWriter fields)
    {
        var writer = fields.Json;
        foreach (var (name, value) in tool.AdditionalProperties)
        {
            if (value is JsonElement member && KeptFields.ForeignName(name, DialectId.OpenAIChat) is { } foreign
                && !FieldDefaults.IsForeignDefault(foreign, member))
            {
                fields.Losses.Drop($"{path}.{foreign}");
            }

            if (IsCacheHint(name) && !fields.Quirks.CacheControl)
            {
                fields.Losses.Drop($"{path}.{CanonicalKeys.CacheControl}");
                continue;
            }

            // An application may attach anything to its own functions; what came over a wire is a JsonElement.
            var fromWire = value is JsonElement && !name.StartsWith(ToolMemberPrefix, StringComparison.Ordinal)
                && !KeptFields.IsPrefixed(name);
            var hintOfTool = name == CanonicalKeys.CacheControl
                && tool.AdditionalProperties.ContainsKey(ToolMemberPrefix + CanonicalKeys.CacheControl);
            if (hintOfTool || (!fromWire && !(name == CanonicalKeys.StrictArguments && value is bool)))
                continue;
            writer.WritePropertyName(name);
            writer.WriteValue(value);
        }
    }
}
