using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared.Tools;

namespace Switchyard.Dialects.Ollama;

/// <summary>Writes <c>tools</c>, in the request's order. The server has no tool choice: a call cannot be forced.</summary>
internal static class ToolEncoder
{
    /// <exception cref="CallException">The request forces a tool call.</exception>
    public static void Write(Utf8JsonWriter writer, ChatOptions options, string provider, LossReport losses)
    {
        var (tools, mode) = ToolSelection.Of(options, losses);
        if (mode is RequiredChatToolMode)
        {
            throw new CallException(
                CallErrorKind.InvalidRequest,
                $"{provider} cannot be made to call a tool. Set tool_choice to auto, or choose a provider that can.", "tool_choice");
        }

        if (tools.Count == 0 || mode is NoneChatToolMode)
            return;
        if (options.AllowMultipleToolCalls is false)
            losses.Drop("parallel_tool_calls");
        writer.WriteStartArray("tools"u8);
        foreach (var (tool, index) in tools)
        {
            ToolSchema.WriteFunction(writer, tool);
            ToolMembers.Report(tool, $"tools[{index}]", losses);
        }

        writer.WriteEndArray();
    }
}
