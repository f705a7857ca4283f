using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>The admin API (<c>/admin/…</c>). It answers no request until it has a key.</summary>
public sealed class AdminOptions
{
    /// <summary>The administrator's key, which permits everything.</summary>
    [ConfigurationKeyName("key"), Secret]
    public string? Key { get; set; }

    /// <summary>Further keys by name, each with its role. The audit log records the name with each use.</summary>
    [ConfigurationKeyName("keys")]
    public Dictionary<string, AdminKeyOptions> Keys { get; set; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// The only addresses at which the admin API answers, separated by semicolons; null lets it answer at the addresses for calls.
    /// </summary>
    [ConfigurationKeyName("urls")]
    public string? Urls { get; set; }

    /// <summary>Single sign-on: a token of this issuer opens the admin API too; null, the default, accepts no tokens.</summary>
    [ConfigurationKeyName("oidc")]
    public AdminOidcOptions? Oidc { get; set; }

    /// <summary>Whether any credential can open it.</summary>
    internal bool IsOn => Key is not null || Keys.Count > 0 || Oidc is not null;

    /// <summary>Whether a credential can have the role <c>admin</c>, which may change the configuration. Any token may.</summary>
    internal bool HasAdministrator => Key is not null || Oidc is not null || Keys.Values.Any(
        static key => key.Key is not null && key.Role.Equals("admin", StringComparison.OrdinalIgnoreCase));
}

/// <summary>A key of the admin API.</summary>
public sealed class AdminKeyOptions
{
    /// <summary>The key, at least 16 characters.</summary>
    [ConfigurationKeyName("key"), Secret]
    public string? Key { get; set; }

    /// <summary>Its role: <c>viewer</c> reads, <c>operator</c> also changes run-time settings, <c>admin</c> may do
    /// everything.</summary>
    /// <value>The default is <c>viewer</c>.</value>
    [ConfigurationKeyName("role"), KnownValues("viewer", "operator", "admin")]
    public string Role { get; set; } = "viewer";

    /// <summary>Its role, without the key.</summary>
    public override string ToString() => Role;
}
