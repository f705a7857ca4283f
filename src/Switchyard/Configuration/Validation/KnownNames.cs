using Switchyard.Configuration.Binding;
using Switchyard.Targets;

namespace Switchyard.Configuration.Validation;

/// <summary>
/// The names that exist without configuration: the catalogue's providers, those registered in code, those of plugins, and the dialects.
/// </summary>
/// <param name="request">The names that the caller passed.</param>
/// <param name="plugins">The plugins of the configuration that is checked.</param>
internal sealed class KnownNames(ConfigurationRequest request, PluginsOptions plugins)
{
    /// <summary>Read only for a name that is otherwise unknown: most configurations have no plugins.</summary>
    private readonly Lazy<IReadOnlyCollection<string>> _added = new(() => request.PluginProviders?.Invoke(plugins) ?? []);

    public IReadOnlyCollection<string> Dialects => request.Dialects;

    public IEnumerable<string> Providers => request.ProviderNames.Concat(_added.Value);

    /// <summary>Whether a provider, or a version of it, exists without being configured.</summary>
    public bool IsProvider(string name) =>
        request.IsKnownProvider is not { } isKnown || isKnown(name)
        || _added.Value.Contains(TargetNames.WithoutVersion(name) ?? name, StringComparer.OrdinalIgnoreCase);

    /// <summary>The error that a setting names a provider which does not exist; null if it exists.</summary>
    /// <param name="name">The provider, as the setting has it.</param>
    /// <param name="path">The setting.</param>
    /// <param name="options">The configuration, with its own providers.</param>
    public ValidationFinding? FindMissing(string name, string path, SwitchyardOptions options) =>
        options.Providers.ContainsKey(name) || IsProvider(name) ? null
        : ValidationFinding.OfValue(
            name, path,
            $"the provider '{ValidationFinding.ValuePlaceholder}' is neither configured nor in the catalogue"
                + NearestName.Suggestion(name, options.Providers.Keys.Concat(Providers)));
}
