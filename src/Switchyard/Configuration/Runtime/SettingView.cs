using System.Text.Json.Nodes;
using Switchyard.Configuration.Binding;

namespace Switchyard.Configuration.Runtime;

/// <summary>
/// The displayed form of a configuration's settings: secrets masked, the content of a variable as <c>${NAME}</c>. It also restores the
/// values behind displayed ones that a client sends back. Immutable.
/// </summary>
internal sealed class SettingView
{
    private readonly Dictionary<string, OptionSetting> _real;
    private readonly Lazy<Dictionary<string, OptionSetting>> _shown;

    /// <param name="options">The configuration in force.</param>
    /// <param name="layer">Its run-time settings.</param>
    public SettingView(SwitchyardOptions options, RuntimeLayer layer)
    {
        _real = OptionSettings.Of(options).ToDictionary(setting => setting.Path, StringComparer.Ordinal);
        _shown = new(() => OptionSettings.Of(options, (path, property, text) =>
                !layer.Covers(path) && options.Origins?.Find(path) is { Unexpanded: { } unexpanded } ? unexpanded : Masked(property, text))
            .ToDictionary(setting => setting.Path, StringComparer.Ordinal));
    }

    /// <summary>Every setting in displayed form, in the order in which the options declare them.</summary>
    public IEnumerable<OptionSetting> Settings => _shown.Value.Values;

    /// <summary>A setting in displayed form; null if there is none.</summary>
    public JsonNode? Find(string path) => _shown.Value.GetValueOrDefault(path)?.Value;

    /// <summary>A secret masked; any other text unchanged, and a reference too, because it is not secret.</summary>
    public static string Masked(OptionProperty property, string text)
    {
        if (!property.IsSecret || SecretReference.TryRead(text, out _))
            return text;
        if (!property.IsAddress)
            return SecretText.Mask;
        foreach (var part in SecretParts.OfAddress(text).Where(part => part.Length > 0).OrderByDescending(part => part.Length))
            text = text.Replace(part, SecretText.Mask, StringComparison.Ordinal);
        return text;
    }

    /// <summary>The settings of a layer in displayed form.</summary>
    public static JsonNode? Masked(string path, JsonNode? value) =>
        OptionPath.Find(path) is { Property: var property } ? Masked(property, value) : value?.DeepClone();

    /// <summary>
    /// The settings with the secrets and variables behind displayed values restored.
    /// </summary>
    /// <param name="settings">The settings.</param>
    /// <param name="problems">Receives masks without a secret behind them, and variables, which only a file may have.</param>
    /// <returns>The settings; a value sent back as displayed is the value in force.</returns>
    public IReadOnlyDictionary<string, JsonNode?> Restore(IReadOnlyDictionary<string, JsonNode?> settings, ICollection<string> problems) =>
        settings.ToDictionary(
            setting => setting.Key, setting => Restore(setting.Key, setting.Value, problems), StringComparer.Ordinal);

    /// <summary>The differences of a configuration from an earlier one, in displayed form.</summary>
    public static IReadOnlyList<ConfigurationChange> Between(SettingView before, SettingView after) =>
    [
        .. after._real.Keys.Union(before._real.Keys, StringComparer.Ordinal)
            .Where(path => before._real.GetValueOrDefault(path) is var was && after._real.GetValueOrDefault(path) is var now
                && (IsWritten(was) || IsWritten(now)) && !JsonNode.DeepEquals(was?.Value, now?.Value))
            .Select(path => new ConfigurationChange(
                ConfigurationKeys.Write(path), before.Find(path)?.DeepClone(), after.Find(path)?.DeepClone())),
    ];

    private static bool IsWritten(OptionSetting? setting) => setting is { IsDefault: false };

    /// <summary>Whether a value equals the displayed form of a setting in force, and differs from its real value.</summary>
    public bool IsShown(string path, JsonNode? value) =>
        value is not null && Find(path) is { } shown && JsonNode.DeepEquals(value, shown) && !JsonNode.DeepEquals(shown, _real[path].Value);

    private JsonNode? Restore(string path, JsonNode? value, ICollection<string> problems)
    {
        if (IsShown(path, value))
            return _real[path].Value?.DeepClone();
        var isAlike = value is not JsonArray list || (Find(path) as JsonArray)?.Count == list.Count;
        // In a list of another length it is unclear which secret a mask represents.
        return isAlike
            ? Restored(value, Find(path), _real.GetValueOrDefault(path)?.Value, path, problems)
            : Restored(value, null, null, path, problems);
    }

    private static JsonNode? Restored(JsonNode? value, JsonNode? shown, JsonNode? real, string path, ICollection<string> problems)
    {
        switch (value)
        {
            case JsonArray list:
                return new JsonArray([.. list.Select((item, i) =>
                    Restored(item, (shown as JsonArray)?[i], (real as JsonArray)?[i], path, problems)?.DeepClone())]);
            case JsonObject map:
                var (shownMap, realMap) = (shown as JsonObject, real as JsonObject);
                return new JsonObject(map.Select(pair => KeyValuePair.Create(
                    pair.Key, Restored(pair.Value, shownMap?[pair.Key], realMap?[pair.Key], path, problems)?.DeepClone())));
            case JsonValue when shown is not null && real is not null && JsonNode.DeepEquals(value, shown):
                return real.DeepClone();
            case JsonValue text when text.GetValue<string>() is var written && written.Contains(SecretText.Mask, StringComparison.Ordinal):
                problems.Add($"'{ConfigurationKeys.Display(path)}' is masked, and no secret in force is shown like this: "
                    + "write the secret, or a reference to one (secret://NAME).");
                return value;
            case JsonValue text when text.GetValue<string>() is var written && HasVariable(written):
                problems.Add($"'{ConfigurationKeys.Display(path)}' names an environment variable, which only the file may: "
                    + "write the value, or a reference to a secret (secret://NAME).");
                return value;
            default:
                return value;
        }
    }

    private static bool HasVariable(string text) =>
        text.IndexOf("${", StringComparison.Ordinal) is >= 0 and var at && text.IndexOf('}', at) > at;

    private static JsonNode? Masked(OptionProperty property, JsonNode? value) => value switch
    {
        JsonValue text => Masked(property, text.GetValue<string>()),
        JsonArray list => new JsonArray([.. list.Select(item => MaskedItem(property, item))]),
        _ => value?.DeepClone(),
    };

    private static JsonNode? MaskedItem(OptionProperty property, JsonNode? item)
    {
        if (item is not JsonObject map || property.Shape.Element is not { Kind: OptionKind.Object } shape)
            return item is JsonValue && property.Shape.Element?.Shorthand is { } usual ? Masked(usual, item) : Masked(property, item);
        return new JsonObject(map.Select(pair => KeyValuePair.Create(
            pair.Key, shape.Find(pair.Key) is { } inner ? Masked(inner, pair.Value) : pair.Value?.DeepClone())));
    }
}
