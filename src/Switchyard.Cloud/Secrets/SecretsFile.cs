using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Switchyard.Secrets;

namespace Switchyard.Cloud.Secrets;

/// <summary>
/// The format of a file of secrets: a JSON map from name to secret; with a passphrase, the encrypted map with salt, nonce and cost.
/// </summary>
/// <param name="path">The path, for messages.</param>
/// <param name="passphrase">The passphrase; null for a plain file.</param>
internal sealed class SecretsFile(string path, string? passphrase)
{
    private const string Variable = "LOCAL_SECRETS_PASSPHRASE";

    private static readonly JsonDocumentOptions s_strict = new() { AllowDuplicateProperties = false };

    // Cached, because deriving it takes 0.1 seconds, and the salt of a file does not change.
    private (byte[] Salt, ScryptCost Cost, byte[] Key)? _key;

    /// <summary>Reads the map.</summary>
    /// <exception cref="SecretStoreException">The bytes are not such a file, or the passphrase does not open it.</exception>
    public SortedDictionary<string, string> Read(byte[] bytes)
    {
        var root = Parse(bytes);
        var isSealed = root["box"] is JsonValue && root["salt"] is JsonValue;
        if (isSealed && passphrase is null)
            throw new SecretStoreException($"'{path}' is encrypted, and there is no passphrase: set {Variable}.");
        if (!isSealed && passphrase is not null)
        {
            throw new SecretStoreException(
                $"'{path}' is not encrypted although there is a passphrase: encrypt it with `switchyard secrets encrypt`, "
                + $"or unset {Variable}.");
        }

        return MapOf(isSealed ? Parse(Open(root)) : root);
    }

    /// <summary>Writes the map.</summary>
    public byte[] Write(SortedDictionary<string, string> secrets)
    {
        var map = new JsonObject();
        foreach (var (name, secret) in secrets)
            map[name] = secret;
        var text = Encoding.UTF8.GetBytes(map.ToJsonString());
        if (passphrase is null)
            return text;
        var salt = _key is { } known && known.Cost == ScryptCost.Usual ? known.Salt : RandomNumberGenerator.GetBytes(SecretBox.SaltBytes);
        var nonce = RandomNumberGenerator.GetBytes(SecretBox.NonceBytes);
        var cost = ScryptCost.Usual;
        return Encoding.UTF8.GetBytes(new JsonObject
        {
            ["version"] = 1,
            ["kdf"] = "scrypt",
            ["n"] = cost.N,
            ["r"] = cost.R,
            ["p"] = cost.P,
            ["cipher"] = "xsalsa20-poly1305",
            ["salt"] = Convert.ToBase64String(salt),
            ["nonce"] = Convert.ToBase64String(nonce),
            ["box"] = Convert.ToBase64String(SecretBox.Seal(text, nonce, KeyOf(salt, cost))),
        }.ToJsonString());
    }

    private byte[] Open(JsonObject root)
    {
        try
        {
            var cost = new ScryptCost((int)root["n"]!, (int)root["r"]!, (int)root["p"]!);
            if ((string?)root["kdf"] == "scrypt" && (string?)root["cipher"] == "xsalsa20-poly1305" && cost.IsSane)
            {
                return SecretBox.Open(Bytes("box"), Bytes("nonce"), KeyOf(Bytes("salt"), cost))
                    ?? throw new SecretStoreException($"'{path}' cannot be decrypted: the passphrase is wrong, or the file was changed.");
            }
        }
        catch (Exception unfit) when (unfit is FormatException or InvalidOperationException or NullReferenceException or ArgumentException)
        {
            // Reported below.
        }

        throw new SecretStoreException($"'{path}' is encrypted in a way that this version does not know.");

        byte[] Bytes(string name) => Convert.FromBase64String((string)root[name]!);
    }

    private byte[] KeyOf(byte[] salt, ScryptCost cost)
    {
        if (_key is not { } known || !known.Salt.AsSpan().SequenceEqual(salt) || known.Cost != cost)
            _key = known = (salt, cost, SecretBox.KeyOf(Encoding.UTF8.GetBytes(passphrase!), salt, cost));
        return known.Key;
    }

    private JsonObject Parse(ReadOnlySpan<byte> bytes)
    {
        // Some editors begin a file with a UTF-8 byte order mark.
        if (bytes.StartsWith("\uFEFF"u8))
            bytes = bytes["\uFEFF"u8.Length..];
        try
        {
            if (JsonNode.Parse(bytes, nodeOptions: null, s_strict) is JsonObject map)
                return map;
        }
        catch (JsonException)
        {
            // Reported below, without this exception's text, which may quote a secret.
        }

        throw new SecretStoreException($"'{path}' is not a JSON map of names to secrets, each name once.");
    }

    private SortedDictionary<string, string> MapOf(JsonObject map)
    {
        var secrets = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in map)
        {
            secrets[name] = value is JsonValue text && text.TryGetValue<string>(out var secret) ? secret
                : throw new SecretStoreException($"In '{path}' the secret '{name}' is not text.");
        }

        return secrets;
    }
}
