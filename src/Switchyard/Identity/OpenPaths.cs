using System.Collections.Frozen;
using Switchyard.Calls;

namespace Switchyard.Identity;

/// <summary>The paths served without a client key although keys are configured (<c>server.open</c>). Immutable and thread-safe.</summary>
public sealed class OpenPaths
{
    /// <summary>The section of a snapshot. Absent if no path is open.</summary>
    public static readonly SectionKey<OpenPaths> Section = new();

    private readonly FrozenSet<string> _paths;

    private OpenPaths(IEnumerable<string> paths) => _paths = paths.Select(path => path.Trim()).ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Creates the section; null if no path is open.</summary>
    internal static OpenPaths? From(IReadOnlyCollection<string> paths) => paths.Count == 0 ? null : new(paths);

    /// <summary>Whether a path is open.</summary>
    public bool Contains(string path) => _paths.Contains(path);
}
