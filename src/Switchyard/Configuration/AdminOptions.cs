using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>The admin API (<c>/admin/…</c>). It answers nobody until it has a key.</summary>
public sealed class AdminOptions
{
    /// <summary>The key of whoever runs the gateway, who may do everything.</summary>
    [ConfigurationKeyName("key"), Secret]
    public string? Key { get; set; }

    /// <summary>Further keys by name, each with what it may do. The name is what the audit log calls whoever uses it.</summary>
    [ConfigurationKeyName("keys")]
    public Dictionary<string, AdminKeyOptions> Keys { get; set; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Addresses at which the admin API answers, and nowhere else, separated by semicolons; null lets it answer where calls are taken.
    /// </summary>
    [ConfigurationKeyName("urls")]
    public string? Urls { get; set; }

    /// <summary>Single sign-on: who has a token of this issuer may use it too; null, the default, takes no tokens.</summary>
    [ConfigurationKeyName("oidc")]
    public AdminOidcOptions? Oidc { get; set; }

    /// <summary>Whether anybody could use it.</summary>
    internal bool IsOn => Key is not null || Keys.Count > 0 || Oidc is not null;
}

/// <summary>A key of the admin API.</summary>
public sealed class AdminKeyOptions
{
    /// <summary>The key, at least 16 characters.</summary>
    [ConfigurationKeyName("key"), Secret]
    public string? Key { get; set; }

    /// <summary>What it may do: <c>viewer</c> sees, <c>operator</c> also changes what is changed while running, <c>admin</c>
    /// everything.</summary>
    /// <value>The default is <c>viewer</c>.</value>
    [ConfigurationKeyName("role"), KnownValues("viewer", "operator", "admin")]
    public string Role { get; set; } = "viewer";

    /// <summary>Its role, without the key.</summary>
    public override string ToString() => Role;
}
