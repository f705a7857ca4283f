using System.Text.Json;
using System.Text.Json.Nodes;
using Switchyard.Configuration.Binding;

namespace Switchyard.Auditing;

/// <summary>The requested settings as an audit log may keep them: as JSON, without secrets, and with a bounded length.</summary>
public static class AuditMask
{
    private const int Longest = 4096;
    private const string Mask = "***";

    // Of two members with one name it is unclear which was meant; a JSON node with duplicates fails only when it is read.
    private static readonly JsonDocumentOptions s_strict = new() { AllowDuplicateProperties = false };

    private static readonly string[] s_secrets =
        ["key", "hash", "secret", "token", "password", "passphrase", "authorization", "credential", "credentials", "private_key"];

    /// <summary>The names of the settings that are secrets, or may hold one: a key, the address of a database.</summary>
    private static readonly Lazy<HashSet<string>> s_settings = new(() => [.. SecretsOf(OptionShape.Root)]);

    /// <summary>Masks a body.</summary>
    /// <param name="json">The body. The result is null if it is empty, <c>(no JSON)</c> if it is not JSON.</param>
    public static string? Of(ReadOnlySpan<byte> json)
    {
        if (json.IsEmpty)
            return null;
        try
        {
            var text = Masked(JsonNode.Parse(json, documentOptions: s_strict), isSecret: false)?.ToJsonString() ?? "null";
            return text.Length <= Longest ? text : string.Concat(text.AsSpan(0, Longest), "…");
        }
        catch (Exception unreadable) when (unreadable is JsonException or InvalidOperationException)
        {
            return "(no JSON)";
        }
    }

    private static JsonNode? Masked(JsonNode? node, bool isSecret) => node switch
    {
        JsonObject entries => new JsonObject(entries.Select(entry => KeyValuePair.Create(
            entry.Key, Masked(entry.Value?.DeepClone(), IsSecret(entry.Key) || (isSecret && entry.Value is JsonValue))))),
        JsonArray items => new JsonArray([.. items.Select(item => Masked(item?.DeepClone(), isSecret))]),
        null => null,
        _ => isSecret ? JsonValue.Create(Mask) : node,
    };

    private static IEnumerable<string> SecretsOf(OptionShape shape)
    {
        var below = shape.Properties.SelectMany(property => SecretsOf(property.Shape))
            .Concat(shape.Element is { } element ? SecretsOf(element) : [])
            .Concat(shape.Others is { } others ? SecretsOf(others.Shape) : []);
        return shape.Properties.Where(property => property.IsSecret).Select(property => property.Name).Concat(below);
    }

    /// <summary>Whether a member holds a secret, also one named by its path (<c>providers.openai.key</c>), or a header's
    /// value.</summary>
    private static bool IsSecret(string name)
    {
        var last = name[(name.LastIndexOfAny(['.', ':']) + 1)..].Replace('-', '_').ToLowerInvariant();
        return last == "headers" || s_settings.Value.Contains(last)
            || Array.Exists(s_secrets, secret => last == secret || last.EndsWith("_" + secret, StringComparison.Ordinal))
            || name.Contains("headers.", StringComparison.OrdinalIgnoreCase);
    }
}
