using static Switchyard.Configuration.ConfigurationKeys;
using static Switchyard.Configuration.ValidationFinding;

namespace Switchyard.Configuration.Validation;

/// <summary>An admin key is hard to guess and unique; the admin addresses can be listened on.</summary>
internal sealed class AdminValidator : IConfigurationValidator
{
    /// <summary>The shortest admin key, in characters.</summary>
    public const int ShortestKey = 16;

    private const int LongestName = 64;

    public IEnumerable<ValidationFinding> Validate(SwitchyardOptions options, KnownNames known)
    {
        var admin = options.Admin;
        var owners = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var own in options.Server.Keys.Concat(options.Keys.Values.Select(own => own.Key)))
            owners.TryAdd(own?.Trim() ?? "", "");
        foreach (var finding in ValidateKey(admin.Key, "admin.key", Combine("admin", "key"), owners))
            yield return finding;
        foreach (var (name, key) in admin.Keys)
        {
            if (name.Length > LongestName || name.AsSpan().ContainsAny('/', '\n', '\r') || string.IsNullOrWhiteSpace(name))
                yield return new(Combine("admin", "keys", name), $"the name is at most {LongestName} characters, without a slash");
            if (key.Key is null)
                yield return new(Combine("admin", "keys", name), "it needs its key (key: ${NAME})");
            foreach (var finding in ValidateKey(key.Key, $"admin.keys.{name}", Combine("admin", "keys", name, "key"), owners))
                yield return finding;
        }

        foreach (var finding in ValidateOidc(admin.Oidc).Concat(ValidateUrls(options)))
            yield return finding;
    }

    /// <param name="key">The key.</param>
    /// <param name="owner">The owner of the key.</param>
    /// <param name="path">The key's path in the configuration.</param>
    /// <param name="owners">The owner of each other key: empty for a client's.</param>
    private static IEnumerable<ValidationFinding> ValidateKey(string? key, string owner, string path, Dictionary<string, string> owners)
    {
        // A secret in a store is checked again after the store has returned it.
        if (key is null || SecretReference.TryRead(key, out _))
            yield break;
        if (key.Trim().Length < ShortestKey)
        {
            yield return new(path, $"the admin key must have at least {ShortestKey} characters; 'openssl rand -hex 32' makes one");
        }
        else if (!owners.TryAdd(key.Trim(), owner))
        {
            yield return new(
                path,
                owners[key.Trim()] is { Length: > 0 } other
                    ? $"this is the same key as {other}; each needs its own"
                    : "the admin key is also a client's key; that client could change everything");
        }
    }

    private static IEnumerable<ValidationFinding> ValidateOidc(AdminOidcOptions? oidc)
    {
        if (oidc is null)
            yield break;
        if (!Uri.TryCreate(oidc.Authority, UriKind.Absolute, out var authority)
            || !(authority.Scheme == Uri.UriSchemeHttps || (authority.Scheme == Uri.UriSchemeHttp && authority.IsLoopback)))
            yield return new(Combine("admin", "oidc", "authority"), "the authority must be an address with https, or on this machine");
        if (string.IsNullOrWhiteSpace(oidc.Audience))
            yield return new(
                Combine("admin", "oidc", "audience"), "name the audience; without it a token for any other service would be accepted");
        if (oidc.ClientSecret is not null && oidc.ClientId is null)
            yield return new(Combine("admin", "oidc", "client_secret"), "client_secret needs client_id, which is not set");
        if (!oidc.Scopes.Split(' ').Contains("openid"))
            yield return new(Combine("admin", "oidc", "scopes"), "openid must be among them; without it the issuer does not name the user");
        if (string.IsNullOrWhiteSpace(oidc.RoleClaim))
            yield return new(Combine("admin", "oidc", "role_claim"), "the claim's name is empty; leave it out for roles");
    }

    private static IEnumerable<ValidationFinding> ValidateUrls(SwitchyardOptions options)
    {
        if (options.Admin.Urls is not { } urls)
            yield break;
        if (!options.Admin.IsOn)
            yield return new(Combine("admin", "urls"), "nothing would answer there: the admin API needs admin.key");
        if (urls.Trim(' ', ';').Length == 0)
            yield return new(Combine("admin", "urls"), "urls names no address; leave it out to answer where calls are taken");
        var taken = ListenAddressPolicy.Split($"{options.Server.Urls};{options.Server.H2cUrls}").Select(ListenAddressPolicy.EndOf).ToList();
        foreach (var address in ListenAddressPolicy.Split(urls).Where(url => taken.Contains(ListenAddressPolicy.EndOf(url) ?? "")))
        {
            yield return OfValue(
                address, Combine("admin", "urls"),
                $"'{ValuePlaceholder}' has the port of an address where calls are taken; give it its own");
        }

        foreach (var address in ListenAddressPolicy.FindMalformed(urls).Concat(ListenAddressPolicy.FindWithPath(urls)))
        {
            yield return OfValue(
                address, Combine("admin", "urls"),
                $"'{ValuePlaceholder}' is not an address to listen on; write it as http://127.0.0.1:8081");
        }
    }
}
