using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>The cache of whole answers: the same request is answered once by a provider, and then from memory.</summary>
public sealed class CacheOptions
{
    /// <summary>Whether it is read and written. The section switches it on; this key switches it off again without losing the
    /// rest.</summary>
    /// <value>The default is true.</value>
    [ConfigurationKeyName("enabled")]
    public bool Enabled { get; set; } = true;

    /// <summary>How long an answer is valid, from <c>1ms</c> to <c>30d</c>. A change applies to later answers.</summary>
    /// <value>The default is 1 hour.</value>
    [ConfigurationKeyName("ttl")]
    public TimeSpan Ttl { get; set; } = TimeSpan.FromHours(1);

    /// <summary>The most answers that are kept; the least recently used one is evicted.</summary>
    /// <value>The default is 1,000.</value>
    [ConfigurationKeyName("max_entries")]
    public int MaxEntries { get; set; } = 1000;

    /// <summary>The most bytes of all answers together.</summary>
    /// <value>The default is 256 MiB.</value>
    [ConfigurationKeyName("max_bytes"), ByteSize]
    public long MaxBytes { get; set; } = 256 * 1024 * 1024;

    /// <summary>The largest answer that is kept, and the most bytes of one held for clients that share it while it arrives.</summary>
    /// <value>The default is 8 MiB.</value>
    [ConfigurationKeyName("max_entry_bytes"), ByteSize]
    public long MaxEntryBytes { get; set; } = 8 * 1024 * 1024;

    /// <summary>
    /// Which callers share answers: <c>key</c> keeps those of each client key apart, <c>tenant</c> shares them within a tenant. Answers are
    /// never shared between tenants.
    /// </summary>
    /// <value>The default is <c>key</c>.</value>
    [ConfigurationKeyName("scope"), KnownValues("key", "tenant")]
    public string Scope { get; set; } = "key";

    /// <summary>The second level, which several gateways share: <c>redis</c>; null, the default, for none.</summary>
    [ConfigurationKeyName("shared"), KnownValues("redis")]
    public string? Shared { get; set; }
}

/// <summary>The cache settings of one alias.</summary>
public sealed class ModelCacheOptions
{
    /// <summary>Whether its answers are kept; null takes <c>cache.enabled</c>.</summary>
    [ConfigurationKeyName("enabled")]
    public bool? Enabled { get; set; }

    /// <summary>How long its answers are valid; null takes <c>cache.ttl</c>.</summary>
    [ConfigurationKeyName("ttl")]
    public TimeSpan? Ttl { get; set; }
}
