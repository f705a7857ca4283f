namespace Switchyard.Configuration.Validation;

/// <summary>
/// What exists without being configured: the catalogue's providers, those registered in code, those that plugins add, and the dialects.
/// </summary>
/// <param name="request">What the caller knows of.</param>
/// <param name="plugins">The plugins of the configuration that is checked.</param>
internal sealed class KnownNames(ConfigurationRequest request, PluginsOptions plugins)
{
    /// <summary>Read when a name is asked for that nothing else knows: most configurations have no plugins.</summary>
    private readonly Lazy<IReadOnlyCollection<string>> _added = new(() => request.PluginProviders?.Invoke(plugins) ?? []);

    public IReadOnlyCollection<string> Dialects => request.Dialects;

    public IEnumerable<string> Providers => request.ProviderNames.Concat(_added.Value);

    /// <summary>Whether a provider exists without being configured.</summary>
    public bool IsProvider(string name) =>
        request.IsKnownProvider is not { } isKnown || isKnown(name) || _added.Value.Contains(name, StringComparer.OrdinalIgnoreCase);
}
