using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>Whose tokens (OpenID Connect) open the admin API, and which roles they give.</summary>
public sealed class AdminOidcOptions
{
    /// <summary>The issuer's address, below which <c>/.well-known/openid-configuration</c> is. It is https, or on this machine.</summary>
    [ConfigurationKeyName("authority")]
    public string? Authority { get; set; }

    /// <summary>Whom a token must be for (<c>aud</c>): the name or id of this gateway at the issuer.</summary>
    [ConfigurationKeyName("audience")]
    public string? Audience { get; set; }

    /// <summary>The claim that names roles or groups, a text or a list; <c>realm_access.roles</c> is one within another.</summary>
    /// <value>The default is <c>roles</c>.</value>
    [ConfigurationKeyName("role_claim")]
    public string RoleClaim { get; set; } = "roles";

    /// <summary>
    /// The role that each value of the claim gives: <c>platform-team: admin</c>. When empty, <c>viewer</c>, <c>operator</c> and
    /// <c>admin</c> give the role they name.
    /// </summary>
    [ConfigurationKeyName("roles"), KnownValues("viewer", "operator", "admin")]
    public Dictionary<string, string> Roles { get; set; } = new(StringComparer.Ordinal);
}
