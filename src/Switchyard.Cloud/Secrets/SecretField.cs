using System.Text.Json;
using System.Text.Json.Nodes;
using Switchyard.Secrets;

namespace Switchyard.Cloud.Secrets;

/// <summary>A name such as <c>team/keys#openai</c>: the field of a secret that is a JSON object.</summary>
/// <param name="Name">The secret's name.</param>
/// <param name="Field">The field; null for the secret as a whole.</param>
internal readonly record struct SecretField(string Name, string? Field)
{
    /// <summary>Splits a name at its last number sign.</summary>
    public static SecretField Of(string key) =>
        key.LastIndexOf('#') is > 0 and var at && at < key.Length - 1 ? new(key[..at], key[(at + 1)..]) : new(key, null);

    /// <summary>The value of the field in a secret; null if the secret has no such field.</summary>
    /// <exception cref="SecretStoreException">A field is named, and the secret is not a JSON object.</exception>
    public string? In(string? secret)
    {
        if (Field is null || secret is null)
            return secret;
        try
        {
            if (JsonNode.Parse(secret) is JsonObject map)
                return map[Field] is { } value
                    ? value is JsonValue text && text.TryGetValue<string>(out var plain)
                    ? plain
                    : value.ToJsonString()
                    : null;
        }
        catch (JsonException)
        {
            // Reported below, without this exception's text, which may quote the secret.
        }

        throw new SecretStoreException($"The secret '{Name}' is not a JSON object, so it has no field '{Field}'.");
    }

    /// <summary>The name, for writing a whole secret; throws if a field is named.</summary>
    public string Whole() => Field is null ? Name
        : throw new SecretStoreException($"A field of a secret cannot be written alone: set '{Name}' as a whole, as JSON.");
}
