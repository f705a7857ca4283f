using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Fields;

namespace Switchyard.Dialects.Shared.Tools;

/// <summary>
/// Leaves out tools that the target's format has no place for, by the same rules in every dialect. A vendor's built-in tool is reported:
/// the model answers without it. A custom tool, whose input is free text, is the client's own and is refused, and so is any tool the model
/// must call.
/// </summary>
internal static class ForeignTools
{
    /// <summary>Reports or refuses one tool.</summary>
    /// <param name="tool">A tool that will not be sent.</param>
    /// <param name="index">Its place in the request's list.</param>
    /// <param name="options">The request's options, for the choice among its tools.</param>
    /// <param name="losses">Takes its name.</param>
    /// <exception cref="CallException">It is a custom tool, or the one the model must call.</exception>
    public static void LeaveOut(AITool tool, int index, ChatOptions options, LossReport losses)
    {
        if (WireOf(tool, CanonicalKeys.RawOpenAIChat)?.Text("type") == "custom")
        {
            throw new CallException(
                CallErrorKind.InvalidRequest,
                $"The custom tool '{tool.Name}' cannot be given to this provider, whose tools take JSON. Declare it as a function.",
                $"tools[{index}]");
        }

        if (IsForced(tool, options))
        {
            throw new CallException(
                CallErrorKind.InvalidRequest,
                $"The tool '{tool.Name}' must be called, but it is one of another provider's own. "
                    + "Leave out tool_choice, or choose a model of that provider.",
                "tool_choice");
        }

        losses.Drop($"tools[{index}]");
    }

    /// <summary>Whether the tool choice forces this tool: a function by its name, a vendor's built-in tool by its type.</summary>
    private static bool IsForced(AITool tool, ChatOptions options)
    {
        if (options.ToolMode is RequiredChatToolMode { RequiredFunctionName: { } name } && name == tool.Name)
            return true;
        return WireOf(tool, CanonicalKeys.Raw(DialectId.OpenAIResponses))?.Text("type") is { } type
            && KeptFields.Find(options.AdditionalProperties, DialectId.OpenAIResponses, "tool_choice")
                is { ValueKind: JsonValueKind.Object } choice
            && choice.Text("type") == type;
    }

    private static JsonElement? WireOf(AITool tool, string key) =>
        tool.AdditionalProperties.TryGetValue(key, out var raw) && raw is JsonElement element ? element : null;
}
