using System.Text.Json.Nodes;
using Switchyard.Configuration.Binding;

namespace Switchyard.Configuration.Runtime;

/// <summary>What leads from one configuration to another.</summary>
internal static class SettingDiff
{
    /// <summary>The settings that are another: their values by key, null for what is gone. An entry that is gone is one of them.</summary>
    /// <param name="before">What was written, by key.</param>
    /// <param name="after">What is.</param>
    public static IReadOnlyList<KeyValuePair<string, JsonNode?>> Between(
        IReadOnlyDictionary<string, JsonNode?> before, IReadOnlyDictionary<string, JsonNode?> after)
    {
        var gone = before.Keys.Where(path => !after.ContainsKey(path)).ToList();
        var entries = gone.Where(path => before[path] is JsonObject).ToHashSet(StringComparer.Ordinal);
        var filled = after.Keys.SelectMany(Above).ToHashSet(StringComparer.Ordinal);
        return
        [
            .. gone.Where(path => !Above(path).Any(entries.Contains)).Select(path => KeyValuePair.Create(path, (JsonNode?)null)),
            // That an entry is there is said by what is set of it, where anything is.
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
