using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>The hosts that may be reached. Without this section every host may be, except those in URLs that clients send.</summary>
public sealed class EgressOptions
{
    /// <summary>
    /// The handling of a request that is not allowed: <c>enforce</c> refuses it, <c>report</c> reports and sends it, <c>off</c> checks
    /// nothing.
    /// </summary>
    /// <value>The default is <c>enforce</c>.</value>
    [ConfigurationKeyName("mode"), KnownValues("enforce", "report", "off")]
    public string Mode { get; set; } = "enforce";

    /// <summary>
    /// The allowed hosts: <c>api.example.com</c>, <c>api.example.com:8443</c>, <c>*.example.com</c>, <c>*</c>, <c>10.0.0.0/8</c>,
    /// a URL, or <c>default</c> for the built-in list.
    /// </summary>
    /// <value>Empty is the ready-made list: the hosts of the vendors in the catalogue, and this machine.</value>
    [ConfigurationKeyName("allow")]
    public List<string> Allow { get; set; } = [];
}
