using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;
using Switchyard.Configuration.Binding;

namespace Switchyard.Configuration.Runtime;

/// <summary>Run-time settings as a source of configuration, so that they are read and refused like those of a file.</summary>
internal sealed class LayerSource : TrackedConfigurationProvider
{
    private LayerSource(IEnumerable<KeyValuePair<string, JsonNode?>> settings)
    {
        foreach (var (path, value) in settings)
        {
            AddAbove(path);
            Add(path, value, path);
        }
    }

    public static SettingNode Read(IEnumerable<KeyValuePair<string, JsonNode?>> settings)
    {
        var source = new LayerSource(settings);
        return SettingNode.Read(new ConfigurationRoot([source]), source.FindOrigin);
    }

    /// <summary>Marks the parents of a setting as maps.</summary>
    private void AddAbove(string path)
    {
        var at = ConfigurationPath.GetParentPath(path);
        for (; at is not null && FindOrigin(at) is null; at = ConfigurationPath.GetParentPath(at))
            Put(at, null, OriginOf(path) with { Form = SettingForm.Map });
    }

    private static SettingOrigin OriginOf(string path) =>
        new(SettingLayer.RunTime) { Described = $"set at run time: {ConfigurationKeys.Display(path)}" };

    private void Add(string path, JsonNode? value, string key)
    {
        var origin = OriginOf(key);
        switch (value)
        {
            case JsonObject map:
                Put(path, null, origin with { Form = SettingForm.Map });
                foreach (var (name, child) in map)
                    Add(ConfigurationKeys.Combine(path, name), child, key);
                break;
            case JsonArray list:
                Put(path, null, origin with { Form = SettingForm.List });
                for (var i = 0; i < list.Count; i++)
                    Add(ConfigurationKeys.Combine(path, $"{i}"), list[i], key);
                break;
            case JsonValue text:
                Put(path, text.GetValue<string>(), origin);
                break;
            default:
                Put(path, null, origin with { Form = SettingForm.Nothing });
                break;
        }
    }
}
