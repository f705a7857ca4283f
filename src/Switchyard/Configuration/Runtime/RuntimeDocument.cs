using System.Globalization;
using System.Text.Json.Nodes;

namespace Switchyard.Configuration.Runtime;

/// <summary>The content of one version: the run-time settings, the running canary, and the version's changes. Immutable.</summary>
/// <param name="Layer">The run-time settings.</param>
/// <param name="Canary">The candidate that a share of the calls runs on; null for none.</param>
/// <param name="Changes">The version's changes to the configuration in force, masked.</param>
internal sealed record RuntimeDocument(RuntimeLayer Layer, CanaryPlan? Canary, IReadOnlyList<ConfigurationChange> Changes)
{
    /// <summary>No settings.</summary>
    public static RuntimeDocument Empty { get; } = new(RuntimeLayer.Empty, null, []);

    public string ToJson()
    {
        var document = new JsonObject
        {
            ["settings"] = NodeOf(Layer),
            ["changes"] = new JsonArray([.. Changes.Select(change => new JsonObject
            {
                ["key"] = change.Key,
                ["before"] = change.Before?.DeepClone(),
                ["after"] = change.After?.DeepClone(),
            })]),
        };
        if (Canary is { } canary)
        {
            document["canary"] = new JsonObject
            {
                ["share"] = canary.Share.ToString("R", CultureInfo.InvariantCulture),
                ["seed"] = canary.Seed.ToString(CultureInfo.InvariantCulture),
                ["settings"] = NodeOf(canary.Layer),
            };
        }

        return document.ToJsonString();
    }

    /// <summary>Reads a stored document, which another version of the program may have written; null if it cannot.</summary>
    public static RuntimeDocument? TryParse(string json)
    {
        try
        {
            var document = JsonNode.Parse(json)!.AsObject();
            var canary = document["canary"] is JsonObject found
                ? new CanaryPlan(
                    LayerOf(found["settings"]),
                    double.Parse((string)found["share"]!, CultureInfo.InvariantCulture),
                    long.Parse((string)found["seed"]!, CultureInfo.InvariantCulture))
                : null;
            return new(
                LayerOf(document["settings"]),
                canary,
                [.. document["changes"]!.AsArray().Select(change =>
                    new ConfigurationChange((string)change!["key"]!, change["before"]?.DeepClone(), change["after"]?.DeepClone()))]);
        }
        catch (Exception e) when (e is System.Text.Json.JsonException or InvalidOperationException or FormatException or ArgumentException
            or NullReferenceException)
        {
            return null;
        }
    }

    private static JsonObject NodeOf(RuntimeLayer layer) =>
        new(layer.Settings.Select(setting => KeyValuePair.Create(setting.Key, setting.Value?.DeepClone())));

    private static RuntimeLayer LayerOf(JsonNode? settings) => RuntimeLayer.Of(settings!.AsObject());
}
