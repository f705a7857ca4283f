using Switchyard.Engine;
using Switchyard.Identity;

namespace Switchyard.Dashboard.Pages.Keys;

/// <summary>Reads the keys of clients and the tenants. Thread-safe.</summary>
internal sealed class KeysReader(SwitchyardEngine engine)
{
    /// <summary>The maximum number of keys shown.</summary>
    public const int MostShown = 200;

    /// <summary>Reads keys and tenants.</summary>
    /// <param name="match">A part of the name, id, tenant or status of keys; empty for all.</param>
    public KeysReading Read(string match) => new(
        engine.Keys.FindKeys(match, MostShown),
        [.. engine.Keys.ListTenants().OrderBy(tenant => tenant.Name, StringComparer.OrdinalIgnoreCase)],
        engine.Keys.HasStore,
        engine.Keys.IsAway);
}

/// <summary>Keys and tenants, without the secrets of keys.</summary>
/// <param name="Keys">The keys that match, sorted by name.</param>
/// <param name="Tenants">The tenants, sorted by name.</param>
/// <param name="HasStore">Whether keys can be created while the gateway runs.</param>
/// <param name="IsAway">Whether their store is unavailable.</param>
internal sealed record KeysReading(KeyPage Keys, IReadOnlyList<TenantInfo> Tenants, bool HasStore, bool IsAway);
