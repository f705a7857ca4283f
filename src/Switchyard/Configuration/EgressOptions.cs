using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>Which hosts may be reached. Without this section every host may, except by what clients choose.</summary>
public sealed class EgressOptions
{
    /// <summary>
    /// What happens to a request that is not allowed: <c>enforce</c> refuses it, <c>report</c> reports and sends it, <c>off</c> asks
    /// nothing.
    /// </summary>
    /// <value>The default is <c>enforce</c>.</value>
    [ConfigurationKeyName("mode"), KnownValues("enforce", "report", "off")]
    public string Mode { get; set; } = "enforce";

    /// <summary>
    /// What may be reached: <c>api.example.com</c>, <c>api.example.com:8443</c>, <c>*.example.com</c>, <c>*</c>, <c>10.0.0.0/8</c>,
    /// a URL, or <c>default</c> for the ready-made list.
    /// </summary>
    /// <value>Empty is the ready-made list: the hosts of the vendors in the catalogue, and this machine.</value>
    [ConfigurationKeyName("allow")]
    public List<string> Allow { get; set; } = [];
}
