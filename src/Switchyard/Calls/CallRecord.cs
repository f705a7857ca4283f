using Switchyard.Canonical;

namespace Switchyard.Calls;

/// <summary>
/// What is left of a call when it has ended: who asked for what, where it went, how it ended and what was used. Immutable; it refers to
/// nothing of the call itself, so a sink may keep it.
/// </summary>
public sealed class CallRecord
{
    internal CallRecord(ModelCall call, CallOutcome outcome, CallError? error)
    {
        Id = call.Id;
        Caller = call.Caller;
        Operation = call.Envelope.Operation;
        Model = call.Envelope.Model;
        Stream = call.Envelope.Stream;
        EndUser = call.Envelope.EndUser;
        Alias = call.Route?.Alias;
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

    /// <summary>Who called.</summary>
    public Caller Caller { get; }

    /// <summary>What was asked for.</summary>
    public CallOperation Operation { get; }

    /// <summary>The model as the client named it.</summary>
    public string Model { get; }

    /// <summary>Whether the answer was wanted as a stream.</summary>
    public bool Stream { get; }

    /// <summary>The end user the client named; null when it named none.</summary>
    public string? EndUser { get; }

    /// <summary>The route the name led to; null where there was none.</summary>
    public string? Alias { get; }

    /// <summary>The number of the configuration it ran on.</summary>
    public long Generation { get; }

    /// <summary>When it began.</summary>
    public DateTimeOffset StartedAt { get; }

    /// <summary>From its beginning to the end of its answer.</summary>
    public TimeSpan Duration { get; }

    /// <summary>How much of that was spent waiting for providers until an answer was open.</summary>
    public TimeSpan UpstreamTime { get; }

    /// <summary>How it ended.</summary>
    public CallOutcome Outcome { get; }

    /// <summary>Why it failed, or how the client's leaving showed; null when all was well.</summary>
    public CallError? Error { get; }

    /// <summary>Every attempt, oldest first; the last is the one that answered, if any did.</summary>
    public IReadOnlyList<AttemptRecord> Attempts { get; }

    /// <summary>What the last attempt's target reported. What one target counted says nothing of another's answer, so it is no sum.</summary>
    public TokenUsage Usage => Attempts is [.., var last] ? last.Usage : default;
}

/// <summary>What is left of an attempt. Immutable.</summary>
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
    }

    /// <summary>The provider's name.</summary>
    public string Provider { get; }

    /// <summary>The provider's own model id.</summary>
    public string Model { get; }

    /// <summary>Which of the provider's credentials was used, counted from 1.</summary>
    public int Credential { get; }

    /// <summary>Whether the bytes were forwarded or the request translated.</summary>
    public EgressMode Mode { get; }

    /// <summary>How it ended.</summary>
    public AttemptOutcome Outcome { get; }

    /// <summary>Why it failed or broke off; null when it did not.</summary>
    public CallError? Error { get; }

    /// <summary>What the target reported, of a failed attempt too.</summary>
    public TokenUsage Usage { get; }

    /// <summary>How long the provider took until its answer was open, or it failed.</summary>
    public TimeSpan UpstreamTime { get; }

    /// <summary>How long it ran, its answer included.</summary>
    public TimeSpan Duration { get; }

    /// <summary>The request fields the target could not be given.</summary>
    public IReadOnlyList<string> Dropped { get; }
}
