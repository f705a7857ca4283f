using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared.Fields;

namespace Switchyard.Dialects.Shared.Tools;

/// <summary>The members of a function in a request beside its name, description and schema.</summary>
internal static class ToolMembers
{
    /// <summary>Reports them, for a format that has no place for them. What an application attaches for itself is not a loss.</summary>
    /// <param name="tool">The function.</param>
    /// <param name="path">Its place in the request.</param>
    /// <param name="losses">Takes the names.</param>
    /// <param name="carried">The member that the request carries elsewhere; null for none.</param>
    public static void Report(AIFunctionDeclaration tool, string path, LossReport losses, string? carried = null)
    {
        foreach (var (name, value) in tool.AdditionalProperties)
        {
            if (value is JsonElement { ValueKind: not (JsonValueKind.Null or JsonValueKind.False) } member
                && !name.StartsWith(CanonicalKeys.RawPrefix, StringComparison.Ordinal)
                && name != carried
                && name[(name.LastIndexOf(':') + 1)..] is var own && !FieldDefaults.IsForeignDefault(own, member))
            {
                losses.Drop($"{path}.{own}");
            }
        }
    }
}
