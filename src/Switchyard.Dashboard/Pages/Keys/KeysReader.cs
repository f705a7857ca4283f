using Switchyard.Engine;
using Switchyard.Identity;

namespace Switchyard.Dashboard.Pages.Keys;

/// <summary>Reads the keys of clients and the tenants. Thread-safe.</summary>
internal sealed class KeysReader(SwitchyardEngine engine)
{
    public KeysReading Read() => new(
        [.. engine.Keys.ListKeys().OrderBy(key => key.Name, StringComparer.OrdinalIgnoreCase)],
        [.. engine.Keys.ListTenants().OrderBy(tenant => tenant.Name, StringComparer.OrdinalIgnoreCase)],
        engine.Keys.HasStore,
        engine.Keys.IsAway);
}

/// <summary>Keys and tenants; no key itself is among it.</summary>
/// <param name="Keys">The keys, by name.</param>
/// <param name="Tenants">The tenants, by name.</param>
/// <param name="HasStore">Whether keys can be made while the gateway runs.</param>
/// <param name="IsAway">Whether their store is away.</param>
internal sealed record KeysReading(IReadOnlyList<KeyInfo> Keys, IReadOnlyList<TenantInfo> Tenants, bool HasStore, bool IsAway);
