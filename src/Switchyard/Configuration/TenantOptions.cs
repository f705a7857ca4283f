using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>
/// A tenant: the common limits for the calls of all its keys, and of the tenants below it. <c>acme/build</c> is below <c>acme</c>: its
/// calls count for both, and both must allow them.
/// </summary>
public sealed class TenantOptions
{
    /// <summary>Whether its keys may be used.</summary>
    /// <value>The default is true.</value>
    [ConfigurationKeyName("enabled")]
    public bool Enabled { get; set; } = true;

    /// <summary>The models it may call, as in <c>keys</c>; all if empty.</summary>
    [ConfigurationKeyName("models")]
    public List<string> Models { get; set; } = [];

    /// <summary>The operations it may use, as in <c>keys</c>; all if empty.</summary>
    [ConfigurationKeyName("operations"), KnownOperations]
    public List<string> Operations { get; set; } = [];

    /// <summary>Its rate limits; null for no limit.</summary>
    [ConfigurationKeyName("limits")]
    public LimitOptions? Limits { get; set; }

    /// <summary>The limit of spending for all calls of the tenant and of those below it; null for no limit of its own.</summary>
    [ConfigurationKeyName("budget")]
    public BudgetOptions? Budget { get; set; }
}
