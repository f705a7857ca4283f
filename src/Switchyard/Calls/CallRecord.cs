using Switchyard.Canonical;

namespace Switchyard.Calls;

/// <summary>
/// The record of an ended call: caller, request, attempts, outcome, usage and times. Immutable. It holds no reference to the call or its
/// pooled bytes, so a sink may keep it.
/// </summary>
public sealed class CallRecord
{
    internal CallRecord(ModelCall call, CallOutcome outcome, CallError? error)
    {
        Id = call.Id;
        TraceId = call.Trace?.TraceId;
        Caller = call.Caller;
        Tenant = call.Tenant;
        Operation = call.Envelope.Operation;
        Model = ModelNames.Shown(call.Envelope.Model);
        Stream = call.Envelope.Stream;
        EndUser = EndUserNames.Shown(call.Envelope.EndUser);
        Alias = call.Route?.Alias;
        Experiment = call.Experiment;
        ShadowOf = call.ShadowOf;
        Guarded = call.Guarded;
        Decision = call.Decision;
        Cache = call.Cache?.Outcome ?? CacheOutcome.Off;
        Generation = call.Snapshot.Generation;
        Duration = call.Elapsed;
        StartedAt = call.Time.GetUtcNow() - Duration;
        UpstreamTime = call.UpstreamTime;
        Outcome = outcome;
        Error = error;
        var attempts = call.Attempts;
        var records = new AttemptRecord[attempts.Count];
        for (var i = 0; i < records.Length; i++)
            records[i] = new AttemptRecord(attempts[i]);
        Attempts = records;
    }

    /// <summary>The call's id: <c>x-request-id</c>.</summary>
    public string Id { get; }

    /// <summary>The id of the client's trace (<c>traceparent</c>); null if it sent none.</summary>
    public string? TraceId { get; }

    /// <summary>The caller: the client key, or <see cref="Caller.Anonymous"/>.</summary>
    public Caller Caller { get; }

    /// <summary>The tenant of the call; null for none.</summary>
    public string? Tenant { get; }

    /// <summary>The operation: chat, embedding and so on.</summary>
    public CallOperation Operation { get; }

    /// <summary>The model as the client named it.</summary>
    public string Model { get; }

    /// <summary>Whether the client asked for a stream.</summary>
    public bool Stream { get; }

    /// <summary>The end user in the request; null if it had none.</summary>
    public string? EndUser { get; }

    /// <summary>The alias of the route the model name resolved to; null if it resolved to none.</summary>
    public string? Alias { get; }

    /// <summary>The experiment and the variant it was assigned, as <c>name=variant</c>; null outside an experiment.</summary>
    public string? Experiment { get; }

    /// <summary>The id of the call that this shadow call copied, with an answer no client got; null for a client's own.</summary>
    public string? ShadowOf { get; }

    /// <summary>
    /// The findings of guards in its request and answer and their actions, as <c>pii=masked(card,email)</c>; null if they found nothing.
    /// </summary>
    public string? Guarded { get; }

    /// <summary>
    /// The reason for the choice of its target: at most 8 candidates, all if the client requested an explanation. Null if there was no
    /// choice: a route of one target.
    /// </summary>
    public CallDecision? Decision { get; }

    /// <summary>
    /// Whether its answer came from a cache, or from another call with the same request. If so, there was no attempt, and it cost
    /// nothing.
    /// </summary>
    public CacheOutcome Cache { get; }

    /// <summary>The number of the configuration it ran on.</summary>
    public long Generation { get; }

    /// <summary>The time of its start.</summary>
    public DateTimeOffset StartedAt { get; }

    /// <summary>The time from its start to the end of its answer.</summary>
    public TimeSpan Duration { get; }

    /// <summary>The part of <see cref="Duration"/> spent waiting for providers until an answer was open, all attempts together.</summary>
    public TimeSpan UpstreamTime { get; }

    /// <summary>How it ended.</summary>
    public CallOutcome Outcome { get; }

    /// <summary>The error of a failed call, or the cancellation of an abandoned one; null otherwise.</summary>
    public CallError? Error { get; }

    /// <summary>
    /// Every attempt, oldest first; the last is the one that answered, if any did, even if two ran at once.
    /// </summary>
    public IReadOnlyList<AttemptRecord> Attempts { get; }

    /// <summary>
    /// The usage of the last attempt. It is not the sum of all: usage of a failed target is not part of the answer.
    /// </summary>
    public TokenUsage Usage => Attempts is [.., var last] ? last.Usage : default;

    /// <summary>The total cost of all attempts, failed ones with reported usage included.</summary>
    public TokenCost Cost => Attempts.Aggregate(default(TokenCost), (sum, attempt) => sum + attempt.Cost);
}

/// <summary>The record of an ended attempt. Immutable.</summary>
public sealed class AttemptRecord
{
    internal AttemptRecord(Attempt attempt)
    {
        Provider = attempt.Deployment.Provider;
        Model = attempt.Deployment.Model;
        Credential = attempt.Deployment.Credential;
        Mode = attempt.Mode;
        Outcome = attempt.Outcome;
        Error = attempt.Error;
        Usage = attempt.Usage;
        UpstreamTime = attempt.UpstreamTime;
        Duration = attempt.Duration;
        Dropped = attempt.HasLosses ? [.. attempt.Losses.Fields] : [];
        IsHedge = attempt.IsHedge;
        IsContinuation = attempt.IsContinuation;
        if (attempt.Price is { } price)
        {
            Cost = price.CostOf(attempt.Usage, out var why);
            Unpriced = why;
            PriceVersion = price.Version;
        }
        else
        {
            Unpriced = Unpriced.NoPrice;
        }
    }

    /// <summary>The provider's name.</summary>
    public string Provider { get; }

    /// <summary>The provider's own model id.</summary>
    public string Model { get; }

    /// <summary>The number of the provider's credential that was used, counted from 1.</summary>
    public int Credential { get; }

    /// <summary>Whether the bytes were forwarded or the request translated.</summary>
    public EgressMode Mode { get; }

    /// <summary>How it ended.</summary>
    public AttemptOutcome Outcome { get; }

    /// <summary>The error with which it failed or broke off; null if it did neither.</summary>
    public CallError? Error { get; }

    /// <summary>The token counts that the target reported, also for a failed attempt.</summary>
    public TokenUsage Usage { get; }

    /// <summary>The cost of <see cref="Usage"/>; all 0 unless <see cref="Unpriced"/> is <see cref="Unpriced.None"/>.</summary>
    public TokenCost Cost { get; }

    /// <summary>Why it has no cost; <see cref="Unpriced.None"/> if it has one.</summary>
    public Unpriced Unpriced { get; }

    /// <summary>The price used for its cost: its source and date. Null if no price is known.</summary>
    public string? PriceVersion { get; }

    /// <summary>The provider's time until its answer was open, or until it failed.</summary>
    public TimeSpan UpstreamTime { get; }

    /// <summary>The time from its start to the end of its answer.</summary>
    public TimeSpan Duration { get; }

    /// <summary>The fields that could not be carried to the target, or from its answer to the client.</summary>
    public IReadOnlyList<string> Dropped { get; }

    /// <summary>Whether it was begun because the previous attempt was slow, and ran in parallel with it (<c>hedge</c>).</summary>
    public bool IsHedge { get; }

    /// <summary>Whether it continued an answer of another target that had broken off (<c>continuation</c>).</summary>
    public bool IsContinuation { get; }
}
