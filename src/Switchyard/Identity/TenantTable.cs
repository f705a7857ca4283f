using System.Collections.Frozen;
using Switchyard.Calls;
using Switchyard.Common;
using Switchyard.Configuration;
using Switchyard.Limits;

namespace Switchyard.Identity;

/// <summary>
/// The tenants, nested by slashes: members of <c>acme/build</c> belong to <c>acme</c> too. A tenant without an entry has only the rules of
/// the tenants above it. Thread-safe.
/// </summary>
internal sealed class TenantTable
{
    /// <summary>The section of a snapshot. Absent without named keys and tenants.</summary>
    public static readonly SectionKey<TenantTable> Section = new();

    private readonly FrozenDictionary<string, Entry> _entries;

    // Callers by the tenant that their calls named.
    private readonly BoundedCache<Caller> _within = new();

    private TenantTable(IReadOnlyDictionary<string, TenantOptions> tenants, LimitTable limits, Func<string, string>? nameOf) =>
        _entries = tenants.ToFrozenDictionary(
            pair => Normalize(pair.Key),
            pair => new Entry(Normalize(pair.Key), pair.Value, limits, nameOf),
            StringComparer.OrdinalIgnoreCase);

    /// <summary>Creates the table; null if nothing needs it.</summary>
    /// <param name="options">The options, including the store's tenants.</param>
    /// <param name="limits">The limits of the configuration, to which those of tenants are added.</param>
    /// <param name="nameOf">Maps a provider's configured name to the name it is registered under; null leaves names unchanged.</param>
    public static TenantTable? From(SwitchyardOptions options, LimitTable limits, Func<string, string>? nameOf = null) =>
        options.Keys.Count + options.Tenants.Count == 0 ? null : new(options.Tenants, limits, nameOf);

    /// <summary>A tenant's name without the blanks and slashes around it.</summary>
    public static string Normalize(string name) => name.Trim().Trim('/');

    /// <summary>A tenant and those above it, from the inside out; empty if null.</summary>
    public CallerScope[] ScopesOf(string? tenant) => [.. Chain(tenant).Select(name =>
        _entries.TryGetValue(name, out var entry) ? entry.Scope : new CallerScope(CallerScopeKind.Tenant, name))];

    /// <summary>The reason why the keys of a tenant may not be used: it, or one above it, is disabled. Null if they may.</summary>
    public CallError? RefusalOf(string tenant) =>
        Chain(tenant).FirstOrDefault(name => _entries.TryGetValue(name, out var entry) && !entry.Enabled) is not { } disabled ? null
            : new(CallErrorKind.Forbidden, $"The tenant '{disabled}' has been disabled. Ask the gateway's operator to enable it.")
            {
                Code = "tenant_disabled",
            };

    /// <summary>The reason why a caller may not use a tenant; null if it may.</summary>
    public CallError? Refuse(Caller caller, string tenant)
    {
        if (Is(tenant, caller.Tenant))
            return null;
        if (!caller.MayNameTenant)
        {
            return Refused(
                $"The key '{caller.Name}' may not name a tenant"
                    + (caller.Tenant is { } own ? $" other than its own, '{own}'" : "")
                    + $". Leave {AnswerFacts.Tenant} out, or ask the gateway's operator to set may_name_tenant for it.");
        }

        if (caller.Tenant is { } above && !IsBelow(tenant, above))
        {
            return Refused(
                $"The key '{caller.Name}' may name only tenants below its own, '{above}': write {AnswerFacts.Tenant}: {above}/….");
        }

        return RefusalOf(tenant);
    }

    /// <summary>The same caller, assigned to the tenant that its call named.</summary>
    public Caller Within(Caller caller, string tenant)
    {
        if (Is(tenant, caller.Tenant))
            return caller;
        var name = $"{caller.Id}\n{caller.Name}\n{Normalize(tenant)}";
        if (_within.Find(name) is { } known)
            return known;
        var own = caller.Scopes.Where(scope => scope.Kind == CallerScopeKind.Key);
        var within = AccessRules.AddTo(CallLimits.AddTo(new Caller(caller.Id, caller.Name, [.. own, .. ScopesOf(tenant)])
        {
            Tags = caller.Tags,
            MayNameTenant = caller.MayNameTenant,
        }));
        _within.Add(name, within);
        return within;
    }

    private static bool Is(string tenant, string? other) =>
        other is not null && Normalize(tenant).Equals(other, StringComparison.OrdinalIgnoreCase);

    private static bool IsBelow(string tenant, string above) =>
        Normalize(tenant).StartsWith($"{above}/", StringComparison.OrdinalIgnoreCase);

    private static CallError Refused(string message) => new(CallErrorKind.Forbidden, message) { Code = "tenant_not_allowed" };

    /// <summary>The names of a tenant and those above it, in the spelling of their entries.</summary>
    private IEnumerable<string> Chain(string? tenant)
    {
        var name = Spelled(Normalize(tenant ?? ""));
        while (name.Length > 0)
        {
            yield return _entries.TryGetValue(name, out var entry) ? entry.Scope.Name : name;
            name = name.LastIndexOf('/') is > 0 and var slash ? name[..slash] : "";
        }
    }

    /// <summary>A name in the spelling of its entries, so that counters by name are not split.</summary>
    private string Spelled(string name)
    {
        for (var end = name.Length; end > 0; end = name.LastIndexOf('/', end - 1))
        {
            if (_entries.TryGetValue(name[..end], out var entry))
                return entry.Scope.Name + name[end..];
        }

        return name;
    }

    private sealed class Entry(string name, TenantOptions options, LimitTable limits, Func<string, string>? nameOf)
    {
        public bool Enabled { get; } = options.Enabled;

        public CallerScope Scope { get; } = new CallerScope(CallerScopeKind.Tenant, name)
            .With(AllowList.Slot, AllowList.From($"tenant '{name}'", options.Models, options.Operations, nameOf))
            .With(CallLimits.OfScope, limits.Add(LimitScope.Tenant, name, options.Limits));
    }
}
