using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>The dashboard: pages that show the data of the admin API in a browser, at the admin API's addresses.</summary>
public sealed class DashboardOptions
{
    /// <summary>Whether it is served.</summary>
    /// <value>The default is true: as soon as the admin API has a key.</value>
    [ConfigurationKeyName("enabled")]
    public bool Enabled { get; set; } = true;

    /// <summary>The path below which its pages are; <c>/</c> redirects to it.</summary>
    /// <value>The default is <c>/dashboard</c>.</value>
    [ConfigurationKeyName("path")]
    public string Path { get; set; } = "/dashboard";

    /// <summary>How long a session lasts after sign-in.</summary>
    /// <value>The default is 8 hours.</value>
    [ConfigurationKeyName("session")]
    public TimeSpan Session { get; set; } = TimeSpan.FromHours(8);

    /// <summary>
    /// The address at which browsers open it, without a path, if it is not the address of the request that reaches the gateway, as behind
    /// a proxy that terminates TLS. The issuer sends a browser back to it after sign-in, and with <c>https</c> cookies are sent only over
    /// TLS.
    /// </summary>
    /// <value>The default is null: the scheme and host of each request.</value>
    [ConfigurationKeyName("public_url")]
    public string? PublicUrl { get; set; }
}
