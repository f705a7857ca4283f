using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>
/// Requests that clients repeat under the same <c>Idempotency-Key</c>: they get the answer of the first one, even while it is still
/// running, and are billed once.
/// </summary>
public sealed class IdempotencyOptions
{
    /// <summary>Whether the header has an effect.</summary>
    /// <value>The default is true.</value>
    [ConfigurationKeyName("enabled")]
    public bool Enabled { get; set; } = true;

    /// <summary>How long a key is kept, from <c>1s</c> to <c>30d</c>.</summary>
    /// <value>The default is 24 hours.</value>
    [ConfigurationKeyName("ttl")]
    public TimeSpan Ttl { get; set; } = TimeSpan.FromHours(24);

    /// <summary>The most answers that are kept; the least recently used one is evicted.</summary>
    /// <value>The default is 10,000.</value>
    [ConfigurationKeyName("max_entries")]
    public int MaxEntries { get; set; } = 10_000;

    /// <summary>The most bytes of all answers together. An answer larger than a sixteenth of it is not kept.</summary>
    /// <value>The default is 64 MiB.</value>
    [ConfigurationKeyName("max_bytes"), ByteSize]
    public long MaxBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>The second level, which several gateways share: <c>redis</c>; null, the default, for none.</summary>
    [ConfigurationKeyName("shared"), KnownValues("redis")]
    public string? Shared { get; set; }
}
