using System.Collections.Concurrent;

namespace Switchyard.Providers.Registry;

/// <summary>Several versions of one provider: <c>name@version</c>, and the version that the name without version means.</summary>
public sealed partial class ProviderRegistry
{
    private readonly ConcurrentDictionary<string, string> _chosen = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> _chosenBySpan;
    private readonly Dictionary<string, string> _preferred = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// The versions of a provider that are registered as <c>name@version</c>, the newest first; empty if none. The name without version
    /// means the one set by <see cref="PreferVersion"/>, else the newest.
    /// </summary>
    public IReadOnlyList<string> VersionsOf(string name)
    {
        var bare = ProviderNames.Normalize(name);
        return
        [
            .. _entries.Keys.Where(known => ProviderVersions.Split(known) is (var of, not null) && of == bare)
                .Select(known => ProviderVersions.Split(known).Version!)
                .OrderDescending(ProviderVersions.Comparer),
        ];
    }

    /// <summary>Sets the version that a provider's name without version means, once it is registered.</summary>
    /// <param name="name">The name, without a version.</param>
    /// <param name="version">The version; null for the newest.</param>
    public void PreferVersion(string name, string? version)
    {
        var bare = ProviderNames.Normalize(name);
        lock (_mutation)
        {
            if (version is null ? !_preferred.Remove(bare) : _preferred.GetValueOrDefault(bare) == version)
                return;
            if (version is not null)
                _preferred[bare] = ProviderNames.Normalize(version);
            ChooseVersion(bare);
        }

        NotifyChanged();
    }

    private ProviderEntry? FindChosen(ReadOnlySpan<char> name) =>
        _chosenBySpan.TryGetValue(name, out var full) && _entries.TryGetValue(full, out var entry) ? entry : null;

    /// <summary>
    /// Updates the version that the name without version means, if the added or removed name has a version. Called under the lock.
    /// </summary>
    private void ChooseVersions(string changed)
    {
        if (ProviderVersions.Split(changed) is (var bare, not null))
            ChooseVersion(bare);
    }

    private void ChooseVersion(string bare)
    {
        var versions = VersionsOf(bare);
        var preferred = _preferred.GetValueOrDefault(bare);
        if (versions.Count == 0)
            _chosen.TryRemove(bare, out _);
        else
            _chosen[bare] = $"{bare}@{(preferred is not null && versions.Contains(preferred) ? preferred : versions[0])}";
    }
}
