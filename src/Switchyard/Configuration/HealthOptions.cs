using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>Health checks of providers.</summary>
public sealed class HealthOptions
{
    /// <summary>Whether the gateway checks providers that have no traffic. In process the monitor runs only when it is
    /// started.</summary>
    /// <value>The default is true.</value>
    [ConfigurationKeyName("monitor")]
    public bool Monitor { get; set; } = true;

    /// <summary>The interval of checks: a provider that had a call within this time is not checked.</summary>
    /// <value>The default is 30 seconds.</value>
    [ConfigurationKeyName("interval")]
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long one check may take. It is independent of <c>timeouts</c>, which apply to calls.</summary>
    /// <value>The default is 5 seconds.</value>
    [ConfigurationKeyName("timeout")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The kind of check: <c>configuration</c> sends nothing, <c>reachability</c> requests the provider's list of models, <c>round-trip</c>
    /// requests an answer of at most 5 tokens from a model, which is billed like any other call.
    /// </summary>
    /// <value>The default is <c>reachability</c>.</value>
    [ConfigurationKeyName("level"), KnownValues("configuration", "reachability", "round-trip")]
    public string Level { get; set; } = "reachability";
}
