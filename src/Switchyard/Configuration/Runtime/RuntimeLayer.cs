using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;
using Switchyard.Configuration.Binding;

namespace Switchyard.Configuration.Runtime;

/// <summary>
/// The run-time settings over those of file, environment and code: values by key, and null for a written setting that was
/// removed. Immutable.
/// </summary>
internal sealed class RuntimeLayer
{
    /// <summary>Twenty times the settings of a large configuration.</summary>
    public const int MostSettings = 5000;

    private readonly SortedDictionary<string, JsonNode?> _settings;

    private RuntimeLayer(SortedDictionary<string, JsonNode?> settings) => _settings = settings;

    /// <summary>No settings.</summary>
    public static RuntimeLayer Empty { get; } = new(new(StringComparer.Ordinal));

    /// <summary>The settings, sorted by key.</summary>
    public IReadOnlyDictionary<string, JsonNode?> Settings => _settings;

    public bool IsEmpty => _settings.Count == 0;

    /// <summary>A layer of these settings.</summary>
    public static RuntimeLayer Of(IEnumerable<KeyValuePair<string, JsonNode?>> settings) =>
        new(new(settings.ToDictionary(setting => setting.Key, setting => setting.Value?.DeepClone()), StringComparer.Ordinal));

    /// <summary>Whether the layer decides a setting: it, or a parent of it, is set or removed.</summary>
    public bool Covers(string path)
    {
        for (var at = path; at.Length > 0; at = ConfigurationPath.GetParentPath(at) ?? "")
        {
            if (_settings.TryGetValue(at, out var value) && (value is not JsonObject || at == path))
                return true;
        }

        return false;
    }

    /// <summary>Sets and removes settings.</summary>
    /// <param name="changes">Values by key; null removes.</param>
    /// <param name="written">The written options: only settings that exist there need to be recorded as removed.</param>
    public RuntimeLayer With(IEnumerable<KeyValuePair<string, JsonNode?>> changes, SwitchyardOptions written)
    {
        var settings = new SortedDictionary<string, JsonNode?>(_settings, StringComparer.Ordinal);
        var there = OptionSettings.Written(written).Keys.SelectMany(Upwards).ToHashSet(StringComparer.Ordinal);
        foreach (var (path, value) in changes)
        {
            // An entry that is created again after its removal has none of its written values.
            if (value is JsonObject && settings.TryGetValue(path, out var gone) && gone is null)
            {
                foreach (var below in there.Where(key => key != path && SettingNode.IsAtOrAbove(path, key)))
                    settings.TryAdd(below, null);
            }
            else if (value is not JsonObject)
            {
                RemoveBelow(settings, path);
            }

            if (value is not null || there.Contains(path))
                settings[path] = value?.DeepClone();
        }

        return new(settings);
    }

    /// <summary>Drops the settings and removals at keys and below them.</summary>
    public RuntimeLayer Without(IEnumerable<string> paths)
    {
        var settings = new SortedDictionary<string, JsonNode?>(_settings, StringComparer.Ordinal);
        foreach (var path in paths)
            RemoveBelow(settings, path);
        return new(settings);
    }

    /// <summary>Applies the settings to options.</summary>
    /// <returns>The settings that cannot be read.</returns>
    public IReadOnlyList<ConfigurationProblem> ApplyTo(SwitchyardOptions options)
    {
        if (IsEmpty)
            return [];
        foreach (var (path, _) in _settings.Where(setting => setting.Value is null))
            OptionPath.Clear(options, path);
        var tuned = Tuned(options);
        var root = LayerSource.Read(_settings.Where(setting => setting.Value is not null && !tuned.Contains(NameOf(setting.Key))));
        var problems = new ProblemList(root, []);
        new OptionsBinder(problems, changes: true).Bind(root, options);
        if (tuned.Count > 0)
            Tune(options, tuned, problems);
        return problems.ToSorted();
    }

    public bool IsSameAs(RuntimeLayer other) =>
        _settings.Count == other._settings.Count
        && _settings.All(mine => other._settings.TryGetValue(mine.Key, out var theirs) && JsonNode.DeepEquals(mine.Value, theirs));

    /// <summary>
    /// The providers with no other settings than enabled, priority and weight, and that the configuration does not name: vendors with a key
    /// variable, and those added in code. Naming one under <c>providers</c> would make it the whole list.
    /// </summary>
    private HashSet<string> Tuned(SwitchyardOptions options) =>
    [
        .. _settings.Where(setting => setting.Value is not null && NameOf(setting.Key).Length > 0)
            .GroupBy(setting => NameOf(setting.Key), StringComparer.Ordinal)
            .Where(provider => !options.Providers.ContainsKey(provider.Key)
                && provider.All(setting => ProviderTuning.IsKey(ConfigurationPath.GetSectionKey(setting.Key))))
            .Select(provider => provider.Key),
    ];

    private void Tune(SwitchyardOptions options, HashSet<string> names, ProblemList problems)
    {
        var root = LayerSource.Read(_settings.Where(setting => names.Contains(NameOf(setting.Key))));
        var read = new SwitchyardOptions();
        new OptionsBinder(problems).Bind(root, read);
        foreach (var (name, provider) in read.Providers)
        {
            options.Tuned[name] = new ProviderTuning
            {
                Enabled = Has(name, ProviderTuning.EnabledKey) ? provider.Enabled : null,
                Priority = provider.Priority,
                Weight = Has(name, ProviderTuning.WeightKey) ? provider.Weight : null,
            };
            if (provider.Weight < 0)
            {
                problems.Add(new(
                    ConfigurationKeys.Combine("providers", name, ProviderTuning.WeightKey), "the weight must not be negative"));
            }
        }

        bool Has(string name, string key) => _settings.ContainsKey(ConfigurationKeys.Combine("providers", name, key));
    }

    private static string NameOf(string path) => path.Split(':') is ["providers", var name, _] ? name : "";

    private static IEnumerable<string> Upwards(string path)
    {
        for (var at = path; at.Length > 0; at = ConfigurationPath.GetParentPath(at) ?? "")
            yield return at;
    }

    private static void RemoveBelow(SortedDictionary<string, JsonNode?> settings, string path)
    {
        foreach (var below in settings.Keys.Where(key => SettingNode.IsAtOrAbove(path, key)).ToList())
            settings.Remove(below);
    }
}
