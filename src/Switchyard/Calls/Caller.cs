using System.Collections.Frozen;

namespace Switchyard.Calls;

/// <summary>The sender of a call, identified by its client key. Immutable; one object for each key of a configuration.</summary>
public sealed class Caller
{
    /// <summary>An in-process caller, or a client of a gateway without keys.</summary>
    public static readonly Caller Anonymous = new("anonymous");

    private const string KeyPrefix = "key ";
    private const string TenantPrefix = "tenant ";

    private readonly object?[] _slots;

    internal Caller(string id, string? name = null, params CallerScope[] scopes)
        : this(id, name ?? id, scopes, [])
    {
    }

    private Caller(string id, string name, CallerScope[] scopes, object?[] slots)
    {
        Id = id;
        Name = name;
        Scopes = scopes;
        Tenant = Array.Find(scopes, scope => scope.Kind == CallerScopeKind.Tenant)?.Name;
        Holder = Tenant is null ? KeyPrefix + name : TenantPrefix + Tenant;
        _slots = slots;
    }

    /// <summary>
    /// The id for logs and records, which does not reveal the key: <c>key-</c> and the first 8 hexadecimal digits of its SHA-256 hash;
    /// <c>anonymous</c> without a key.
    /// </summary>
    public string Id { get; }

    /// <summary>The name of its key (<c>keys</c>, or in the store); the id if the key has no name, as with <c>server.keys</c>.</summary>
    public string Name { get; }

    /// <summary>The tenant it belongs to, <c>acme/build</c>; null for none.</summary>
    public string? Tenant { get; }

    /// <summary>
    /// The owner of the state that a provider stores for it: its tenant, or its key without one. Made once, because answers record it.
    /// </summary>
    internal string Holder { get; }

    /// <summary>A caller of the gateway's own with this <see cref="Holder"/>: it reaches the state of that owner.</summary>
    internal static Caller OfHolder(string holder) => holder.StartsWith(TenantPrefix, StringComparison.Ordinal)
        ? new("gateway", "gateway", new CallerScope(CallerScopeKind.Tenant, holder[TenantPrefix.Length..]))
        : new("gateway", holder.StartsWith(KeyPrefix, StringComparison.Ordinal) ? holder[KeyPrefix.Length..] : holder);

    /// <summary>
    /// The scopes a call of it counts for: its named key, its tenant, and each tenant above that one, in this order. Empty if it has
    /// neither.
    /// </summary>
    public IReadOnlyList<CallerScope> Scopes { get; }

    /// <summary>The tags of its key, for records and summaries.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; internal init; } = FrozenDictionary<string, string>.Empty;

    /// <summary>Whether its calls may name a tenant, its own or one below: <c>x-switchyard-tenant</c>.</summary>
    internal bool MayNameTenant { get; init; } = true;

    /// <summary>A feature's value for this caller; null if it has none.</summary>
    internal T? Get<T>(SlotKey<T> key)
        where T : class => key.Index < _slots.Length ? (T?)_slots[key.Index] : null;

    /// <summary>This caller with a feature's value added.</summary>
    internal Caller With<T>(SlotKey<T> key, T? value)
        where T : class
    {
        if (value is null)
            return this;
        var slots = new object?[Math.Max(_slots.Length, key.Index + 1)];
        _slots.CopyTo(slots, 0);
        slots[key.Index] = value;
        return new(Id, Name, (CallerScope[])Scopes, slots) { Tags = Tags, MayNameTenant = MayNameTenant };
    }

    /// <summary>The id.</summary>
    public override string ToString() => Id;
}
