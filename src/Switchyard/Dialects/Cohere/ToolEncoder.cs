using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Dialects.Shared.Tools;

namespace Switchyard.Dialects.Cohere;

/// <summary>
/// Writes <c>tools</c> and <c>tool_choice</c>. The choice has no names: to force one tool, only that tool is sent. <c>strict_tools</c>
/// holds for all tools or none.
/// </summary>
internal static class ToolEncoder
{
    /// <returns>Whether any tool was written.</returns>
    public static bool Write(Utf8JsonWriter writer, ChatOptions options, LossReport losses)
    {
        var (tools, mode) = ToolSelection.Of(options, losses);
        if (mode is RequiredChatToolMode { RequiredFunctionName: { } name })
        {
            tools = [.. tools.Where(tool => tool.Tool.Name == name)];
            if (tools.Count == 0)
                throw RequestErrors.InvalidValue("tool_choice", $"Tool choice '{name}' not found in 'tools' parameter.");
        }

        if (tools.Count == 0)
            return false;
        if (options.AllowMultipleToolCalls is false)
            losses.Drop("parallel_tool_calls");
        var strict = tools.All(tool => tool.Tool.AdditionalProperties.IsTrue(CanonicalKeys.StrictArguments));
        writer.WriteStartArray("tools"u8);
        foreach (var (tool, index) in tools)
        {
            ToolSchema.WriteFunction(writer, tool);
            ToolMembers.Report(tool, $"tools[{index}]", losses, carried: strict ? CanonicalKeys.StrictArguments : null);
        }

        writer.WriteEndArray();
        if (strict && KeptFields.Find(options.AdditionalProperties, DialectId.Cohere, "strict_tools") is null)
            writer.WriteBoolean("strict_tools"u8, true);
        if (mode is RequiredChatToolMode or NoneChatToolMode)
            writer.WriteString("tool_choice"u8, mode is NoneChatToolMode ? "NONE"u8 : "REQUIRED"u8);
        return true;
    }
}
