using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>
/// Requests that clients send again under the same <c>Idempotency-Key</c>: they are given the answer of the first, also while that still
/// runs, and it is billed once.
/// </summary>
public sealed class IdempotencyOptions
{
    /// <summary>Whether the header has an effect.</summary>
    /// <value>The default is true.</value>
    [ConfigurationKeyName("enabled")]
    public bool Enabled { get; set; } = true;

    /// <summary>How long a key is remembered, from <c>1s</c> to <c>30d</c>.</summary>
    /// <value>The default is 24 hours.</value>
    [ConfigurationKeyName("ttl")]
    public TimeSpan Ttl { get; set; } = TimeSpan.FromHours(24);

    /// <summary>How many answers are kept; the one used longest ago makes room.</summary>
    /// <value>The default is 10,000.</value>
    [ConfigurationKeyName("max_entries")]
    public int MaxEntries { get; set; } = 10_000;

    /// <summary>How many bytes all answers may take together. One that is larger than a sixteenth is not kept.</summary>
    /// <value>The default is 64 MiB.</value>
    [ConfigurationKeyName("max_bytes"), ByteSize]
    public long MaxBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>The second level, which several gateways share: <c>redis</c>; null, the default, for none.</summary>
    [ConfigurationKeyName("shared"), KnownValues("redis")]
    public string? Shared { get; set; }
}
