using System.Collections.Concurrent;

namespace Switchyard.Providers.Registry;

/// <summary>Versions of one provider side by side: <c>name@version</c>, and which of them the name alone means.</summary>
public sealed partial class ProviderRegistry
{
    private readonly ConcurrentDictionary<string, string> _chosen = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> _chosenBySpan;
    private readonly Dictionary<string, string> _preferred = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// The versions of a provider that are registered as <c>name@version</c>, the newest first; empty where there is none. The name alone
    /// means the one that <see cref="PreferVersion"/> has named, else the newest.
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

    /// <summary>Makes a provider's name alone mean this version, once it is registered.</summary>
    /// <param name="name">The name, without a version.</param>
    /// <param name="version">The version; null is the newest again.</param>
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

    /// <summary>Chooses anew what the name alone means, where the name that has come or gone has a version. Called under the
    /// lock.</summary>
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
