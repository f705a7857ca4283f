using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration.Binding;

/// <summary>One key of the merged configuration, with its value, its children and its origin.</summary>
internal sealed class SettingNode
{
    private SettingNode(string path, string? value, SettingOrigin? origin, IReadOnlyList<SettingNode> children)
    {
        Path = path;
        Value = value;
        Origin = origin;
        Children = children;
    }

    public string Path { get; }

    /// <summary>The last part of the key, as the user wrote it.</summary>
    public string Name => ConfigurationKeys.NameOf(ConfigurationPath.GetSectionKey(Path));

    public string? Value { get; }

    /// <summary>The place where it was written; null in a host's own <see cref="IConfiguration"/>, which does not record it.</summary>
    public SettingOrigin? Origin { get; }

    public IReadOnlyList<SettingNode> Children { get; }

    public bool IsEmpty => string.IsNullOrEmpty(Value) && Children.Count == 0;

    /// <summary>Reads everything below a section. The keys are relative to it.</summary>
    public static SettingNode Read(IConfiguration configuration, Func<string, SettingOrigin?> originOf) =>
        new("", null, null, ReadChildren(configuration, "", originOf));

    /// <summary>The node at a key, or the nearest one above it.</summary>
    public SettingNode FindNearest(string path)
    {
        var node = this;
        while (node.Children.FirstOrDefault(child => IsAtOrAbove(child.Path, path)) is { } next)
            node = next;
        return node;
    }

    /// <summary>Whether the first key is the second, or a parent of it.</summary>
    public static bool IsAtOrAbove(string upper, string path) =>
        path.StartsWith(upper, StringComparison.OrdinalIgnoreCase) && (path.Length == upper.Length || path[upper.Length] == ':');

    private static SettingNode[] ReadChildren(IConfiguration configuration, string parent, Func<string, SettingOrigin?> originOf) =>
    [
        .. configuration.GetChildren().Select(section =>
        {
            var path = parent.Length == 0 ? section.Key : ConfigurationPath.Combine(parent, section.Key);
            var children = ReadChildren(section, path, originOf);
            var origin = originOf(section.Path) ?? children.FirstOrDefault()?.Origin;
            return Resolve(path, section.Value, origin, children);
        }),
    ];

    /// <summary>A key may be text in one source and a map in another; the later source then replaces the earlier as a whole.</summary>
    private static SettingNode Resolve(string path, string? value, SettingOrigin? origin, SettingNode[] children)
    {
        if (string.IsNullOrEmpty(value) || children.Length == 0)
            return new SettingNode(path, value, origin, children);
        var childrenWin = children.Any(child => child.LatestLayer() > origin?.Layer);
        return childrenWin ? new SettingNode(path, null, children[0].Origin, children) : new SettingNode(path, value, origin, []);
    }

    private SettingLayer LatestLayer()
    {
        var own = Origin?.Layer ?? SettingLayer.File;
        return Children.Count == 0 ? own : (SettingLayer)Math.Max((int)own, Children.Max(child => (int)child.LatestLayer()));
    }
}
