using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;

namespace Switchyard.Dialects.Shared.Tools;

/// <summary>
/// A tool that is not a function (a custom tool, a vendor's own), kept whole for an encoder of the same format; every other reports it.
/// </summary>
/// <param name="name">Its name, or its type if it has none.</param>
/// <param name="rawKey">The key of its format, for example <see cref="CanonicalKeys.RawOpenAIChat"/>.</param>
/// <param name="raw">The tool as sent.</param>
internal sealed class DeclaredTool(string name, string rawKey, JsonElement raw) : AITool
{
    /// <inheritdoc/>
    public override string Name { get; } = name;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, object?> AdditionalProperties { get; } =
        new AdditionalPropertiesDictionary { [rawKey] = raw };
}
