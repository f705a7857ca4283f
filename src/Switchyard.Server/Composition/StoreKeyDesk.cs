using System.Text.Json.Nodes;
using Switchyard.Gateway.Admin;
using Switchyard.Identity;

namespace Switchyard.Server.Composition;

/// <summary>Keys and tenants in the database of <c>storage.ledger</c>. Gateways that are running follow within a second.</summary>
/// <param name="keys">The directory, which has been read.</param>
/// <param name="services">What it is made of.</param>
internal sealed class StoreKeyDesk(KeyDirectory keys, IAsyncDisposable services) : IKeyDesk
{
    private const string Keys = "keys";

    public Task<IReadOnlyList<JsonObject>> ListAsync(string kind, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<JsonObject>>(kind == Keys
            ? [.. keys.ListKeys().Select(key => KeysAdmin.View(key))]
            : [.. keys.ListTenants().Select(TenantsAdmin.View)]);

    public Task<JsonObject> ShowAsync(string kind, string name, CancellationToken cancellationToken) => Task.FromResult(
        kind == Keys ? KeysAdmin.View(keys.GetKey(name)) : TenantsAdmin.View(keys.GetTenant(name)));

    public async Task<JsonObject> CreateAsync(string kind, string name, JsonObject settings, CancellationToken cancellationToken)
    {
        if (kind != Keys)
            return TenantsAdmin.View(await keys.CreateTenantAsync(name, settings, cancellationToken));
        var made = await keys.CreateKeyAsync(name, settings, cancellationToken);
        return KeysAdmin.View(made.Info, made.Key);
    }

    public async Task<JsonObject> ChangeAsync(string kind, string name, JsonObject changes, CancellationToken cancellationToken) =>
        kind == Keys
            ? KeysAdmin.View(await keys.ChangeKeyAsync(name, changes, cancellationToken))
            : TenantsAdmin.View(await keys.ChangeTenantAsync(name, changes, cancellationToken));

    public async Task<JsonObject> RotateAsync(string name, string? grace, CancellationToken cancellationToken)
    {
        var made = await keys.RotateKeyAsync(name, grace, cancellationToken);
        return KeysAdmin.View(made.Info, made.Key);
    }

    public async Task<JsonObject> RevokeAsync(string name, CancellationToken cancellationToken) =>
        KeysAdmin.View(await keys.RevokeKeyAsync(name, cancellationToken));

    public Task DeleteAsync(string kind, string name, CancellationToken cancellationToken) => kind == Keys
        ? keys.DeleteKeyAsync(name, cancellationToken)
        : keys.DeleteTenantAsync(name, cancellationToken);

    public ValueTask DisposeAsync() => services.DisposeAsync();
}
