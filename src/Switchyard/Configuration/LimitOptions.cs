using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>
/// The rate limits of a provider, one of its models, a client key or a tenant. Windows slide: at any moment the last minute, day or
/// <see cref="Window"/> counts.
/// </summary>
public sealed class LimitOptions
{
    /// <summary>The most requests in a minute; null for no bound.</summary>
    [ConfigurationKeyName("rpm")]
    public long? RequestsPerMinute { get; set; }

    /// <summary>The most requests in a day; null for no bound.</summary>
    [ConfigurationKeyName("rpd")]
    public long? RequestsPerDay { get; set; }

    /// <summary>The most tokens in a minute, those of prompts and answers together; null for no bound.</summary>
    [ConfigurationKeyName("tpm")]
    public long? TokensPerMinute { get; set; }

    /// <summary>The most tokens in a day, those of prompts and answers together; null for no bound.</summary>
    [ConfigurationKeyName("tpd")]
    public long? TokensPerDay { get; set; }

    /// <summary>The most requests in a <see cref="Window"/>; null for no bound.</summary>
    [ConfigurationKeyName("requests")]
    public long? Requests { get; set; }

    /// <summary>The most tokens in a <see cref="Window"/>; null for no bound.</summary>
    [ConfigurationKeyName("tokens")]
    public long? Tokens { get; set; }

    /// <summary>The length of the window of <see cref="Requests"/> and <see cref="Tokens"/>.</summary>
    /// <value>The default is 1 minute.</value>
    [ConfigurationKeyName("window")]
    public TimeSpan Window { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>The most calls that run at once; null for no bound.</summary>
    [ConfigurationKeyName("concurrency")]
    public int? Concurrency { get; set; }

    /// <summary>The handling of a call at the limit: <c>reject</c>, or <c>queue</c>, where it waits for its turn.</summary>
    /// <value>The default is <c>reject</c>.</value>
    [ConfigurationKeyName("mode"), KnownValues("reject", "queue")]
    public string Mode { get; set; } = "reject";

    /// <summary>In the mode <c>queue</c>: the most calls that wait.</summary>
    /// <value>The default is 100.</value>
    [ConfigurationKeyName("queue")]
    public int Queue { get; set; } = 100;

    /// <summary>In the mode <c>queue</c>: how long a call waits.</summary>
    /// <value>The default is 10 seconds.</value>
    [ConfigurationKeyName("queue_wait")]
    public TimeSpan QueueWait { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether it applies. A disabled limit is kept, and limits nothing.</summary>
    /// <value>The default is true.</value>
    [ConfigurationKeyName("enabled")]
    public bool Enabled { get; set; } = true;

    /// <summary>A copy, which shares nothing with it: all its members are values and texts.</summary>
    internal LimitOptions Copy() => (LimitOptions)MemberwiseClone();
}
