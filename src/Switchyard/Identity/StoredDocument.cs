using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Switchyard.Identity;

/// <summary>The document of a key or tenant in the store. Immutable.</summary>
internal sealed record StoredDocument
{
    /// <summary>Its name, in the original case.</summary>
    public required string Name { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>The settings of <c>keys.NAME</c> or <c>tenants.NAME</c>.</summary>
    public required JsonObject Settings { get; init; }

    /// <summary>Of a key: its SHA-256 hash in hexadecimal digits.</summary>
    public string? Hash { get; init; }

    /// <summary>Of a key: its first characters, by which its owner recognises it.</summary>
    public string? Prefix { get; init; }

    /// <summary>Of a rotated key: the hash of the previous one.</summary>
    public string? PreviousHash { get; init; }

    /// <summary>When the previous key ends.</summary>
    public DateTimeOffset? PreviousEnds { get; init; }

    /// <summary>When it was revoked.</summary>
    public DateTimeOffset? Revoked { get; init; }

    public string ToJson() => JsonSerializer.Serialize(this, StoredDocumentJson.Default.StoredDocument);

    /// <summary>Reads a document.</summary>
    /// <exception cref="JsonException">The text is not such a document.</exception>
    public static StoredDocument Parse(string json) =>
        JsonSerializer.Deserialize(json, StoredDocumentJson.Default.StoredDocument) ?? throw new JsonException();
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(StoredDocument))]
internal sealed partial class StoredDocumentJson : JsonSerializerContext;
