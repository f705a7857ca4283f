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

    /// <summary>
    /// The id under which the issuer knows the dashboard: with it, browsers are sent to the issuer to sign in. Null, the default, leaves
    /// that out.
    /// </summary>
    [ConfigurationKeyName("client_id")]
    public string? ClientId { get; set; }

    /// <summary>The client's secret, where the issuer asks for one; null for none.</summary>
    [ConfigurationKeyName("client_secret"), Secret]
    public string? ClientSecret { get; set; }

    /// <summary>What a browser asks the issuer for, separated by spaces; <c>openid</c> must be among it.</summary>
    /// <value>The default is <c>openid</c>.</value>
    [ConfigurationKeyName("scopes")]
    public string Scopes { get; set; } = "openid";

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
