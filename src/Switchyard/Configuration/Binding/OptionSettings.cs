using System.Collections;
using System.Text.Json.Nodes;

namespace Switchyard.Configuration.Binding;

/// <summary>One setting of options.</summary>
/// <param name="Path">Its key, as <see cref="ConfigurationKeys"/> writes it.</param>
/// <param name="Value">
/// Its value: text, or an array; an empty object for a section or an entry that exists, without further content; null for a value
/// that may be missing and is.
/// </param>
/// <param name="Property">The key of the options it belongs to.</param>
/// <param name="IsDefault">Whether it applies without being written.</param>
internal sealed record OptionSetting(string Path, JsonNode? Value, OptionProperty Property, bool IsDefault);

/// <summary>
/// Writes options as settings: the reverse of <see cref="OptionsBinder"/>. Comparison, display, export and history of a
/// configuration all use it, so that none of them omits a key.
/// </summary>
/// <param name="show">Replaces a text for display: a mask for a secret. Null writes it unchanged.</param>
internal sealed class OptionSettings(OptionTextView? show = null)
{
    private readonly List<OptionSetting> _settings = [];

    /// <summary>Every setting, in the order in which the options declare them.</summary>
    public static IReadOnlyList<OptionSetting> Of(SwitchyardOptions options, OptionTextView? show = null)
    {
        var settings = new OptionSettings(show);
        settings.Visit(OptionShape.Root, options, OptionShape.Root.Create(), "");
        foreach (var (name, tuning) in options.Tuned.OrderBy(provider => provider.Key, StringComparer.Ordinal))
            settings.Add(name, tuning);
        return settings._settings;
    }

    /// <summary>The settings that are not the default, by key.</summary>
    public static Dictionary<string, JsonNode?> Written(SwitchyardOptions options, OptionTextView? show = null) =>
        Of(options, show).Where(setting => !setting.IsDefault)
            .ToDictionary(setting => setting.Path, setting => setting.Value, StringComparer.Ordinal);

    /// <summary>Adds the run-time settings of a provider that is not named among the providers.</summary>
    private void Add(string name, ProviderTuning tuning)
    {
        foreach (var (key, value) in new (string, object?)[]
            {
                (ProviderTuning.EnabledKey, tuning.Enabled),
                (ProviderTuning.PriorityKey, tuning.Priority),
                (ProviderTuning.WeightKey, tuning.Weight),
            })
        {
            var path = ConfigurationKeys.Combine("providers", name, key);
            var property = OptionPath.Find(path)!.Property;
            if (value is not null)
                _settings.Add(new(path, TextOf(property, property.Shape, value, path), property, IsDefault: false));
        }
    }

    private void Visit(OptionShape shape, object target, object defaults, string path)
    {
        foreach (var property in shape.Properties)
        {
            Visit(
                property, property.Member.GetValue(target), property.Member.GetValue(defaults),
                ConfigurationKeys.Combine(path, property.Name));
        }

        if (shape.Others is { } others)
            VisitEntries(others, (IDictionary)others.Member.GetValue(target)!, path);
    }

    private void Visit(OptionProperty property, object? value, object? usual, string path)
    {
        switch (property.Shape.Kind)
        {
            case OptionKind.Object when value is null:
                break;
            case OptionKind.Object:
                // A section that is null by default exists only if it was written.
                if (usual is null)
                    _settings.Add(new(path, new JsonObject(), property, IsDefault: false));
                Visit(property.Shape, value, usual ?? property.Shape.Create(), path);
                break;
            case OptionKind.Map:
                VisitEntries(property, (IDictionary?)value ?? new Hashtable(), path);
                break;
            case OptionKind.List:
                var list = ListOf(property, (IList?)value ?? Array.Empty<object>(), path);
                var before = ListOf(property, (IList?)usual ?? Array.Empty<object>(), path);
                _settings.Add(new(path, list, property, JsonNode.DeepEquals(list, before)));
                break;
            default:
                _settings.Add(new(path, TextOf(property, property.Shape, value, path), property, Equals(value, usual)));
                break;
        }
    }

    private void VisitEntries(OptionProperty property, IDictionary map, string path)
    {
        var element = property.Shape.Element!;
        foreach (DictionaryEntry entry in map)
        {
            var at = ConfigurationKeys.Combine(path, (string)entry.Key);
            if (element.Kind != OptionKind.Object)
            {
                _settings.Add(new(at, TextOf(property, element, entry.Value, at), property, IsDefault: false));
                continue;
            }

            _settings.Add(new(at, new JsonObject(), property, IsDefault: false));
            // An entry that code has set to null has its defaults.
            Visit(element, entry.Value ?? element.Create(), element.Create(), at);
        }
    }

    private JsonArray ListOf(OptionProperty property, IList items, string path)
    {
        var array = new JsonArray();
        for (var i = 0; i < items.Count; i++)
            array.Add(ItemOf(property, items[i], ConfigurationKeys.Combine(path, $"{i}")));
        return array;
    }

    private JsonNode? ItemOf(OptionProperty property, object? item, string path)
    {
        var shape = property.Shape.Element!;
        if (shape.Kind != OptionKind.Object || item is null)
            return TextOf(property, shape, item, path);
        var inner = new OptionSettings(show);
        inner.Visit(shape, item, shape.Create(), path);
        var written = inner._settings.Where(setting => !setting.IsDefault).ToList();
        if (written is [var only] && shape.Shorthand?.Name is { } usual && only.Path == ConfigurationKeys.Combine(path, usual))
            return only.Value;
        var tree = new SettingTree();
        foreach (var setting in written)
            tree.Put(setting.Path[(path.Length + 1)..], setting.Value);
        return tree.Root;
    }

    private JsonValue? TextOf(OptionProperty property, OptionShape shape, object? value, string path) =>
        OptionText.Of(value, shape.Kind) is not { } text ? null : JsonValue.Create(show is null ? text : show(path, property, text));
}

/// <summary>Replaces the text of a setting for display.</summary>
/// <param name="path">The setting's key.</param>
/// <param name="property">The key of the options.</param>
/// <param name="text">The text.</param>
internal delegate string OptionTextView(string path, OptionProperty property, string text);
