using System.Text.Json.Nodes;
using Switchyard.Configuration.Binding;

namespace Switchyard.Configuration.Runtime;

/// <summary>The differences between two configurations.</summary>
internal static class SettingDiff
{
    /// <summary>The changed settings: their values by key, null for removed ones. A removed entry is one of them.</summary>
    /// <param name="before">The old settings, by key.</param>
    /// <param name="after">The new settings, by key.</param>
    public static IReadOnlyList<KeyValuePair<string, JsonNode?>> Between(
        IReadOnlyDictionary<string, JsonNode?> before, IReadOnlyDictionary<string, JsonNode?> after)
    {
        var gone = before.Keys.Where(path => !after.ContainsKey(path)).ToList();
        var entries = gone.Where(path => before[path] is JsonObject).ToHashSet(StringComparer.Ordinal);
        var filled = after.Keys.SelectMany(Above).ToHashSet(StringComparer.Ordinal);
        return
        [
            .. gone.Where(path => !Above(path).Any(entries.Contains)).Select(path => KeyValuePair.Create(path, (JsonNode?)null)),
            // The settings of an entry already show that it exists, if it has any.
            .. after.Where(setting => (!before.TryGetValue(setting.Key, out var was) || !JsonNode.DeepEquals(was, setting.Value))
                && (setting.Value is not JsonObject || !filled.Contains(setting.Key))),
        ];
    }

    private static IEnumerable<string> Above(string path)
    {
        for (var at = path.LastIndexOf(':'); at > 0; at = path.LastIndexOf(':', at - 1))
            yield return path[..at];
    }
}
