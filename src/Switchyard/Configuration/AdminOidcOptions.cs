using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>The OpenID Connect issuer of tokens that open the admin API, and the roles they give.</summary>
public sealed class AdminOidcOptions
{
    /// <summary>The issuer's address, the parent of <c>/.well-known/openid-configuration</c>. It is https, or on this machine.</summary>
    [ConfigurationKeyName("authority")]
    public string? Authority { get; set; }

    /// <summary>The required audience of a token (<c>aud</c>): the name or id of this gateway at the issuer.</summary>
    [ConfigurationKeyName("audience")]
    public string? Audience { get; set; }

    /// <summary>
    /// The client id of the dashboard at the issuer: with it, browsers are sent to the issuer to sign in. Null, the default,
    /// disables that.
    /// </summary>
    [ConfigurationKeyName("client_id")]
    public string? ClientId { get; set; }

    /// <summary>The client's secret, if the issuer requires one; null for none.</summary>
    [ConfigurationKeyName("client_secret"), Secret]
    public string? ClientSecret { get; set; }

    /// <summary>The scopes that a browser requests from the issuer, separated by spaces; <c>openid</c> must be among them.</summary>
    /// <value>The default is <c>openid</c>.</value>
    [ConfigurationKeyName("scopes")]
    public string Scopes { get; set; } = "openid";

    /// <summary>The claim that names roles or groups, a text or a list; <c>realm_access.roles</c> is a nested claim.</summary>
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
