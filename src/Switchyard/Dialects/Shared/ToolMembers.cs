using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;

namespace Switchyard.Dialects.Shared;

/// <summary>What a request says of a function beside its name, description and schema.</summary>
internal static class ToolMembers
{
    /// <summary>Names it, for a format that has no place for it. What an application attaches for itself is no loss.</summary>
    /// <param name="tool">The function.</param>
    /// <param name="path">Its place in the request.</param>
    /// <param name="losses">Takes the names.</param>
    /// <param name="carried">What the request says elsewhere; null for nothing.</param>
    public static void Report(AIFunctionDeclaration tool, string path, LossReport losses, string? carried = null)
    {
        foreach (var (name, value) in tool.AdditionalProperties)
        {
            if (value is JsonElement { ValueKind: not (JsonValueKind.Null or JsonValueKind.False) }
                && !name.StartsWith(CanonicalKeys.RawPrefix, StringComparison.Ordinal)
                && name != carried)
            {
                losses.Drop($"{path}.{name[(name.LastIndexOf(':') + 1)..]}");
            }
        }
    }
}
