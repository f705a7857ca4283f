using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Fields;

namespace Switchyard.Dialects.Shared.Tools;

/// <summary>
/// Which functions a request offers and whether one must be called, for formats that have function tools only and no <c>allowed_tools</c>
/// choice: the allow-list is applied by sending only those tools, and other tools are reported.
/// </summary>
/// <param name="Tools">The functions, each with its index in the request's list.</param>
/// <param name="Mode">The choice; null if the request has none, or no function to choose from.</param>
internal readonly record struct ToolSelection(IReadOnlyList<(AIFunctionDeclaration Tool, int Index)> Tools, ChatToolMode? Mode)
{
    /// <summary>Reads the request's tools and choice.</summary>
    public static ToolSelection Of(ChatOptions options, LossReport losses)
    {
        var allowed = Allowed(options);
        if (allowed is null)
            ReportChoice(options, losses);
        var tools = new List<(AIFunctionDeclaration, int)>();
        for (var i = 0; i < (options.Tools?.Count ?? 0); i++)
        {
            if (options.Tools![i] is not AIFunctionDeclaration function)
                ForeignTools.LeaveOut(options.Tools[i], i, options, losses);
            else if (allowed is null || allowed.Contains(function.Name))
                tools.Add((function, i));
        }

        // Without tools, auto and none have no effect; a required call cannot be met and is reported.
        if (tools.Count == 0 && options.ToolMode is RequiredChatToolMode)
            losses.Drop("tool_choice");
        return new(tools, tools.Count == 0 ? null : options.ToolMode);
    }

    /// <summary>
    /// The functions an <c>allowed_tools</c> choice leaves, as chat (nested) and responses (flat) write it; null for any other choice. The
    /// names are in the client's order.
    /// </summary>
    public static HashSet<string>? Allowed(ChatOptions options)
    {
        if (options.AdditionalProperties.Element("tool_choice") is not { } choice || choice.Text("type") != "allowed_tools"
            || (choice.Member("allowed_tools") ?? choice).Member("tools") is not { ValueKind: JsonValueKind.Array } listed)
        {
            return null;
        }

        var names = listed.EnumerateArray().Select(tool => tool.Member("function")?.Text("name") ?? tool.Text("name"));
        return new HashSet<string>(names.OfType<string>().Where(name => name.Length > 0), StringComparer.Ordinal);
    }

    /// <summary>Reports an exact choice that neither <see cref="Allowed"/> nor the mode carries.</summary>
    private static void ReportChoice(ChatOptions options, LossReport losses)
    {
        if (options.AdditionalProperties.Element("tool_choice") is { ValueKind: not JsonValueKind.Null } choice
            && (options.ToolMode is null || choice.ValueKind == JsonValueKind.Object))
        {
            losses.Drop("tool_choice");
        }
    }
}
