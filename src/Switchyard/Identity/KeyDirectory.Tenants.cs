using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Switchyard.Configuration;

namespace Switchyard.Identity;

/// <content>The tenants.</content>
public sealed partial class KeyDirectory
{
    // Keys named in one line of the log.
    private const int MostShown = 5;

    private string _withoutTenant = "";

    /// <summary>All tenants that have an entry, sorted by name.</summary>
    public IReadOnlyList<TenantInfo> ListTenants()
    {
        var keys = KeysByTenant();
        var written = Written().Tenants;
        return
        [
            .. written.Select(pair => Describe(pair.Key, pair.Value, keys))
                .Concat(_book.Tenants.Where(tenant => !written.ContainsKey(tenant.Document.Name)).Select(tenant => Describe(tenant, keys)))
                .OrderBy(tenant => tenant.Name, StringComparer.Ordinal),
        ];
    }

    /// <summary>A tenant.</summary>
    /// <exception cref="KeyChangeException">There is no tenant of that name.</exception>
    public TenantInfo GetTenant(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Written().Tenants.TryGetValue(name, out var options) ? Describe(name, options, KeysByTenant())
            : _book.Tenant(name) is { } tenant ? Describe(tenant, KeysByTenant())
            : throw NotFound("tenant", name);
    }

    /// <summary>Creates a tenant.</summary>
    /// <param name="name">Its name; <c>acme/build</c> is below <c>acme</c>.</param>
    /// <param name="settings">The settings of <c>tenants.NAME</c>.</param>
    /// <param name="cancellationToken">Ends the wait for the store.</param>
    /// <exception cref="KeyChangeException">The name is taken, a setting is invalid, or there is no store.</exception>
    public async Task<TenantInfo> CreateTenantAsync(string name, JsonObject settings, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(settings);
        await PrepareAsync(cancellationToken).ConfigureAwait(false);
        CheckName("tenant", name, Written().Tenants.ContainsKey(name) || _book.Tenant(name) is not null);
        CheckTenant(name, settings);
        var document = new StoredDocument { Name = name, Created = Now(), Settings = (JsonObject)settings.DeepClone() };
        await WriteAsync(StoredTenant.Kind, document, 0, cancellationToken).ConfigureAwait(false);
        return GetTenant(name);
    }

    /// <summary>Changes settings of a tenant: null removes a setting, settings not named are kept.</summary>
    /// <exception cref="KeyChangeException">There is no such tenant in the store, or a setting is invalid.</exception>
    public async Task<TenantInfo> ChangeTenantAsync(string name, JsonObject changes, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(changes);
        var tenant = await FindStoredTenantAsync(name, cancellationToken).ConfigureAwait(false);
        var settings = KeySettings.Merge(tenant.Document.Settings, changes);
        CheckTenant(tenant.Document.Name, settings);
        await WriteAsync(StoredTenant.Kind, tenant.Document with { Settings = settings }, tenant.Revision, cancellationToken)
            .ConfigureAwait(false);
        return GetTenant(name);
    }

