using Switchyard.Configuration;
using Switchyard.Guards;

namespace Switchyard.Plugins;

/// <summary>
/// Finds problems that prevent the plugins of a configuration from being loaded, from their folders: reads manifests once, and the metadata
/// of assemblies. No code of a plugin is loaded or run. Immutable.
/// </summary>
internal sealed class PluginCheck
{
    private static readonly string s_directory = ConfigurationKeys.Combine("plugins", "directory");

    private readonly PluginsOptions _plugins;
    private readonly string? _root;
    private readonly bool _exists;
    private readonly string? _unreadable;
    private readonly List<FoundPlugin> _found = [];

    private PluginCheck(PluginsOptions plugins)
    {
        _plugins = plugins;
        // This is asked for names before the options are validated: an empty name is reported there.
        _root = string.IsNullOrWhiteSpace(plugins.Directory) ? null : Path.GetFullPath(plugins.Directory);
        _exists = Directory.Exists(_root);
        if (_root is null || !_exists)
            return;
        try
        {
            // A folder without a manifest is not a plugin, as for the gateway.
            _found.AddRange(Directory.EnumerateDirectories(_root)
                .Where(folder => File.Exists(Path.Combine(folder, PluginManifest.FileName)))
                .Order(StringComparer.Ordinal).Select(Read));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _unreadable = $"plugins.directory: '{_root}' cannot be read: {e.Message}";
        }
    }

    /// <summary>The names of the providers that the selected plugins add.</summary>
    public IReadOnlyCollection<string> Providers =>
    [
        .. Adds.Where(added => added.StartsWith(PluginAdds.Provider, StringComparison.Ordinal))
            .Select(added => added[PluginAdds.Provider.Length..]),
    ];

    /// <summary>The entries of <c>adds</c> in the manifests of the selected plugins.</summary>
    private IEnumerable<string> Adds => _found.Where(plugin => plugin.Manifest is not null && IsWanted(plugin.Name))
        .SelectMany(plugin => plugin.Manifest!.Adds);

    /// <summary>Reads the folders.</summary>
    public static PluginCheck Of(PluginsOptions plugins) => new(plugins);

    /// <summary>Whether it was read for equal options: the same folder with the same selection.</summary>
    public bool IsOf(PluginsOptions plugins) => plugins.Directory == _plugins.Directory && plugins.Use.Count == _plugins.Use.Count
        && plugins.Use.All(use => _plugins.Use.TryGetValue(use.Key, out var own) && own.Enabled == use.Value.Enabled);

    /// <summary>Finds the problems.</summary>
    /// <param name="guards">The guards of the configuration.</param>
    /// <returns>
    /// For each problem a sentence and the setting that it is about, in the order of the folders; empty if every selected plugin can be
    /// loaded.
    /// </returns>
    public IReadOnlyList<(string Path, string Message)> FindProblems(IReadOnlyDictionary<string, GuardOptions> guards) =>
        [.. FindProblems(), .. FindMissingGuards(guards)];

    /// <summary>Guards whose plugin is not in the folder.</summary>
    private IEnumerable<(string Path, string Message)> FindMissingGuards(IReadOnlyDictionary<string, GuardOptions> guards)
    {
        var added = Adds.ToHashSet(StringComparer.Ordinal);
        return guards.Where(guard => guard.Value.Type == GuardPlan.OfPlugin && !added.Contains(PluginAdds.Guard + guard.Key))
            .Select(guard => guard.Key).Order(StringComparer.Ordinal)
            .Select(name => (
                ConfigurationKeys.Combine("guards", name),
                $"guards.{name} is of type plugin, and no plugin in plugins.directory adds '{PluginAdds.Guard}{name}': until "
                    + "one that does is loaded, its calls are refused, or pass unchecked with on_failure: open."));
    }

    private List<(string Path, string Message)> FindProblems()
    {
        if (_root is null)
        {
            return
            [
                .. _plugins.Use.Keys.Order(StringComparer.Ordinal).Select(name => (PathOf(name),
                    $"plugins.use.{name} is set, and no folder of plugins is: set plugins.directory to the one that holds it.")),
            ];
        }

        if (!_exists)
            return [(s_directory, $"plugins.directory: there is no folder '{_root}'.")];

        var (problems, ids) = (new List<(string, string)>(), new Dictionary<string, string>(StringComparer.Ordinal));
        if (_unreadable is not null)
            problems.Add((s_directory, _unreadable));
        foreach (var plugin in _found.Where(plugin => IsWanted(plugin.Name)))
        {
            if (plugin.Manifest is not { } manifest)
                problems.Add((PathOf(plugin.Name), plugin.Refusal));
            else if (!ids.TryAdd(manifest.Id, plugin.Folder))
                problems.Add((
                    PathOf(plugin.Name),
                    $"'{plugin.Folder}' holds {manifest.Id}, as '{ids[manifest.Id]}' does: give one of them another version."));
            else if (PluginEntry.FindProblem(manifest) is { } problem)
                problems.Add((PathOf(plugin.Name), problem));
        }

        var names = _found.Select(plugin => plugin.Name).ToList();
        problems.AddRange(_plugins.Use.Keys.Where(name => !names.Contains(name, StringComparer.OrdinalIgnoreCase))
            .Order(StringComparer.Ordinal).Select(name => (
                PathOf(name),
                $"plugins.use.{name} is set, and no folder in '{_root}' holds that plugin; "
                    + (names.Count == 0 ? "there is none." : $"there are: {string.Join(", ", names.Distinct(StringComparer.Ordinal))}."))));
        return problems;
    }

    /// <summary>The setting that selects a plugin: its own, or that of the folder which holds it.</summary>
    private string PathOf(string plugin) =>
        _plugins.Use.ContainsKey(plugin) ? ConfigurationKeys.Combine("plugins", "use", plugin) : s_directory;

    private bool IsWanted(string name) => _plugins.Use.GetValueOrDefault(name) is not { Enabled: false };

    private static FoundPlugin Read(string folder)
    {
        try
        {
            var manifest = PluginManifest.Read(folder);
            return new(folder, manifest.Name, manifest, "");
        }
        catch (PluginException e)
        {
            // If a manifest cannot be read, the folder's name is the plugin's name, as for the gateway.
            return new(folder, Path.GetFileName(folder), null, e.Message);
        }
    }

    private sealed record FoundPlugin(string Folder, string Name, PluginManifest? Manifest, string Refusal);
}
