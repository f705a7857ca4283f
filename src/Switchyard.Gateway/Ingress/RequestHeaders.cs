using Microsoft.AspNetCore.Http;
using Switchyard.Affinity;
using Switchyard.Caching;
using Switchyard.Calls;
using Switchyard.Dialects;
using Switchyard.Recording;

namespace Switchyard.Gateway.Ingress;

/// <summary>The request headers that Switchyard defines.</summary>
internal static class RequestHeaders
{
    /// <summary>Strict mode for one call: with <c>x-switchyard-strict: true</c> a field that would be lost is refused with 400.</summary>
    public const string Strict = AnswerFacts.Strict;

    /// <summary>
    /// With <c>x-switchyard-explain: true</c> the answer explains in a header of the same name why the call went where it did.
    /// </summary>
    public const string Explain = AnswerFacts.Explain;

    // session_id is Codex's; x-session-id is common.
    private static readonly string[] s_sessions = [AnswerFacts.Session, "session_id", "x-session-id"];

    /// <summary>The tenant the call is made for; null without one.</summary>
    public static string? TenantOf(HttpRequest request) => Text(request, AnswerFacts.Tenant);

    /// <summary>The tag of the call; null if there is none, or neither the ledger nor a budget is configured.</summary>
    public static string? TagOf(HttpRequest request, CallSnapshot snapshot) =>
        snapshot.CountsMoney ? Text(request, AnswerFacts.Tag) : null;

    /// <summary>
    /// The conversation that the client assigns the call to, by our header or by one that clients send themselves; null if it names none,
    /// or neither the ledger nor a budget is configured.
    /// </summary>
    public static string? SessionOf(HttpRequest request, CallSnapshot snapshot)
    {
        if (!snapshot.CountsMoney)
            return null;
        foreach (var name in s_sessions)
        {
            if (Text(request, name) is { } session)
                return session;
        }

        return null;
    }

    public static bool AsksForStrict(HttpRequest request) => IsTrue(request, Strict);

    public static bool AsksForExplanation(HttpRequest request) => IsTrue(request, Explain);

    /// <summary>The headers that an affinity of the configuration reads; null if none does, or the request has none of them.</summary>
    public static IReadOnlyDictionary<string, string>? AffinityOf(HttpRequest request, CallSnapshot snapshot)
    {
        if (snapshot.Section(AffinityPlan.Section) is not { Headers: { Count: > 0 } names })
            return null;
        Dictionary<string, string>? found = null;
        foreach (var name in names)
        {
            if (request.Headers[name].ToString() is { Length: > 0 } value)
                (found ??= new(StringComparer.OrdinalIgnoreCase))[name] = value;
        }

        return found;
    }

    /// <summary>The cache control that the client asks for; null if it asks for none, or there is no cache.</summary>
    /// <exception cref="CallException">The cache control is unknown.</exception>
    public static CacheControl? CacheControlOf(HttpRequest request, CallSnapshot snapshot) => CacheControls.AreRead(snapshot)
        ? CacheControls.Read(request.Headers[AnswerFacts.Cache].ToString(), request.Headers[AnswerFacts.CacheTtl].ToString())
        : null;

    /// <summary>The key under which the client may repeat the request; null without one.</summary>
    /// <exception cref="CallException">The key is not valid.</exception>
    public static string? IdempotencyKeyOf(HttpRequest request, CallSnapshot snapshot) =>
        request.Headers.TryGetValue(AnswerFacts.IdempotencyKey, out var key) && CacheControls.KeysAreRead(snapshot)
            ? CacheControls.ReadKey(key.ToString())
            : null;

    /// <summary>The name under which the client wants the call to be recorded; null if it names none, or recording is off.</summary>
    public static string? RecordOf(HttpRequest request, CallSnapshot snapshot) =>
        Recordings.AreMade(snapshot) ? Text(request, AnswerFacts.Record) : null;

    /// <summary>The headers of a dialect that the request has, by lower-case name; null if it has none of them.</summary>
    public static Dictionary<string, string>? OfDialect(HttpRequest request, IIngressDialect dialect)
    {
        Dictionary<string, string>? headers = null;
        var names = dialect.RequestHeaders;
        for (var i = 0; i < names.Count; i++)
        {
            if (request.Headers.TryGetValue(names[i], out var value) && value.ToString() is { Length: > 0 } text)
                (headers ??= [])[names[i]] = text;
        }

        return headers;
    }

    private static string? Text(HttpRequest request, string name) =>
        request.Headers.TryGetValue(name, out var value) && value is [{ Length: > 0 } text] ? text : null;

    private static bool IsTrue(HttpRequest request, string name) =>
        request.Headers.TryGetValue(name, out var value) && string.Equals(value, "true", StringComparison.OrdinalIgnoreCase);
}
