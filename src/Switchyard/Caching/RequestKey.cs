using System.Runtime.CompilerServices;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Targets;

namespace Switchyard.Caching;

/// <summary>
/// The key of a call: everything that has a part in its answer, and for whom it is. What has none (<see cref="KeyRules"/>) is written down
/// in docs/caching.md, and a test changes each field of a request and wants another key. Pure.
/// </summary>
internal static class RequestKey
{
    /// <summary>Changed when the key is made otherwise, so that nodes of two versions that share a cache do not misunderstand each
    /// other.</summary>
    private const int Version = 2;

    private static readonly ConditionalWeakTable<Route, string> s_routes = [];

    /// <summary>The keys of a call; null when its answer is none that is kept.</summary>
    /// <param name="call">The call, whose route is known.</param>
    /// <param name="byTenant">Whether the callers of one tenant share answers.</param>
    public static RequestKeys? Of(ModelCall call, bool byTenant)
    {
        if (ContentOf(call.Envelope, call.Body, call.ClientDialect) is not { } content)
            return null;
        using var key = new KeyWriter();
        key.Add(content.ToString()).Add(TargetsOf(call.Route!)).Add(call.Experiment).Add(call.Strict ? 1 : 0).Add(call.Tenant);
        if (!byTenant || call.Tenant is null)
            AddCaller(key, call);
        if (call.Snapshot.KeptUnder is { } guards)
            key.Add(guards(call));
        return new(content, key.Hash());
    }

    /// <summary>The hash of what is asked, whoever asks; null when its answer is none that is kept.</summary>
    public static AnswerKey? ContentOf(CallEnvelope envelope, CallBody body, DialectId dialect)
    {
        // A conversation that the provider keeps changes with each call.
        if (envelope.GoesOnFrom is not null)
            return null;
        using var key = new KeyWriter();
        return TryAdd(key, envelope, body, dialect, KeyRules.Of(dialect)) ? key.Hash() : null;
    }

    /// <summary>The hash of a request word for word; null for an upload, and for objects that have no JSON form.</summary>
    public static AnswerKey? Exactly(ModelCall call)
    {
        using var key = new KeyWriter();
        return TryAdd(key, call.Envelope, call.Body, call.ClientDialect, KeyRules.Whole) ? key.Hash() : null;
    }

    /// <summary>The key of what a caller calls by a name of its own.</summary>
    public static AnswerKey Named(ModelCall call, string name)
    {
        using var key = new KeyWriter();
        key.Add(Version).Add("name").Add(name).Add(call.Tenant);
        AddCaller(key, call);
        return key.Hash();
    }

    /// <summary>Adds whose call it is. The id alone is no more than 32 bits, and of many keys two may have the same.</summary>
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
            // Half of a surrogate pair, which is no text.
            return false;
        }
    }

    /// <summary>
    /// The targets behind a name: an alias that is led elsewhere by a reload gives new answers. Their order and weights only choose among
    /// them.
    /// </summary>
    private static string TargetsOf(Route route) => s_routes.GetValue(
        route,
        static route => string.Join(
            '\n',
            route.Groups.SelectMany(group => group.Deployments).Select(target => $"{target.Provider}/{target.Model}")
                .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Prepend(route.Alias)));
}
