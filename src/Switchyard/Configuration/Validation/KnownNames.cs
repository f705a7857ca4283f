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
}
