using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>When and how often one target is tried again, before the first byte of an answer.</summary>
public sealed class RetryOptions
{
    /// <summary>The most tries of one target within a call, the first included; a provider's <c>max_retries</c> overrides it.</summary>
    /// <value>The default is 4.</value>
    [ConfigurationKeyName("attempts")]
    public int Attempts { get; set; } = 4;

    /// <summary>The bound of the first wait; each next one is twice as long. The wait is a random part of its bound.</summary>
    /// <value>The default is 1 second.</value>
    [ConfigurationKeyName("base")]
    public TimeSpan Base { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>The bound of all waits; a provider's <c>Retry-After</c> may be longer.</summary>
    /// <value>The default is 10 seconds.</value>
    [ConfigurationKeyName("max")]
    public TimeSpan Max { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The share of retries among all calls; ten a second are allowed in addition. It keeps retries from multiplying an
    /// outage.</summary>
    /// <value>The default is 20%.</value>
    [ConfigurationKeyName("budget"), Percent]
    public double Budget { get; set; } = 0.2;
}

/// <summary>How often a route retries one target, by kind of failure; null takes the number of the provider or of <c>retry</c>.</summary>
public sealed class RouteRetryOptions
{
    /// <summary>Retries after a 429.</summary>
    [ConfigurationKeyName("rate_limit")]
    public int? RateLimit { get; set; }

    /// <summary>Retries after a timeout.</summary>
    [ConfigurationKeyName("timeout")]
    public int? Timeout { get; set; }

    /// <summary>Retries after another failure of the provider: 5xx, no connection.</summary>
    [ConfigurationKeyName("server")]
    public int? Server { get; set; }
}
