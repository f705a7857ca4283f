using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Dialects.Shared.Tools;

namespace Switchyard.Dialects.Gemini;

/// <summary>Writes <c>tools</c> and <c>toolConfig</c>. All functions share one object; each built-in tool has a separate one.</summary>
internal static class ToolEncoder
{
    /// <returns>Whether any tool was written.</returns>
    /// <exception cref="CallException">The API does not take a tool, and it cannot be left out.</exception>
    public static bool Write(Utf8JsonWriter writer, ChatOptions options, LossReport losses)
    {
        var tools = options.Tools;
        var functions = new List<(AIFunctionDeclaration Tool, int At)>();
        var others = new List<(string? Name, JsonElement? Raw)>();
        for (var i = 0; i < (tools?.Count ?? 0); i++)
        {
            var tool = tools![i];
            var raw = tool.AdditionalProperties.TryGetValue(CanonicalKeys.Raw(DialectId.Gemini), out var kept)
                ? kept as JsonElement?
                : null;
            if (tool is AIFunctionDeclaration function)
                functions.Add((function, i));
            else if (raw is not null)
                others.Add((null, raw));
            else if (tool is HostedWebSearchTool)
                others.Add(("googleSearch", null));
            else if (tool is HostedCodeInterpreterTool)
                others.Add(("codeExecution", null));
            else
                ForeignTools.LeaveOut(tool, i, options, losses);
        }

        if (functions.Count == 0 && others.Count == 0)
            return false;
        writer.WriteStartArray("tools"u8);
        WriteFunctions(writer, functions, losses);
        foreach (var (name, raw) in others)
        {
            if (raw is { } whole)
            {
                whole.WriteTo(writer);
                continue;
            }

            writer.WriteStartObject();
            writer.WriteStartObject(name!);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        return true;
    }

    /// <summary>Writes <c>toolConfig</c>; the client's own, where it has one, as it is.</summary>
    public static void WriteChoice(Utf8JsonWriter writer, ChatOptions options, bool hasTools, LossReport losses)
    {
        var kept = options.AdditionalProperties;
        if (KeptFields.Find(kept, DialectId.Gemini, "toolConfig") is { } own)
        {
            writer.WritePropertyName("toolConfig"u8);
            own.WriteTo(writer);
            return;
        }

        var choice = kept.Element("tool_choice");
        if (options.ToolMode is null && choice is null)
            return;
        if (!hasTools)
        {
            // Without tools, auto and none have no effect; a required call cannot be met and is reported.
            if (options.ToolMode is RequiredChatToolMode)
                losses.Drop("tool_choice");
            return;
        }

        HashSet<string> allowed = ToolSelection.Allowed(options) ?? [];
        if (choice is { ValueKind: JsonValueKind.Object } chosen && chosen.Text("type") != "allowed_tools")
            losses.Drop("tool_choice");
        var (mode, name) = options.ToolMode switch
        {
            NoneChatToolMode => ("NONE", null),
            RequiredChatToolMode required => ("ANY", required.RequiredFunctionName),
            _ => (allowed.Count > 0 ? "VALIDATED" : "AUTO", null),
        };
        if (name is not null)
            allowed = [name];
        writer.WriteStartObject("toolConfig"u8);
        writer.WriteStartObject("functionCallingConfig"u8);
        writer.WriteString("mode"u8, mode);
        if (allowed.Count > 0 && mode != "NONE")
        {
            writer.WriteStartArray("allowedFunctionNames"u8);
            foreach (var function in allowed)
                writer.WriteStringValue(function);
            writer.WriteEndArray();
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteFunctions(Utf8JsonWriter writer, List<(AIFunctionDeclaration Tool, int At)> functions, LossReport losses)
    {
        if (functions.Count == 0)
            return;
        writer.WriteStartObject();
        writer.WriteStartArray("functionDeclarations"u8);
        foreach (var (tool, at) in functions)
            WriteFunction(writer, tool, $"tools[{at}]", losses);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteFunction(Utf8JsonWriter writer, AIFunctionDeclaration tool, string path, LossReport losses)
    {
        if (tool.AdditionalProperties.TryGetValue(CanonicalKeys.Raw(DialectId.Gemini), out var kept) && kept is JsonElement raw)
        {
            raw.WriteTo(writer);
            return;
        }

        writer.WriteStartObject();
        writer.WriteString("name"u8, tool.Name);
        if (DeclaredFunction.DescriptionOf(tool) is { Length: > 0 } description)
            writer.WriteString("description"u8, description);
        if (DeclaredFunction.SchemaOf(tool) is { ValueKind: JsonValueKind.Object } parameters)
        {
            writer.WritePropertyName("parametersJsonSchema"u8);
            SchemaCleaner.Write(writer, parameters, losses, path + ".function.parameters");
        }

        writer.WriteEndObject();
        ToolMembers.Report(tool, path, losses);
    }
}
