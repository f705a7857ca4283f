using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>
/// A tenant: what the calls of all its keys, and of the tenants below it, may do together. <c>acme/build</c> is below <c>acme</c>: its
/// calls count for both, and both must allow them.
/// </summary>
public sealed class TenantOptions
{
    /// <summary>Whether its keys may be used.</summary>
    /// <value>The default is true.</value>
    [ConfigurationKeyName("enabled")]
    public bool Enabled { get; set; } = true;

    /// <summary>The models it may call, as in <c>keys</c>; all when empty.</summary>
    [ConfigurationKeyName("models")]
    public List<string> Models { get; set; } = [];

    /// <summary>What it may do, as in <c>keys</c>; everything when empty.</summary>
    [ConfigurationKeyName("operations"), KnownValues(
        "chat", "completion", "embedding", "moderation", "count_tokens", "rerank", "image_generation", "image_edit", "speech",
        "transcription", "translation", "stored_response", "file", "batch")]
    public List<string> Operations { get; set; } = [];

    /// <summary>How much it may ask for; null for no limit.</summary>
    [ConfigurationKeyName("limits")]
    public LimitOptions? Limits { get; set; }

    /// <summary>What all calls of the tenant, and of those below it, may spend; null for no bound of their own.</summary>
    [ConfigurationKeyName("budget")]
    public BudgetOptions? Budget { get; set; }
}
