using System.Text.Json.Nodes;

namespace Switchyard.Configuration.Binding;

/// <summary>Settings by key as one nested object, like a file. Not thread-safe.</summary>
internal sealed class SettingTree
{
    /// <summary>The object.</summary>
    public JsonObject Root { get; } = [];

    /// <summary>Adds a setting. Its value is copied.</summary>
    public void Put(string path, JsonNode? value)
    {
        var at = Root;
        var parts = path.Split(':');
        foreach (var part in parts[..^1])
        {
            var name = ConfigurationKeys.NameOf(part);
            if (at[name] is not JsonObject next)
                at[name] = next = [];
            at = next;
        }

        var last = ConfigurationKeys.NameOf(parts[^1]);
        // An empty object does not replace an existing object: its content already shows that it exists.
        if (value is not JsonObject { Count: 0 } || at[last] is not JsonObject)
            at[last] = value?.DeepClone();
    }
}
