using System.Collections;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;
using Switchyard.Configuration;
using Switchyard.Configuration.Binding;
using Switchyard.Configuration.Loading;
using Switchyard.Configuration.Validation;

namespace Switchyard.Identity;

/// <summary>
/// The settings of a key or tenant as JSON: the content of <c>keys.NAME</c> or <c>tenants.NAME</c> in a file, read and checked by the same
/// code.
/// </summary>
internal static class KeySettings
{
    private static readonly KnownNames s_known = new(new ConfigurationRequest(), new PluginsOptions());

    private static readonly SettingOrigin s_usual = new(SettingLayer.File);

    /// <summary>Reads the settings of a key.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="settings">Its settings.</param>
    /// <param name="hash">Its hash, which is not a setting.</param>
    /// <param name="problems">The problems found; empty if valid.</param>
    public static KeyOptions ReadKey(string name, JsonObject settings, byte[] hash, out IReadOnlyList<string> problems)
    {
        var options = new SwitchyardOptions();
        var found = Bind(options, "keys", name, settings);
        var key = options.Keys.TryGetValue(name, out var known) ? known : options.Keys[name] = new();
        if (key.Hash is not null || key.Key is not null)
            found.Add("hash, key: the gateway makes the key itself, and keeps its hash.");
        key.Hash = $"sha256:{Convert.ToHexStringLower(hash)}";
        key.Key = null;
        Validate(options, found);
        problems = found;
        return key;
    }

    /// <summary>Reads the settings of a tenant.</summary>
    public static TenantOptions ReadTenant(string name, JsonObject settings, out IReadOnlyList<string> problems)
    {
        var options = new SwitchyardOptions();
        var found = Bind(options, "tenants", name, settings);
        var tenant = options.Tenants.TryGetValue(name, out var known) ? known : options.Tenants[name] = new();
        Validate(options, found);
        problems = found;
        return tenant;
    }

    /// <summary>The settings of a key or tenant of the configuration, without its key and hash.</summary>
    public static JsonObject Write(object options) =>
        Write(options, OptionShape.Root.Find(options is KeyOptions ? "keys" : "tenants")!.Shape.Element!);

    /// <summary>
    /// Settings with changes applied: a value replaces the old one, null removes it (RFC 7396). Settings are read in any case, so the old
    /// one is also found in another: kept beside its new value, entries of its list would still apply.
    /// </summary>
    public static JsonObject Merge(JsonObject settings, JsonObject changes)
    {
        var merged = (JsonObject)settings.DeepClone();
        foreach (var (written, value) in changes)
        {
            string[] kept = [.. merged.Select(setting => setting.Key)
                .Where(key => key.Equals(written, StringComparison.OrdinalIgnoreCase))];
            var name = kept is [var first, ..] ? first : written;
            // Settings that were written in two cases may be in the store: a list left beside its new value would still apply.
            foreach (var again in kept.Skip(value is JsonObject ? kept.Length : 1))
                merged.Remove(again);
            if (value is null)
                merged.Remove(name);
            else if (value is JsonObject part)
                merged[name] = Merge(merged[name] as JsonObject ?? [], part);
            else
                merged[name] = value.DeepClone();
        }

        return merged;
    }

    private static List<string> Bind(SwitchyardOptions options, string section, string name, JsonObject settings)
    {
        var pairs = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        var forms = new Dictionary<string, SettingForm>(StringComparer.OrdinalIgnoreCase);
        Flatten(settings, ConfigurationKeys.Combine(section, name), pairs, forms);
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(pairs).Build();
        var problems = ConfigurationLoader.BindTo(
            options, configuration, path => forms.TryGetValue(path, out var form) ? s_usual with { Form = form } : s_usual);
        return [.. problems.Select(problem => ConfigurationKeys.Sentence(problem.Message))];
    }

    private static void Validate(SwitchyardOptions options, List<string> problems) => problems.AddRange(
        ConfigurationValidators.Run(options, s_known)
            .Where(finding => finding.Severity == ProblemSeverity.Error)
            .Select(finding => ConfigurationKeys.Sentence($"{ConfigurationKeys.Display(finding.Path)}: {finding.Text}")));

    /// <param name="node">The settings below a key.</param>
    /// <param name="path">The key.</param>
    /// <param name="pairs">Receives the texts by their keys.</param>
    /// <param name="forms">
    /// Receives the forms of lists, objects and values without text, by which a wrong one is refused, as in a file: left out, a key meant
    /// for <c>[null]</c> might use all models, and one with the limits <c>[]</c> would have none.
    /// </param>
    private static void Flatten(JsonNode? node, string path, Dictionary<string, string?> pairs, Dictionary<string, SettingForm> forms)
    {
        switch (node)
        {
            case JsonObject { Count: 0 } or JsonArray { Count: 0 } when IsMisplaced(node, path):
                (pairs[path], forms[path]) = (null, node is JsonArray ? SettingForm.List : SettingForm.Map);
                break;
            case JsonObject map:
                if (map.Count > 0)
                    forms[path] = SettingForm.Map;
                foreach (var (name, value) in map)
                    Flatten(value, ConfigurationKeys.Combine(path, name), pairs, forms);
                break;
            case JsonArray list:
                if (list.Count > 0)
                    forms[path] = SettingForm.List;
                for (var index = 0; index < list.Count; index++)
                {
                    var at = ConfigurationKeys.Combine(path, index.ToString(CultureInfo.InvariantCulture));
                    if (list[index] is null)
                        (pairs[at], forms[at]) = (null, SettingForm.Nothing);
                    else
                        Flatten(list[index], at, pairs, forms);
                }

                break;
            case JsonValue value:
                pairs[path] = value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : value.ToJsonString();
                break;
        }
    }

    /// <summary>
    /// Whether an empty object or list is written for a setting that does not take it. An empty object for a section means that nothing is
    /// set, as after the removal of all that it had.
    /// </summary>
    private static bool IsMisplaced(JsonNode node, string path) => OptionPath.Find(path)?.Shape.Kind is { } kind
        && (node is JsonArray ? kind != OptionKind.List : kind is not (OptionKind.Object or OptionKind.Map));

    private static JsonObject Write(object options, OptionShape shape)
    {
        var usual = shape.Create();
        var written = new JsonObject();
        foreach (var property in shape.Properties)
        {
            var value = property.Member.GetValue(options);
            if (property.IsSecret || property.Name == "hash" || value is null || Equals(value, property.Member.GetValue(usual))
                || value is ICollection { Count: 0 })
                continue;
            written[property.Name] = Node(value, property.Shape);
        }

        return written;
    }

    private static JsonNode? Node(object? value, OptionShape shape) => value switch
    {
        null => null,
        IDictionary map => new JsonObject(map.Keys.Cast<string>()
            .Select(name => KeyValuePair.Create(name, Node(map[name], shape.Element!)))),
        IList list => new JsonArray([.. list.Cast<object?>().Select(item => Node(item, shape.Element!))]),
        bool flag => JsonValue.Create(flag),
        int number => JsonValue.Create(number),
        long size when shape.Kind == OptionKind.Size => JsonValue.Create(SizeText.Format(size)),
        long number => JsonValue.Create(number),
        double share when shape.Kind == OptionKind.Percent => JsonValue.Create(PercentText.Format(share)),
        double number => JsonValue.Create(number),
        decimal number => JsonValue.Create(number),
        TimeSpan time => JsonValue.Create(DurationText.Format(time)),
        string text => JsonValue.Create(text),
        _ => Write(value, shape),
    };
}
