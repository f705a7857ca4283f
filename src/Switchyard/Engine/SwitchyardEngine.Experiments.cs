using System.Text.Json.Nodes;
using Switchyard.Configuration.Runtime;
using Switchyard.Experiments;

namespace Switchyard.Engine;

/// <summary>The end of an experiment: one of its variants for all.</summary>
public sealed partial class SwitchyardEngine
{
    /// <summary>
    /// Ends a comparison, and sends all calls of its alias to one of its variants from the next call on, with what the alias falls back to.
    /// It is a run-time setting: the history has the way back.
    /// </summary>
    /// <param name="name">The experiment or shadow.</param>
    /// <param name="variant">The variant. What a shadow is compared with, the alias as it is, ends the shadow.</param>
    /// <param name="who">Who does it, for the history; null says <c>code</c>.</param>
    /// <param name="cancellationToken">Ends the wait; nothing is changed then.</param>
    /// <returns>The version; null where there is no such comparison, or no such variant of it.</returns>
    /// <exception cref="ConfigurationChangeException">It was not made, and why.</exception>
    public async Task<ConfigurationVersion?> PromoteVariantAsync(
        string name, string variant, string? who = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(variant);
        if (Experiments.Find(name) is not { } found
            || found.Variants.FirstOrDefault(one => string.Equals(one.Name, variant, StringComparison.OrdinalIgnoreCase)) is not { } chosen)
        {
            return null;
        }

        var isShadow = found.Kind == ExperimentKind.Shadow;
        var changes = new JsonObject { [isShadow ? "shadow" : "experiment"] = null };
        if (!isShadow || chosen != found.Variants[0])
            changes["targets"] = new JsonArray(new JsonObject { ["model"] = chosen.Target });
        return await Configuration.UpdateAsync(
            new JsonObject { ["models"] = new JsonObject { [found.Alias] = changes } }, who, null, cancellationToken).ConfigureAwait(false);
    }
}
