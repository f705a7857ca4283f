using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>A share of the calls of an alias is copied to another target, to try that target; no client gets the answers to
/// copies.</summary>
public sealed class ShadowOptions
{
    /// <summary>The target of the copies: <c>provider/model</c>.</summary>
    [ConfigurationKeyName("target")]
    public string Target { get; set; } = "";

    /// <summary>The share of the calls that is copied. Each copy is billed like any other call.</summary>
    /// <value>The default is 5%.</value>
    [ConfigurationKeyName("share"), Percent]
    public double Share { get; set; } = 0.05;

    /// <summary>The most copies that run at once. If all places are occupied, a call is not copied; it never waits.</summary>
    /// <value>The default is 4.</value>
    [ConfigurationKeyName("concurrency")]
    public int Concurrency { get; set; } = 4;

    /// <summary>The most copies that begin in one minute; null sets no limit.</summary>
    [ConfigurationKeyName("max_per_minute")]
    public int? MaxPerMinute { get; set; }
}
