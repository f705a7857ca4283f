using System.Security.Cryptography;
using System.Text;
using Switchyard.Configuration.Binding;
using static Switchyard.Configuration.ConfigurationKeys;
using static Switchyard.Configuration.ValidationFinding;

namespace Switchyard.Configuration.Validation;

/// <summary>Each virtual key has a unique key or hash, an existing tenant, and a readable expiry.</summary>
internal sealed class KeyValidator : IConfigurationValidator
{
    private const int LongestName = 128;

    public IEnumerable<ValidationFinding> Validate(SwitchyardOptions options, KnownNames known)
    {
        var owners = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var index = 0; index < options.Server.Keys.Count; index++)
            owners.TryAdd(HashOf(options.Server.Keys[index]), $"server.keys.{index}");
        foreach (var (name, key) in options.Keys)
        {
            foreach (var finding in ValidateSecret(name, key, owners).Concat(Validate(name, key, options)))
                yield return finding;
            foreach (var finding in ValidateLists("keys", name, key.Models)
                .Concat(ValidateLimits("keys", name, key.Limits)))
                yield return finding;
        }

        foreach (var (name, tenant) in options.Tenants)
        {
            if (FindNameProblem(name) is { } problem)
                yield return new(Combine("tenants", name), $"the tenant's name {problem}");
            foreach (var finding in ValidateLists("tenants", name, tenant.Models)
                .Concat(ValidateLimits("tenants", name, tenant.Limits)))
                yield return finding;
        }
    }

    /// <summary>The problem of the name of a key or tenant; null if there is none.</summary>
    public static string? FindNameProblem(string name) =>
        name.Length > LongestName ? $"is longer than {LongestName} characters"
        : name.Split('/').Any(part => part.Trim().Length == 0) ? "has an empty part; write it as acme or acme/build"
        : name.AsSpan().ContainsAnyExcept(s_letters) ? "may hold letters, digits and any of - _ . : @ / only"
        : null;

    private static readonly System.Buffers.SearchValues<char> s_letters =
        System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.:/@");

    private static IEnumerable<ValidationFinding> ValidateLimits(string section, string name, LimitOptions? limits) =>
        limits is null ? [] : LimitValidator.Validate(limits, section, name, "limits");

    private static IEnumerable<ValidationFinding> ValidateSecret(string name, KeyOptions key, Dictionary<string, string> owners)
    {
        if (FindNameProblem(name) is { } problem)
            yield return new(Combine("keys", name), $"the key's name {problem}");
        var hash = key.ReadHash() is { } bytes ? Convert.ToHexString(bytes) : null;
        if (key.Hash is not null && hash is null)
        {
            yield return new(
                Combine("keys", name, "hash"), "the hash must be sha256: and 64 hexadecimal digits, printf %s KEY | sha256sum");
        }
        else if (key.Key is not null == key.Hash is not null)
        {
            yield return new(
                Combine("keys", name),
                key.Key is null
                    ? "a key needs its hash (hash: \"sha256:…\") or the key itself (key: ${NAME})"
                    : "a key takes key or hash, not both");
        }
        else if (key.Key is not null && string.IsNullOrWhiteSpace(key.Key))
        {
            yield return new(Combine("keys", name, "key"), "the key is empty");
        }
        else if ((hash ??= HashOf(key.Key!)) is var own && !owners.TryAdd(own, $"keys.{name}"))
        {
            yield return new(Combine("keys", name), $"this is the same key as {owners[own]}; each needs its own");
        }
    }

    private static IEnumerable<ValidationFinding> Validate(string name, KeyOptions key, SwitchyardOptions options)
    {
        if (key.Expires is { } expires && key.ExpiresAt is null)
        {
            yield return OfValue(
                expires, Combine("keys", name, "expires"),
                $"'{ValuePlaceholder}' is not a day or time; write 2027-01-01, or 2027-01-01T12:00:00Z");
        }

        if (key.Tenant is not { } tenant)
            yield break;
        if (FindNameProblem(tenant) is { } problem)
        {
            yield return new(Combine("keys", name, "tenant"), $"the tenant's name {problem}");
        }
        else if (options.Tenants.Count > 0 && !options.Tenants.ContainsKey(tenant))
        {
            // A mistyped name would leave the key without its intended rules.
            yield return OfValue(
                tenant, Combine("keys", name, "tenant"),
                $"there is no tenant '{ValuePlaceholder}' under tenants{NearestName.Suggestion(tenant, options.Tenants.Keys)}");
        }
    }

    private static IEnumerable<ValidationFinding> ValidateLists(string section, string name, List<string> models)
    {
        for (var index = 0; index < models.Count; index++)
        {
            if (string.IsNullOrWhiteSpace(models[index]))
            {
                yield return new(
                    Combine(section, name, "models", $"{index}"), "a model is empty; write an alias, provider/model, or provider/*");
            }
        }
    }

    private static string HashOf(string key) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(key.Trim())));
}
