using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>A share of the calls of an alias is copied to another target, whose answers nobody gets: to try it before trusting
/// it.</summary>
public sealed class ShadowOptions
{
    /// <summary>Where the copies go: <c>provider/model</c>.</summary>
    [ConfigurationKeyName("target")]
    public string Target { get; set; } = "";

    /// <summary>The share of the calls that is copied. Each copy is paid for like any other call.</summary>
    /// <value>The default is 5%.</value>
    [ConfigurationKeyName("share"), Percent]
    public double Share { get; set; } = 0.05;

    /// <summary>How many copies run at once. A call that finds all places taken is not copied; it never waits.</summary>
    /// <value>The default is 4.</value>
    [ConfigurationKeyName("concurrency")]
    public int Concurrency { get; set; } = 4;

    /// <summary>How many copies are begun in one minute; null sets no limit.</summary>
    [ConfigurationKeyName("max_per_minute")]
    public int? MaxPerMinute { get; set; }
}
