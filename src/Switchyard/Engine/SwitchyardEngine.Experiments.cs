using System.Text.Json.Nodes;
using Switchyard.Configuration.Runtime;
using Switchyard.Experiments;

namespace Switchyard.Engine;

/// <content>Ends an experiment with one of its variants for all calls.</content>
public sealed partial class SwitchyardEngine
{
    /// <summary>
    /// Ends a comparison, and sends all calls of its alias to one of its variants from the next call on, with the alias's fallbacks.
    /// It is a run-time setting: the history can undo it.
    /// </summary>
    /// <param name="name">The experiment or shadow.</param>
    /// <param name="variant">The variant. The alias itself, with which a shadow is compared, ends the shadow.</param>
    /// <param name="who">The name for the history; null records <c>code</c>.</param>
    /// <param name="cancellationToken">Ends the wait; nothing is changed then.</param>
    /// <returns>The version; null if there is no such comparison, or no such variant of it.</returns>
    /// <exception cref="ConfigurationChangeException">The change was refused, with the reason.</exception>
    public async Task<ConfigurationVersion?> PromoteVariantAsync(
        string name, string variant, string? who = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(variant);
        if (Experiments.Find(name) is not { } found
            || found.Variants.FirstOrDefault(known => known.Name.Equals(variant, StringComparison.OrdinalIgnoreCase)) is not { } chosen)
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
