using Switchyard.Configuration;
using Switchyard.Guards;

namespace Switchyard.Plugins;

/// <summary>
/// What keeps the plugins of a configuration from being loaded, as far as their folders tell: manifests are read, and of assemblies the
/// tables. No code of a plugin is loaded or run.
/// </summary>
internal static class PluginCheck
{
    /// <summary>Finds it.</summary>
    /// <returns>A sentence for each problem, in the order of the folders; empty where every plugin that is wanted can be loaded.</returns>
    public static IReadOnlyList<string> FindProblems(SwitchyardOptions options) =>
        [.. FindProblems(options.Plugins), .. FindMissingGuards(options)];

    /// <summary>The names of the providers that the plugins add that are wanted.</summary>
    public static IReadOnlyCollection<string> ProvidersOf(PluginsOptions plugins) =>
    [
        .. AddsOf(plugins).Where(added => added.StartsWith(PluginAdds.Provider, StringComparison.Ordinal))
            .Select(added => added[PluginAdds.Provider.Length..]),
    ];

    /// <summary>Guards whose plugin is not in the folder.</summary>
    private static IEnumerable<string> FindMissingGuards(SwitchyardOptions options)
    {
        var added = AddsOf(options.Plugins);
        return options.Guards.Where(guard => guard.Value.Type == GuardPlan.OfPlugin && !added.Contains(PluginAdds.Guard + guard.Key))
            .Select(guard => guard.Key).Order(StringComparer.Ordinal)
            .Select(name => $"guards.{name} is of type plugin, and no plugin in plugins.directory adds '{PluginAdds.Guard}{name}': until "
                + "one that does is loaded, its calls are refused, or pass unseen with on_failure: open.");
    }

    /// <summary>What the plugins that are wanted add, in the words of their manifests.</summary>
    private static IReadOnlyCollection<string> AddsOf(PluginsOptions plugins) =>
    [
        .. plugins.Directory is { } directory && Directory.Exists(directory)
            ? FoldersOf(directory, []).Select(folder => Read(folder).Manifest).OfType<PluginManifest>()
                .Where(manifest => plugins.Use.GetValueOrDefault(manifest.Name) is not { Enabled: false })
                .SelectMany(manifest => manifest.Adds)
            : [],
    ];

    private static List<string> FindProblems(PluginsOptions plugins)
    {
        if (plugins.Directory is not { } directory)
            return [.. plugins.Use.Keys.Order(StringComparer.Ordinal).Select(name =>
                $"plugins.use.{name} is set, and no folder of plugins is: set plugins.directory to the one that holds it.")];
        var root = Path.GetFullPath(directory);
        if (!Directory.Exists(root))
            return [$"plugins.directory: there is no folder '{root}'."];

        var (problems, names, ids) = (new List<string>(), new List<string>(), new Dictionary<string, string>(StringComparer.Ordinal));
        foreach (var folder in FoldersOf(root, problems))
        {
            var (manifest, refusal) = Read(folder);
            // Where a manifest cannot be read its folder has the plugin's name, as for the gateway.
            var name = manifest?.Name ?? Path.GetFileName(folder);
            names.Add(name);
            if (plugins.Use.GetValueOrDefault(name) is { Enabled: false })
                continue;
            if (manifest is null)
                problems.Add(refusal);
            else if (!ids.TryAdd(manifest.Id, folder))
                problems.Add($"'{folder}' holds {manifest.Id}, as '{ids[manifest.Id]}' does: give one of them another version.");
            else if (PluginEntry.FindProblem(manifest) is { } problem)
                problems.Add(problem);
        }

        problems.AddRange(plugins.Use.Keys.Where(name => !names.Contains(name, StringComparer.OrdinalIgnoreCase))
            .Order(StringComparer.Ordinal).Select(name => $"plugins.use.{name} is set, and no folder in '{root}' holds that plugin; "
                + (names.Count == 0 ? "there is none." : $"there are: {string.Join(", ", names.Distinct(StringComparer.Ordinal))}.")));
        return problems;
    }

    /// <summary>The folders of plugins. One without a manifest is none, as for the gateway.</summary>
    private static IReadOnlyList<string> FoldersOf(string root, List<string> problems)
    {
        try
        {
            return
            [
                .. Directory.EnumerateDirectories(root).Where(folder => File.Exists(Path.Combine(folder, PluginManifest.FileName)))
                    .Order(StringComparer.Ordinal),
            ];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problems.Add($"plugins.directory: '{root}' cannot be read: {e.Message}");
            return [];
        }
    }

    private static (PluginManifest? Manifest, string Refusal) Read(string folder)
    {
        try
        {
            return (PluginManifest.Read(folder), "");
        }
        catch (PluginException e)
        {
            return (null, e.Message);
        }
    }
}
