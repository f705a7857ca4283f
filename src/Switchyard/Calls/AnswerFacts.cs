using Microsoft.Extensions.AI;

namespace Switchyard.Calls;

/// <summary>
/// The names of the metadata on every answer: response headers of the gateway, and in process keys in <c>AdditionalProperties</c> of the
/// answer or of a stream's first update.
/// </summary>
public static class AnswerFacts
{
    /// <summary>The call's id (<see cref="string"/>).</summary>
    public const string RequestId = "x-request-id";

    /// <summary>The provider that answered (<see cref="string"/>).</summary>
    public const string Provider = "x-switchyard-provider";

    /// <summary>The provider's model that was asked (<see cref="string"/>).</summary>
    public const string Model = "x-switchyard-model";

    /// <summary>The model that was asked for: an alias, <c>provider/model</c> or a bare name (<see cref="string"/>).</summary>
    public const string RequestedModel = "x-switchyard-requested-model";

    /// <summary>How many attempts it took (<see cref="int"/>).</summary>
    public const string Attempts = "x-switchyard-attempts";

    /// <summary>The generation of the configuration the call ran on (<see cref="long"/>).</summary>
    public const string Config = "x-switchyard-config";

    /// <summary>The request fields that could not be carried (<c>string[]</c>); absent when there were none.</summary>
    public const string Dropped = "x-switchyard-dropped";

    /// <summary>
    /// On the update of a stream with which another target goes on with it, because it broke off: <c>provider/model</c>
    /// (<see cref="string"/>). A gateway's clients get a comment instead.
    /// </summary>
    public const string Continued = "x-switchyard-continued";

    /// <summary>
    /// The one name that stands on the request: the tenant the call is made for, as a header, and in process among the
    /// <c>AdditionalProperties</c> of the options (<see cref="string"/>).
    /// </summary>
    public const string Tenant = "x-switchyard-tenant";

    /// <summary>
    /// On the request, as a header or among the options' <c>AdditionalProperties</c>: what the call is tagged with, for the ledger and for
    /// budgets (<see cref="string"/>).
    /// </summary>
    public const string Tag = "x-switchyard-tag";

    /// <summary>On the request, as <see cref="Tag"/>: the conversation the call belongs to (<see cref="string"/>).</summary>
    public const string Session = "x-switchyard-session";

    /// <summary>
    /// On the request, as <see cref="Tag"/>: the name under which the call is recorded, where that is allowed (<see cref="string"/>).
    /// </summary>
    public const string Record = "x-switchyard-record";

    /// <summary>What the answer cost in US dollars (<see cref="decimal"/>); absent where that is not known before its first byte.</summary>
    public const string Cost = "x-switchyard-cost-usd";

    /// <summary>The limit, in tokens, that a budget with no room for more has set for the answer; absent elsewhere.</summary>
    public const string MaxOutput = "x-switchyard-max-output";

    /// <summary>
    /// The cheaper model that the call went to because its budget comes to its end, and that budget (<see cref="string"/>):
    /// <c>mini; budget=total</c>. Absent where it went where it was sent.
    /// </summary>
    public const string Cheaper = "x-switchyard-cheaper";

    /// <summary>
    /// What guards found in the request, and in an answer that is no stream, and did about it: <c>pii=masked(card,email)</c>
    /// (<see cref="string"/>); absent where they found nothing.
    /// </summary>
    public const string Guard = "x-switchyard-guard";

    /// <summary>The experiment and the call's variant, <c>name=variant</c> (<see cref="string"/>); absent outside an experiment.</summary>
    public const string Experiment = "x-switchyard-experiment";

    /// <summary>
    /// Why the call went where it went (<see cref="CallDecision"/> as one line); only on request, and only in the gateway's headers.
    /// </summary>
    public const string Explain = "x-switchyard-explain";

    /// <summary>
    /// What a cache had to do with the answer (<see cref="string"/>): <c>hit</c>, <c>miss</c>, <c>shared</c>, <c>replay</c>,
    /// <c>refresh</c>; in process absent where nothing. On a request it asks: <c>off</c>, <c>read-only</c>, <c>refresh</c> (among the
    /// <c>AdditionalProperties</c> of the options a <see cref="string"/> or a <see cref="CacheMode"/>).
    /// </summary>
    public const string Cache = "x-switchyard-cache";

    /// <summary>
    /// On a request: how long its answer is kept, <c>10m</c> (among the <c>AdditionalProperties</c> of the options a <see cref="string"/>
    /// or a <see cref="TimeSpan"/>).
    /// </summary>
    public const string CacheTtl = "x-switchyard-cache-ttl";

    /// <summary>
    /// On a request: a key of the client's own making. The same request under the same key is given the same answer, and billed once
    /// (<see cref="string"/>).
    /// </summary>
    public const string IdempotencyKey = "Idempotency-Key";

    internal static void Write(ModelCall call, AdditionalPropertiesDictionary properties)
    {
        properties[RequestId] = call.Id;
        properties[RequestedModel] = call.Envelope.Model;
        properties[Attempts] = call.AttemptCount;
        properties[Config] = call.Snapshot.Generation;
        if (call.KnownCost is { } cost)
            properties[Cost] = cost;
        if (call.MaxOutput is { } limit)
            properties[MaxOutput] = limit;
        if (call.Cheaper is { } cheaper)
            properties[Cheaper] = cheaper;
        if (call.Guarded is { } guarded)
            properties[Guard] = guarded;
        if (call.Experiment is { } experiment)
            properties[Experiment] = experiment;
        if (call.Cache is { Outcome: not CacheOutcome.Off } cache)
            properties[Cache] = cache.Word;
        if (call.Cache?.Source is { } source)
        {
            properties[Provider] = source.Provider;
            properties[Model] = source.Model;
            if (source.Dropped.Count > 0)
                properties[Dropped] = source.Dropped.ToArray();
        }
        else if (call.Attempt is { } attempt)
        {
            properties[Provider] = attempt.Deployment.Provider;
            properties[Model] = attempt.Deployment.Model;
            if (attempt.HasLosses)
                properties[Dropped] = attempt.Losses.Fields.ToArray();
        }
    }
}
