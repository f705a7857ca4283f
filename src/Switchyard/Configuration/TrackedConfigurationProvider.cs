using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>A configuration provider that records the place where each of its keys was written.</summary>
internal abstract class TrackedConfigurationProvider : ConfigurationProvider
{
    private readonly Dictionary<string, SettingOrigin> _origins = new(StringComparer.OrdinalIgnoreCase);
    private Dictionary<string, SortedSet<string>>? _children;

    /// <summary>The problems of the source itself; complete once <see cref="ConfigurationProvider.Load"/> has returned.</summary>
    public List<ConfigurationProblem> Problems { get; } = [];

    public SettingOrigin? FindOrigin(string path) => _origins.GetValueOrDefault(path);

    /// <summary>
    /// The child keys, from an index: the inherited method walks all keys for each key, which is quadratic. Of keys that differ only in
    /// case the first is kept, so those of earlier sources come first: a variable in capitals does not rename an alias or a key of the
    /// file.
    /// </summary>
    public override IEnumerable<string> GetChildKeys(IEnumerable<string> earlierKeys, string? parentPath)
    {
        _children ??= IndexChildren();
        var own = _children.GetValueOrDefault(parentPath ?? "");
        return own is null ? earlierKeys : earlierKeys.Concat(own).Order(ConfigurationKeyComparer.Instance);
    }

    protected void Put(string path, string? value, SettingOrigin origin)
    {
        Data[path] = value;
        _origins[path] = origin;
    }

    private Dictionary<string, SortedSet<string>> IndexChildren()
    {
        var index = new Dictionary<string, SortedSet<string>>(StringComparer.OrdinalIgnoreCase);
        foreach (var key in Data.Keys)
        {
            for (var path = key; path.Length > 0; path = ConfigurationPath.GetParentPath(path) ?? "")
            {
                var parent = ConfigurationPath.GetParentPath(path) ?? "";
                if (!index.TryGetValue(parent, out var names))
                    index[parent] = names = new SortedSet<string>(StringComparer.OrdinalIgnoreCase);
                if (!names.Add(ConfigurationPath.GetSectionKey(path)))
                    break;
            }
        }

        return index;
    }
}