    /// <summary>Deletes a tenant that has no keys and no tenants below it.</summary>
    /// <exception cref="KeyChangeException">There is no such tenant in the store, or it still has keys or tenants.</exception>
    public async Task DeleteTenantAsync(string name, CancellationToken cancellationToken)
    {
        var tenant = await FindStoredTenantAsync(name, cancellationToken).ConfigureAwait(false);
        var below = KeysByTenant().Select(keys => keys.Key).Concat(TenantNames())
            .FirstOrDefault(other => other.StartsWith($"{tenant.Document.Name}/", StringComparison.OrdinalIgnoreCase));
        var own = KeysByTenant()[tenant.Document.Name].FirstOrDefault();
        if ((own ?? below) is { } left)
        {
            throw Conflict(
                "tenant_in_use",
                $"'{left}' belongs to the tenant '{name}', and would be left without its rules. "
                    + "Delete or move it first, or disable the tenant.");
        }

        var deleted = new KeyStoreRow { Kind = StoredTenant.Kind, Name = KeyBook.IdOf(name), Revision = tenant.Revision };
        await WriteAsync(deleted, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Why a configuration may not replace another: it has no entry any more for a tenant to which a key of the store belongs, which would
    /// be left without its rules. Null if it may.
    /// </summary>
    internal string? RefuseLostTenant(SwitchyardOptions before, SwitchyardOptions after)
    {
        foreach (var name in before.Tenants.Keys)
        {
            if (after.Tenants.ContainsKey(name) || _book.Tenant(name) is not null)
                continue;
            var (tenant, below) = (TenantTable.Normalize(name), $"{TenantTable.Normalize(name)}/");
            var left = UsableKeys(after).FirstOrDefault(key => TenantTable.Normalize(key.Options.Tenant ?? "") is var own
                && (own.Equals(tenant, StringComparison.OrdinalIgnoreCase) || own.StartsWith(below, StringComparison.OrdinalIgnoreCase)));
            if (left is not null)
            {
                return $"the new configuration has no entry for the tenant '{tenant}', to which the key '{left.Document.Name}' of the "
                    + "store belongs: it would be left without its rules. Delete or move the key first, or disable the tenant";
            }
        }

        return null;
    }

    /// <summary>Warns of keys of the store whose tenant has no entry though others have one, once for the same keys.</summary>
    internal void WarnOfLostTenants(SwitchyardOptions options)
    {
        var tenants = options.Tenants.Keys.Concat(_book.Tenants.Select(tenant => tenant.Document.Name))
            .Select(TenantTable.Normalize).ToHashSet(StringComparer.OrdinalIgnoreCase);
        string[] left = tenants.Count == 0 ? []
            : [.. UsableKeys(options).Where(key => key.Options.Tenant is { } own && !tenants.Contains(TenantTable.Normalize(own)))
                .Select(key => key.Document.Name).Order(StringComparer.Ordinal)];
        var shown = $"{string.Join(", ", left.Take(MostShown))}{(left.Length > MostShown ? ", …" : "")}";
        if (Interlocked.Exchange(ref _withoutTenant, shown) != shown && left.Length > 0)
            LogWithoutTenant(left.Length, shown);
    }

    private IEnumerable<StoredKey> UsableKeys(SwitchyardOptions options) =>
        _book.Keys.Where(key => key.Document.Revoked is null && !options.Keys.ContainsKey(key.Document.Name));

    [LoggerMessage(6, LogLevel.Warning,
        "{Count} keys of the store belong to tenants without an entry, so that no rules of those tenants apply to them: {Keys}")]
    private partial void LogWithoutTenant(int count, string keys);

    private async Task<StoredTenant> FindStoredTenantAsync(string name, CancellationToken cancellationToken)
    {
        await PrepareAsync(cancellationToken).ConfigureAwait(false);
        CheckStored("tenant", name, Written().Tenants.ContainsKey(name));
        return _book.Tenant(name) ?? throw NotFound("tenant", name);
    }

    private static void CheckTenant(string name, JsonObject settings)
    {
        KeySettings.ReadTenant(name, settings, out var problems);
        if (problems.Count > 0)
            throw Invalid("invalid_settings", string.Join(" ", problems));
    }

    private HashSet<string> TenantNames() => Written().Tenants.Keys.Concat(_book.Tenants.Select(tenant => tenant.Document.Name))
        .ToHashSet(StringComparer.OrdinalIgnoreCase);

    private ILookup<string, string> KeysByTenant() => Written().Keys.Select(pair => (Name: pair.Key, pair.Value.Tenant))
        .Concat(_book.Keys.Select(key => (key.Document.Name, key.Options.Tenant)))
        .ToLookup(key => TenantTable.Normalize(key.Tenant ?? ""), key => key.Name, StringComparer.OrdinalIgnoreCase);

    private static TenantInfo Describe(string name, TenantOptions options, ILookup<string, string> keys) =>
        new()
        {
            Name = name,
            IsConfigured = true,
            Keys = [.. keys[name].Order(StringComparer.Ordinal)],
            Settings = KeySettings.Write(options),
        };

    private static TenantInfo Describe(StoredTenant tenant, ILookup<string, string> keys)
    {
        var document = tenant.Document;
        string[] own = [.. keys[document.Name].Order(StringComparer.Ordinal)];
        return new()
        {
            Name = document.Name,
            IsConfigured = false,
            Keys = own,
            Settings = (JsonObject)document.Settings.DeepClone(),
            Created = document.Created,
        };
    }
}
