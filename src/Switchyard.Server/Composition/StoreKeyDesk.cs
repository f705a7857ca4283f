using System.Text;
using System.Text.Json.Nodes;
using Switchyard.Auditing;
using Switchyard.Gateway.Admin.Features;
using Switchyard.Identity;

namespace Switchyard.Server.Composition;

/// <summary>Keys and tenants in the database of <c>storage.ledger</c>. Running gateways apply changes within a second.</summary>
/// <param name="keys">The directory, already loaded.</param>
/// <param name="services">The services it uses; disposed with this.</param>
/// <param name="audit">The log of changes.</param>
internal sealed class StoreKeyDesk(KeyDirectory keys, IAsyncDisposable services, AuditLog audit) : IKeyDesk
{
    private const string Keys = "keys";

    public Task<IReadOnlyList<JsonObject>> ListAsync(string kind, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<JsonObject>>(kind == Keys
            ? [.. keys.ListKeys().Select(key => KeyJson.View(key))]
            : [.. keys.ListTenants().Select(KeyJson.View)]);

    public Task<JsonObject> ShowAsync(string kind, string name, CancellationToken cancellationToken) => Task.FromResult(
        kind == Keys ? KeyJson.View(keys.GetKey(name)) : KeyJson.View(keys.GetTenant(name)));

    public Task<JsonObject> CreateAsync(string kind, string name, JsonObject settings, CancellationToken cancellationToken) =>
        AuditedAsync($"{kind} create", name, settings, async () =>
        {
            if (kind != Keys)
                return KeyJson.View(await keys.CreateTenantAsync(name, settings, cancellationToken));
            var made = await keys.CreateKeyAsync(name, settings, cancellationToken);
            return KeyJson.View(made.Info, made.Key);
        });

    public Task<JsonObject> ChangeAsync(string kind, string name, JsonObject changes, CancellationToken cancellationToken) =>
        AuditedAsync($"{kind} change", name, changes, async () => kind == Keys
            ? KeyJson.View(await keys.ChangeKeyAsync(name, changes, cancellationToken))
            : KeyJson.View(await keys.ChangeTenantAsync(name, changes, cancellationToken)));

    public Task<JsonObject> RotateAsync(string name, string? grace, CancellationToken cancellationToken) =>
        AuditedAsync("keys rotate", name, null, async () =>
        {
            var made = await keys.RotateKeyAsync(name, grace, cancellationToken);
            return KeyJson.View(made.Info, made.Key);
        });

    public Task<JsonObject> RevokeAsync(string name, CancellationToken cancellationToken) => AuditedAsync(
        "keys revoke", name, null, async () => KeyJson.View(await keys.RevokeKeyAsync(name, cancellationToken)));

    public Task DeleteAsync(string kind, string name, CancellationToken cancellationToken) =>
        AuditedAsync($"{kind} delete", name, null, async () =>
        {
            await (kind == Keys ? keys.DeleteKeyAsync(name, cancellationToken) : keys.DeleteTenantAsync(name, cancellationToken));
            return true;
        });

    public ValueTask DisposeAsync() => services.DisposeAsync();

    private async Task<T> AuditedAsync<T>(string verb, string name, JsonObject? changes, Func<Task<T>> change)
    {
        var said = changes is null ? null : AuditMask.Of(Encoding.UTF8.GetBytes(changes.ToJsonString()));
        try
        {
            var done = await change();
            await RecordAsync("done");
            return done;
        }
        catch (KeyChangeException refused)
        {
            await RecordAsync($"refused: {refused.Code}");
            throw;
        }

        Task RecordAsync(string outcome)
        {
            var user = AdminUser.CommandLine;
            return audit.RecordAsync(new()
            {
                Who = user.Name,
                Kind = user.Kind,
                Role = AdminRoles.NameOf(user.Role),
                Operation = $"switchyard {verb}",
                Target = name,
                Changes = said,
                Status = 0,
                Outcome = outcome,
            });
        }
    }
}
