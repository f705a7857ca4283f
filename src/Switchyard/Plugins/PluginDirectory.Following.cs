using System.Text;
using Switchyard.Configuration;

namespace Switchyard.Plugins;

/// <summary>Follows the configuration and the folder of plugins.</summary>
public sealed partial class PluginDirectory
{
    private readonly PluginFolder _folder;

    // The plugin settings of the configuration at the last check.
    private string? _wishes;

    /// <summary>
    /// Loads a plugin from a folder below <c>plugins.directory</c>: for a remote administrator, who must not access other files of the
    /// machine.
    /// </summary>
    /// <param name="folder">The folder's name.</param>
    /// <param name="cancellationToken">Cancels the loading; nothing is changed then.</param>
    /// <exception cref="PluginException">It cannot be loaded; nothing has changed.</exception>
    public async ValueTask<PluginStatus> LoadFromDirectoryAsync(string folder, CancellationToken cancellationToken = default)
    {
        var path = WithinDirectory(folder);
        if (!PluginSupport.IsSupported)
            throw PluginSupport.Unsupported();
        return await LoadAsync(path, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>As <see cref="ReplaceAsync"/>, with a folder below <c>plugins.directory</c>.</summary>
    /// <param name="folder">The folder's name.</param>
    /// <param name="replaces">The plugin it replaces, as <c>name</c> or <c>name@version</c>; null finds it.</param>
    /// <param name="cancellationToken">Cancels the loading; nothing is changed then.</param>
    /// <exception cref="PluginException">It cannot be loaded; nothing has changed.</exception>
    public async ValueTask<PluginReplacement> ReplaceFromDirectoryAsync(
        string folder, string? replaces = null, CancellationToken cancellationToken = default)
    {
        var path = WithinDirectory(folder);
        if (!PluginSupport.IsSupported)
            throw PluginSupport.Unsupported();
        return await ReplaceAsync(path, replaces, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Loads the plugins of the folder, before the first call. A plugin that cannot be loaded is logged and listed; the engine starts
    /// anyway.
    /// </summary>
    internal async Task OpenAsync(PluginsOptions options)
    {
        _options = options;
        _wishes = Wishes();
        if (options.Directory is not null)
            await _folder.LookAsync(waits: false).ConfigureAwait(false);
    }

    /// <summary>Applies a new configuration: its changes for plugins are made in the background.</summary>
    internal void Follow(PluginsOptions options)
    {
        _options = options;
        PreferVersions();
        var before = _wishes;
        _wishes = Wishes();
        _folder.Follow(now: before is not null && before != _wishes);
    }

    /// <summary>The folder to follow; null for none.</summary>
    internal string? Folder => _options.Directory is { } directory ? Path.GetFullPath(directory) : null;

    /// <summary>Whether the folder is polled.</summary>
    internal bool IsWatching => _options is { Directory: not null, Watch: true };

    /// <summary>The settings of a plugin as text, to detect changes; null if it is not to be loaded.</summary>
    internal string? WishesFor(string name)
    {
        var (options, own) = (_options, _options.Use.GetValueOrDefault(name));
        if (own is { Enabled: false })
            return null;
        var text = new StringBuilder().Append(options.Timeout).Append(options.Failures).Append(own?.OnFailure).Append(own?.Timeout);
        var settings = own?.Settings ?? [];
        foreach (var (key, value) in settings.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            text.Append('\0').Append(key).Append('\0').Append(value);
        return text.ToString();
    }

    private string Wishes() =>
        string.Join('\0', _options.Use.Keys.Order(StringComparer.Ordinal).Select(name => $"{name}:{WishesFor(name)}").Prepend(Folder));

    private string WithinDirectory(string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        if (Folder is not { } root)
        {
            throw new PluginException(
                PluginFault.Conflict, "No folder of plugins is configured: set plugins.directory to the one that holds them.");
        }

        return folder.Length > 0 && !folder.Contains('\0', StringComparison.Ordinal)
            && Path.GetFullPath(Path.Combine(root, folder)) is var path && PluginManifest.IsWithin(root, path)
            ? path
            : throw new PluginException(
                PluginFault.Manifest, "'folder' must name a folder below plugins.directory, for example \"greeting\".");
    }
}
