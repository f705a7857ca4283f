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

    /// <summary>How long an answer is valid, from <c>1ms</c> to <c>30d</c>. A change holds for later answers.</summary>
    /// <value>The default is 1 hour.</value>
    [ConfigurationKeyName("ttl")]
    public TimeSpan Ttl { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How many answers are kept; the one used longest ago makes room.</summary>
    /// <value>The default is 1,000.</value>
    [ConfigurationKeyName("max_entries")]
    public int MaxEntries { get; set; } = 1000;

    /// <summary>How many bytes all answers may take together.</summary>
    /// <value>The default is 256 MiB.</value>
    [ConfigurationKeyName("max_bytes"), ByteSize]
    public long MaxBytes { get; set; } = 256 * 1024 * 1024;

    /// <summary>The largest answer that is kept, and how much of one is held for those who share it while it arrives.</summary>
    /// <value>The default is 8 MiB.</value>
    [ConfigurationKeyName("max_entry_bytes"), ByteSize]
    public long MaxEntryBytes { get; set; } = 8 * 1024 * 1024;

    /// <summary>
    /// Who is given whose answers: <c>key</c> gives each client key its own, <c>tenant</c> those of its tenant. Nobody is given those of
    /// another tenant.
    /// </summary>
    /// <value>The default is <c>key</c>.</value>
    [ConfigurationKeyName("scope"), KnownValues("key", "tenant")]
    public string Scope { get; set; } = "key";

    /// <summary>The second level, which several gateways share: <c>redis</c>; null, the default, for none.</summary>
    [ConfigurationKeyName("shared"), KnownValues("redis")]
    public string? Shared { get; set; }
}

/// <summary>What of the cache is different for one alias.</summary>
public sealed class ModelCacheOptions
{
    /// <summary>Whether its answers are kept; null takes <c>cache.enabled</c>.</summary>
    [ConfigurationKeyName("enabled")]
    public bool? Enabled { get; set; }

    /// <summary>How long its answers are valid; null takes <c>cache.ttl</c>.</summary>
    [ConfigurationKeyName("ttl")]
    public TimeSpan? Ttl { get; set; }
}
