using Switchyard.Providers;

namespace Switchyard.Plugins;

/// <summary>Resolves plugin names, and detects conflicts.</summary>
public sealed partial class PluginDirectory
{
    /// <summary>The plugin that was loaded from a folder; null if none.</summary>
    internal string? LoadedFrom(string folder) => Array.Find(_loaded, plugin => plugin.Folder == folder)?.Id;

    private LoadedPlugin? Find(string id) =>
        Array.Find(_loaded, plugin => string.Equals(plugin.Id, id, StringComparison.OrdinalIgnoreCase));

    private LoadedPlugin Require(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var written = ProviderNames.Normalize(name);
        var loaded = _loaded;
        if (Find(written) is { } exact)
            return exact;
        return loaded.Where(plugin => plugin.Manifest.Name == written).ToList() switch
        {
            [var only] => only,
            [] => throw new PluginException(
                PluginFault.NotFound,
                loaded.Length == 0
                    ? $"Plugin '{Common.Sanitizer.Clean(written)}' is not loaded; no plugin is."
                    : $"Plugin '{Common.Sanitizer.Clean(written)}' is not loaded: {string.Join(", ", loaded.Select(plugin => plugin.Id))} "
                    + $"{(loaded.Length == 1 ? "is" : "are")}."),
            var several => throw new PluginException(
                PluginFault.Conflict, $"Several versions are loaded: name {string.Join(" or ", several.Select(plugin => plugin.Id))}."),
        };
    }

    /// <summary>The plugin that a new one replaces: same folder, same version, or the only one of its name; null if none.</summary>
    private LoadedPlugin? OldOf(PluginManifest manifest, string folder)
    {
        var same = _loaded.Where(plugin => plugin.Manifest.Name == manifest.Name).ToList();
        return same.Find(plugin => plugin.Folder == folder)
            ?? same.Find(plugin => plugin.Id == manifest.Id)
            ?? (same.Count <= 1 ? same.FirstOrDefault() : throw new PluginException(
                PluginFault.Conflict,
                $"Several versions of '{manifest.Name}' are loaded: say which is replaced, "
                + $"{string.Join(" or ", same.Select(plugin => plugin.Id))}."));
    }

    /// <summary>Refuses a second plugin that adds the same version of a provider.</summary>
    private void RefuseSameProviders(PluginManifest manifest, LoadedPlugin? except)
    {
        if (_loaded.Where(plugin => plugin != except).FirstOrDefault(plugin => plugin.Manifest.Adds.Intersect(manifest.Adds).Any(
            word => word.StartsWith(PluginAdds.Guard, StringComparison.Ordinal))) is { } guarding)
        {
            throw new PluginException(
                PluginFault.Conflict,
                $"Plugin '{guarding.Id}' has added a guard of the same name already. Replace that plugin, or unload it.");
        }

        foreach (var other in _loaded.Where(plugin => plugin != except && plugin.Manifest.Version == manifest.Version))
        {
            if (other.Manifest.Adds.Intersect(manifest.Adds).FirstOrDefault(
                word => word.StartsWith(PluginAdds.Provider, StringComparison.Ordinal)) is { } both)
            {
                throw new PluginException(
                    PluginFault.Conflict,
                    $"Plugin '{other.Id}' has added '{both}' of version {manifest.Version} already. Give one of them another version.");
            }
        }
    }

    /// <summary>Sets in the registry which version a provider's name without version means.</summary>
    private void PreferVersions()
    {
        foreach (var plugin in _loaded)
        {
            foreach (var word in plugin.Manifest.Adds.Where(word => word.StartsWith(PluginAdds.Provider, StringComparison.Ordinal)))
            {
                _registry.PreferVersion(
                    word[PluginAdds.Provider.Length..], _options.Use.GetValueOrDefault(plugin.Manifest.Name)?.Version);
            }
        }
    }
}
