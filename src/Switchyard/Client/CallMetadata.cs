using Microsoft.Extensions.AI;
using Switchyard.Caching;
using Switchyard.Calls;
using Switchyard.Configuration.Binding;

namespace Switchyard.Client;

/// <summary>
/// The settings of a call in process that are not fields of its request: additional properties of its options, under the names in
/// <see cref="AnswerFacts"/>, which over HTTP are request headers.
/// </summary>
internal readonly struct CallMetadata
{
    private const string Prefix = "x-switchyard-";

    private static readonly string[] s_names =
    [
        AnswerFacts.Tenant, AnswerFacts.Tag, AnswerFacts.Session, AnswerFacts.Record, AnswerFacts.Strict, AnswerFacts.Explain,
        AnswerFacts.Cache, AnswerFacts.CacheTtl,
    ];

    private readonly string? _tenant;
    private readonly string? _tag;
    private readonly string? _session;
    private readonly string? _record;
    private readonly bool _explain;
    private readonly CacheControl? _cache;

    /// <summary>Removes the settings from the properties, which must be the call's own copy.</summary>
    /// <exception cref="CallException">A setting is unknown, or its value is.</exception>
    public CallMetadata(AdditionalPropertiesDictionary? properties)
    {
        if (properties is null)
            return;
        _tenant = Take(properties, AnswerFacts.Tenant);
        _tag = Take(properties, AnswerFacts.Tag);
        _session = Take(properties, AnswerFacts.Session);
        _record = Take(properties, AnswerFacts.Record);
        Strict = IsTrue(Take(properties, AnswerFacts.Strict));
        _explain = IsTrue(Take(properties, AnswerFacts.Explain));
        _cache = TakeCache(properties);
        IdempotencyKey = properties.Remove(AnswerFacts.IdempotencyKey, out var key) ? CacheControls.ReadKey(key?.ToString()) : null;
        RefuseOthers(properties);
    }

    /// <summary>Whether the caller asked for strict mode.</summary>
    public bool Strict { get; }

    /// <summary>The key under which the caller may repeat the request; null for none.</summary>
    public string? IdempotencyKey { get; }

    /// <summary>The request with these settings.</summary>
    public CallRequest Of(CallEnvelope envelope, CallBody body) => new(envelope, body)
    {
        Tenant = _tenant,
        Tag = _tag,
        Session = _session,
        Record = _record,
        Strict = Strict,
        Explain = _explain,
        CacheControl = _cache,
        IdempotencyKey = IdempotencyKey,
    };

    /// <summary>
    /// The idempotency key of a request. Function calling sends the caller's options, and the key in them, with each round of results
    /// again, and each round is a request of its own.
    /// </summary>
    public string? KeyOfRound(IReadOnlyList<ChatMessage> messages)
    {
        if (IdempotencyKey is not { } key || messages is not [.., { } last] || last.Role != ChatRole.Tool)
            return IdempotencyKey;
        var result = last.Contents.OfType<FunctionResultContent>().FirstOrDefault();
        return result is null ? key : $"{key}\n{result.CallId}";
    }

    /// <summary>
    /// Refuses a name of Switchyard's that is not a setting: it would have no effect, and as a field it would go to the provider.
    /// </summary>
    private static void RefuseOthers(AdditionalPropertiesDictionary properties)
    {
        foreach (var name in properties.Keys)
        {
            if (!name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
                continue;
            var near = NearestName.Find(name[Prefix.Length..], s_names.Select(static known => known[Prefix.Length..]));
            throw new CallException(
                CallErrorKind.InvalidRequest,
                $"'{name}' is not a setting of a call.{(near is null ? "" : $" Did you mean '{Prefix}{near}'?")} "
                    + $"The settings are {string.Join(", ", s_names)}.",
                name);
        }
    }

    private static CacheControl? TakeCache(AdditionalPropertiesDictionary properties)
    {
        properties.Remove(AnswerFacts.Cache, out var mode);
        properties.Remove(AnswerFacts.CacheTtl, out var ttl);
        if (mode is CacheControl control)
            return control;
        var read = CacheControls.Read(
            mode is CacheMode ? null : mode?.ToString(), ttl is TimeSpan time ? DurationText.Format(time) : ttl?.ToString());
        return mode is CacheMode known ? new CacheControl { Mode = known, Ttl = read?.Ttl } : read;
    }

    private static string? Take(AdditionalPropertiesDictionary properties, string name) =>
        properties.Remove(name, out var value) ? value as string ?? value?.ToString() : null;

    private static bool IsTrue(string? text) => bool.TryParse(text, out var value) && value;
}
