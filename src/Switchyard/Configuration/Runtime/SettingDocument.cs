using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Switchyard.Common;
using Switchyard.Configuration.Binding;
using Switchyard.Configuration.Yaml;
using YamlDotNet.Core;

namespace Switchyard.Configuration.Runtime;

/// <summary>A received document of settings: JSON or YAML, its keys nested as in a file or joined by dots.</summary>
internal static class SettingDocument
{
    private static readonly JsonDocumentOptions s_strict = new()
    {
        AllowDuplicateProperties = false,
        MaxDepth = YamlDocumentReader.DeepestNesting,
    };

    /// <summary>Reads text: JSON if it begins with a brace, else YAML.</summary>
    /// <exception cref="ConfigurationChangeException">It is neither, or not a map of settings.</exception>
    public static JsonObject Parse(string text)
    {
        try
        {
            var isJson = text.AsSpan().TrimStart().StartsWith('{');
            if (isJson && JsonText.ProblemOf(Encoding.UTF8.GetBytes(text)) is { } problem)
                throw Unreadable($"its JSON {problem.TrimEnd('.')}");
            var root = isJson
                ? JsonNode.Parse(text, nodeOptions: null, s_strict)
                : YamlDocumentReader.Read(VariableReferences.Mask(text)) is { } item ? new Nodes().Of(item) : new JsonObject();
            return root as JsonObject ?? throw Unreadable("it is not a map of settings ('key: value')");
        }
        catch (JsonException invalid)
        {
            throw Unreadable($"line {invalid.LineNumber + 1} is not JSON");
        }
        catch (YamlException invalid)
        {
            throw Unreadable($"line {invalid.Start.Line} is not YAML: {ConfigurationKeys.Shorten(invalid.Message.TrimEnd('.'))}");
        }
    }

    /// <summary>The settings of a document, by key.</summary>
    /// <param name="document">The document.</param>
    /// <param name="inForce">The configuration in force, whose names are recognised.</param>
    /// <param name="problems">Receives invalid keys and values.</param>
    public static IReadOnlyDictionary<string, JsonNode?> Read(JsonObject document, SwitchyardOptions inForce, ICollection<string> problems)
    {
        var settings = new Dictionary<string, JsonNode?>(StringComparer.Ordinal);
        var spellings = SpellingsOf(inForce);
        foreach (var (key, node) in document)
        {
            if (string.IsNullOrWhiteSpace(key))
                problems.Add("A key is empty.");
            else if (key.Length > SettingKeys.LongestKey)
                problems.Add($"A key is longer than {SettingKeys.LongestKey} characters.");
            else
                Expand(SettingKeys.Parse(key, inForce, node is null or JsonObject), node);
        }

        return settings;

        void Expand(string path, JsonNode? node)
        {
            path = OptionPath.Normalize(path);
            path = spellings.GetValueOrDefault(path, path);
            var found = OptionPath.Find(path);
            if (FindList(path) is { } list)
                problems.Add($"'{ConfigurationKeys.Display(list)}' is a list, which is set as a whole.");
            else if (node is JsonObject { Count: > 0 } map && !IsReference(map, found))
                Each(path, map);
            else if (!settings.TryAdd(path, Normalized(node, found)))
                problems.Add($"'{ConfigurationKeys.Display(path)}' is set twice.");
        }

        void Each(string path, JsonObject map)
        {
            foreach (var (name, child) in map)
            {
                if (string.IsNullOrWhiteSpace(name))
                    problems.Add($"A key below '{ConfigurationKeys.Display(path)}' is empty.");
                else
                    Expand(ConfigurationKeys.Combine(path, name), child);
            }
        }
    }

    /// <summary>
    /// The keys of a configuration, found in any case: names are compared without regard to it, so that <c>Fast</c> means its alias
    /// <c>fast</c>, to be changed or removed.
    /// </summary>
    private static Dictionary<string, string> SpellingsOf(SwitchyardOptions options)
    {
        var spellings = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var setting in OptionSettings.Of(options))
            spellings.TryAdd(setting.Path, setting.Path);
        return spellings;
    }

    /// <summary>The list that contains a key; null if none does.</summary>
    private static string? FindList(string path)
    {
        for (var at = path.LastIndexOf(':'); at > 0; at = path.LastIndexOf(':', at - 1))
        {
            if (OptionPath.Find(path[..at])?.Shape.Kind == OptionKind.List)
                return path[..at];
        }

        return null;
    }

    /// <summary>Whether a map is <c>{ secret: name }</c> in place of a secret.</summary>
    private static bool IsReference(JsonObject map, OptionPath? found) =>
        found is { Property.IsSecret: true, Shape.Kind: OptionKind.Text }
        && map is { Count: 1 } && map[SecretReference.Key] is JsonValue value && value.GetValueKind() == JsonValueKind.String
        && !string.IsNullOrWhiteSpace(value.GetValue<string>());

    private static JsonNode? Normalized(JsonNode? node, OptionPath? found) => node switch
    {
        null => null,
        JsonObject { Count: > 0 } map when IsReference(map, found) => SecretReference.To(map[SecretReference.Key]!.GetValue<string>()),
        JsonObject map => new JsonObject(map.Select(pair => KeyValuePair.Create(pair.Key, Normalized(pair.Value, null)))),
        JsonArray list => new JsonArray([.. list.Select(item => Normalized(item, null))]),
        _ => node.GetValueKind() switch
        {
            JsonValueKind.String => JsonValue.Create(node.GetValue<string>()),
            JsonValueKind.True => JsonValue.Create("true"),
            JsonValueKind.False => JsonValue.Create("false"),
            _ => JsonValue.Create(PlainNumber(node.ToJsonString())),
        },
    };

    /// <summary>A number in the notation of the configuration, which has no exponents.</summary>
    private static string PlainNumber(string text) =>
        decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? OptionText.Of(number, OptionKind.Number)!
            : text;

    private static ConfigurationChangeException Unreadable(string why) => new(
        ConfigurationChangeFailure.Invalid, "unreadable_document", [$"The document cannot be read: {why}."]);

    /// <summary>YAML as JSON, bounded: nested aliases could expand beyond any memory.</summary>
    private sealed class Nodes
    {
        private int _count;

        public JsonNode? Of(YamlItem item)
        {
            if (++_count > YamlConfigurationProvider.MostSettings)
                throw Unreadable($"it expands to more than {YamlConfigurationProvider.MostSettings} settings");
            return item switch
            {
                YamlText text => text.Value is null ? null : JsonValue.Create(text.Value),
                YamlList list => new JsonArray([.. list.Items.Select(Of)]),
                YamlMap map => MapOf(map),
                _ => null,
            };
        }

        private JsonObject MapOf(YamlMap map)
        {
            var result = new JsonObject();
            foreach (var (key, value) in map.Entries)
            {
                if (!result.TryAdd(key.Value ?? "", Of(value)))
                    throw Unreadable($"'{ConfigurationKeys.DisplayName(key.Value ?? "")}' is on line {key.Line} again");
            }

            return result;
        }
    }
}
