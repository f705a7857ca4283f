using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>How the health of providers is watched.</summary>
public sealed class HealthOptions
{
    /// <summary>Whether the gateway asks providers that have no traffic how they are. In process the monitor runs only when asked
    /// to.</summary>
    /// <value>The default is true.</value>
    [ConfigurationKeyName("monitor")]
    public bool Monitor { get; set; } = true;

    /// <summary>How often: a provider that had a call within this time is not asked.</summary>
    /// <value>The default is 30 seconds.</value>
    [ConfigurationKeyName("interval")]
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long one check may take. It has nothing to do with <c>timeouts</c>, which are those of calls.</summary>
    /// <value>The default is 5 seconds.</value>
    [ConfigurationKeyName("timeout")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// What a check does: <c>configuration</c> asks nobody, <c>reachability</c> asks for the provider's list of models, <c>round-trip</c>
    /// has a model answer in at most 5 tokens, which is billed like any other call.
    /// </summary>
    /// <value>The default is <c>reachability</c>.</value>
    [ConfigurationKeyName("level"), KnownValues("configuration", "reachability", "round-trip")]
    public string Level { get; set; } = "reachability";
}
