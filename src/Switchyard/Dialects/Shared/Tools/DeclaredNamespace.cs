using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Switchyard.Dialects.Shared.Tools;

/// <summary>A group of tools under one name, kept whole for an encoder of the same format, with its tools for any other.</summary>
/// <param name="name">The group's name.</param>
/// <param name="rawKey">The key of its format.</param>
/// <param name="raw">The group as sent.</param>
/// <param name="members">Its tools, in order.</param>
internal sealed class DeclaredNamespace(string name, string rawKey, JsonElement raw, IReadOnlyList<AITool> members) : AITool
{
    /// <inheritdoc/>
    public override string Name { get; } = name;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, object?> AdditionalProperties { get; } =
        new AdditionalPropertiesDictionary { [rawKey] = raw };

    /// <summary>Its tools.</summary>
    public IReadOnlyList<AITool> Members => members;
}
