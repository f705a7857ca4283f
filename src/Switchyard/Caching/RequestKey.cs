using System.Runtime.CompilerServices;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Targets;

namespace Switchyard.Caching;

/// <summary>
/// The key of a call: everything that influences its answer, and its caller's scope. Members without influence (<see cref="KeyRules"/>)
/// are listed in docs/caching.md; a test changes each field of a request and expects another key. Pure.
/// </summary>
internal static class RequestKey
{
    /// <summary>Changed with the composition of the key, so that nodes of two versions that share a cache do not misread each other's
    /// entries.</summary>
    private const int Version = 2;

    private static readonly ConditionalWeakTable<Route, string> s_routes = [];

    /// <summary>The keys of a call; null if its answer is not kept.</summary>
    /// <param name="call">The call, after routing.</param>
    /// <param name="byTenant">Whether the callers of one tenant share answers.</param>
    public static RequestKeys? Of(ModelCall call, bool byTenant)
    {
        if (ContentOf(call.Envelope, call.Body, call.ClientDialect) is not { } content)
            return null;
        using var key = new KeyWriter();
        key.Add(content.ToString()).Add(TargetsOf(call.Route!)).Add(call.Experiment).Add(call.Strict ? 1 : 0).Add(call.Tenant);
        if (!byTenant || call.Tenant is null)
            AddCaller(key, call);
        if (call.Snapshot.AnswerFingerprint is { } fingerprintOf)
            key.Add(fingerprintOf(call));
        return new(content, key.Hash());
    }

    /// <summary>The hash of a request, independent of its caller; null if its answer is not kept.</summary>
    public static AnswerKey? ContentOf(CallEnvelope envelope, CallBody body, DialectId dialect)
    {
        // A conversation that the provider stores changes with each call. A compacted one is encrypted by one account, and may expire.
        if (envelope.ContinuedId is not null || envelope.Operation == CallOperation.Compaction)
            return null;
        using var key = new KeyWriter();
        return TryAdd(key, envelope, body, dialect, KeyRules.Of(dialect)) ? key.Hash() : null;
    }

    /// <summary>The hash of a request word for word; null for an upload, and for objects without a JSON form.</summary>
    public static AnswerKey? Exactly(ModelCall call)
    {
        using var key = new KeyWriter();
        return TryAdd(key, call.Envelope, call.Body, call.ClientDialect, KeyRules.Whole) ? key.Hash() : null;
    }

    /// <summary>The key for a name that the caller chose (<c>Idempotency-Key</c>).</summary>
    public static AnswerKey Named(ModelCall call, string name)
    {
        using var key = new KeyWriter();
        key.Add(Version).Add("name").Add(name).Add(call.Tenant);
        AddCaller(key, call);
        return key.Hash();
    }

    /// <summary>Adds the caller. Its id alone has only 32 bits, and of many keys two may have the same id.</summary>
    private static void AddCaller(KeyWriter key, ModelCall call) => key.Add(call.Caller.Id).Add(call.Caller.Name);

    private static bool TryAdd(KeyWriter key, CallEnvelope envelope, CallBody body, DialectId dialect, in KeyRules rules)
    {
        if (body.Streamed is not null)
            return false;
        key.Add(Version).Add((int)envelope.Operation).Add(dialect.Value).Add(envelope.Model).Add(envelope.Provider)
            .Add(envelope.Stream ? 1 : 0).Add(envelope.AnswerForm).Add(envelope.FormatVersion).Add(envelope.Headers.Count);
        foreach (var (name, value) in envelope.Headers.OrderBy(header => header.Key, StringComparer.Ordinal))
            key.Add(name).Add(value);
        if (body.Wire is not { } wire)
            return ObjectBody.TryAdd(key, body.GetCanonical());
        try
        {
            return JsonBody.TryAdd(key, wire.Memory, rules);
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair, which is not valid text.
            return false;
        }
    }

    /// <summary>
    /// The targets of a name: after a reload that gives an alias other targets, its answers are new ones. The order and the weights only
    /// choose among the targets.
    /// </summary>
    private static string TargetsOf(Route route) => s_routes.GetValue(
        route,
        static route => string.Join(
            '\n',
            route.Groups.SelectMany(group => group.Deployments).Select(target => $"{target.Provider}/{target.Model}")
                .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Prepend(route.Alias)));
}
