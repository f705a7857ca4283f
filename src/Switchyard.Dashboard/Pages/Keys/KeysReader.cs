using Switchyard.Engine;
using Switchyard.Identity;

namespace Switchyard.Dashboard.Pages.Keys;

/// <summary>Reads the keys of clients and the tenants. Thread-safe.</summary>
internal sealed class KeysReader(SwitchyardEngine engine)
{
    /// <summary>How many keys are shown.</summary>
    public const int MostShown = 200;

    /// <summary>Reads them.</summary>
    /// <param name="match">What keys have in their name, id, tenant or status; empty for all.</param>
    public KeysReading Read(string match) => new(
        engine.Keys.FindKeys(match, MostShown),
        [.. engine.Keys.ListTenants().OrderBy(tenant => tenant.Name, StringComparer.OrdinalIgnoreCase)],
        engine.Keys.HasStore,
        engine.Keys.IsAway);
}

/// <summary>Keys and tenants; no key itself is among it.</summary>
/// <param name="Keys">The keys that were asked for, by name.</param>
/// <param name="Tenants">The tenants, by name.</param>
/// <param name="HasStore">Whether keys can be made while the gateway runs.</param>
/// <param name="IsAway">Whether their store is away.</param>
internal sealed record KeysReading(KeyPage Keys, IReadOnlyList<TenantInfo> Tenants, bool HasStore, bool IsAway);
