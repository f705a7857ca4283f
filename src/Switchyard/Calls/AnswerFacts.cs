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

    /// <summary>The provider's model that was called (<see cref="string"/>).</summary>
    public const string Model = "x-switchyard-model";

    /// <summary>The model that the client requested: an alias, <c>provider/model</c> or a bare name (<see cref="string"/>).</summary>
    public const string RequestedModel = "x-switchyard-requested-model";

    /// <summary>The number of attempts (<see cref="int"/>).</summary>
    public const string Attempts = "x-switchyard-attempts";

    /// <summary>The generation of the configuration the call ran on (<see cref="long"/>).</summary>
    public const string Config = "x-switchyard-config";

    /// <summary>The request fields that could not be carried (<c>string[]</c>); absent if there are none.</summary>
    public const string Dropped = "x-switchyard-dropped";

    /// <summary>
    /// On the first update from another target that continues a broken stream: that target's <c>provider/model</c>
    /// (<see cref="string"/>). A gateway's clients get a comment instead.
    /// </summary>
    public const string Continued = "x-switchyard-continued";

    /// <summary>
    /// A name on the request only: the tenant of the call, as a header, and in process among the
    /// <c>AdditionalProperties</c> of the options (<see cref="string"/>).
    /// </summary>
    public const string Tenant = "x-switchyard-tenant";

    /// <summary>
    /// On the request, as a header or among the options' <c>AdditionalProperties</c>: the call's tag, for the ledger and for
    /// budgets (<see cref="string"/>).
    /// </summary>
    public const string Tag = "x-switchyard-tag";

    /// <summary>On the request, as <see cref="Tag"/>: the conversation the call belongs to (<see cref="string"/>).</summary>
    public const string Session = "x-switchyard-session";

    /// <summary>
    /// On the request, as <see cref="Tag"/>: the name under which the call is recorded, if that is allowed (<see cref="string"/>).
    /// </summary>
    public const string Record = "x-switchyard-record";

    /// <summary>
    /// On the request, as <see cref="Tag"/>: <c>true</c> (a <see cref="bool"/> or <see cref="string"/>) refuses the call if a field cannot
    /// be carried, instead of naming it under <see cref="Dropped"/>.
    /// </summary>
    public const string Strict = "x-switchyard-strict";

    /// <summary>
    /// What the call has cost in US dollars, with failed attempts that are billed (<see cref="decimal"/>); absent if unknown before the
    /// first byte of the answer.
    /// </summary>
    public const string Cost = "x-switchyard-cost-usd";

    /// <summary>The limit, in tokens, that an almost spent budget has set for the answer; absent without such a limit.</summary>
    public const string MaxOutput = "x-switchyard-max-output";

    /// <summary>
    /// The cheaper model that served the call because its budget is nearly spent, and that budget (<see cref="string"/>):
    /// <c>mini; budget=total</c>. Absent if the requested model served it.
    /// </summary>
    public const string Cheaper = "x-switchyard-cheaper";

    /// <summary>
    /// The findings of guards in the request, and in an answer that is not a stream, and their actions: <c>pii=masked(card,email)</c>
    /// (<see cref="string"/>); absent if they found nothing.
    /// </summary>
    public const string Guard = "x-switchyard-guard";

    /// <summary>The experiment and the call's variant, <c>name=variant</c> (<see cref="string"/>); absent outside an experiment.</summary>
    public const string Experiment = "x-switchyard-experiment";

    /// <summary>
    /// Why the call went to its target (<see cref="CallDecision"/> as one line, a <see cref="string"/>); only if the request asks for it:
    /// <c>true</c>, as a header or, as <see cref="Tag"/>, a <see cref="bool"/> or <see cref="string"/>.
    /// </summary>
    public const string Explain = "x-switchyard-explain";

    /// <summary>
    /// The role of a cache in the answer (<see cref="string"/>): <c>hit</c>, <c>miss</c>, <c>shared</c>, <c>replay</c>,
    /// <c>refresh</c>; in process absent without one. The client's request: <c>off</c>, <c>read-only</c>, <c>refresh</c> (among the
    /// <c>AdditionalProperties</c> of the options a <see cref="string"/> or a <see cref="CacheMode"/>).
    /// </summary>
    public const string Cache = "x-switchyard-cache";

    /// <summary>
    /// On a request: the time to keep its answer, <c>10m</c> (among the <c>AdditionalProperties</c> of the options a <see cref="string"/>
    /// or a <see cref="TimeSpan"/>).
    /// </summary>
    public const string CacheTtl = "x-switchyard-cache-ttl";

    /// <summary>
    /// On a request: a key that the client makes. A repeated request under the same key gets the same answer, and is billed once
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
        if (call is { Explain: true, Decision: { } decision })
            properties[Explain] = decision.ToString();
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
