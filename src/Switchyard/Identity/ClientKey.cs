using System.Collections.Frozen;
using System.Globalization;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Limits;

namespace Switchyard.Identity;

/// <summary>A known client key with its owner, and whether it may be used now. Immutable and thread-safe.</summary>
public sealed class ClientKey
{
    private readonly CallError? _refusal;
    private readonly DateTimeOffset? _expires;
    private readonly TimeProvider _time = TimeProvider.System;
    private KeyUse? _use;

    private ClientKey(byte[] hash, Caller caller) => (Hash, Caller) = (hash, caller);

    private ClientKey(byte[] hash, Caller caller, CallError? refusal, DateTimeOffset? expires, TimeProvider time)
        : this(hash, caller) => (_refusal, _expires, _time) = (refusal, expires, time);

    /// <summary>The owner.</summary>
    public Caller Caller { get; }

    /// <summary>The reason why it may not be used now; null if it may.</summary>
    public CallError? Refusal => _refusal ?? (_expires is { } end && _time.GetUtcNow() >= end ? Expired(end) : null);

    /// <summary>The SHA-256 hash of the key.</summary>
    internal byte[] Hash { get; }

    /// <summary>A key of <c>server.keys</c>: it may do everything.</summary>
    internal static ClientKey Plain(byte[] hash) => new(hash, new Caller(IdOf(hash)));

    /// <summary>A key of <c>keys</c> or of the store, and the key it replaced while that still works.</summary>
    /// <param name="hash">Its hash.</param>
    /// <param name="name">Its name.</param>
    /// <param name="options">Its settings.</param>
    /// <param name="tenants">The tenants.</param>
    /// <param name="limits">The limits of the configuration, to which its own is added.</param>
    /// <param name="stored">The stored key; null for a configured key.</param>
    /// <param name="time">The clock for expiry.</param>
    /// <param name="nameOf">Maps a provider's configured name to the name it is registered under.</param>
    internal static IEnumerable<ClientKey> Named(
        byte[] hash,
        string name,
        KeyOptions options,
        TenantTable tenants,
        LimitTable limits,
        StoredKey? stored,
        TimeProvider time,
        Func<string, string> nameOf)
    {
        if (stored?.Options != options)
            stored = null;
        var scopes = tenants.ScopesOf(options.Tenant);
        var own = new CallerScope(CallerScopeKind.Key, name)
            .With(AllowList.Slot, AllowList.From($"key '{name}'", options.Models, options.Operations, nameOf))
            .With(CallLimits.OfScope, limits.Add(LimitScope.Key, name, options.Limits));
        var caller = AccessRules.AddTo(CallLimits.AddTo(new Caller(IdOf(hash), name, [own, .. scopes])
        {
            MayNameTenant = options.MayNameTenant,
            Tags = options.Tags.ToFrozenDictionary(options.Tags.Comparer),
        }));
        var refusal = stored?.Document.Revoked is not null ? Revoked()
            : stored?.Problem is not null ? Unreadable(name)
            : !options.Enabled ? Disabled()
            : caller.Tenant is { } tenant ? tenants.RefusalOf(tenant)
            : null;
        yield return new(hash, caller, refusal, options.ExpiresAt, time) { _use = stored?.Use };
        if (stored is { PreviousHash: { } previous, Document.PreviousEnds: { } grace })
        {
            var ends = options.ExpiresAt < grace ? options.ExpiresAt : grace;
            yield return new(previous, caller, refusal, ends, time) { _use = stored.Use };
        }
    }

    /// <summary>Records its use, if it is a stored key.</summary>
    public void NoteUse() => _use?.Note(_time.GetUtcNow());

    internal static string IdOf(byte[] hash) => $"key-{Convert.ToHexStringLower(hash.AsSpan(0, 4))}";

    private static CallError Revoked() =>
        new(CallErrorKind.Unauthenticated, "This API key has been revoked. Ask the gateway's operator for another.")
        {
            Code = "key_revoked",
        };

    private static CallError Unreadable(string name) => new(
        CallErrorKind.Overloaded,
        $"The key '{name}' has settings that this version of the gateway cannot read. Ask the gateway's operator to look at it.")
    {
        Code = "key_unreadable",
    };

    private static CallError Disabled() =>
        new(CallErrorKind.Unauthenticated, "This API key has been disabled. Ask the gateway's operator for another, or to enable it.")
        {
            Code = "key_disabled",
        };

    private static CallError Expired(DateTimeOffset end) => new(
        CallErrorKind.Unauthenticated,
        string.Create(CultureInfo.InvariantCulture, $"This API key expired on {end:yyyy-MM-dd HH:mm} UTC. ")
            + "Ask the gateway's operator for a new one.")
    {
        Code = "key_expired",
    };
}
