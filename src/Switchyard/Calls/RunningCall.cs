using Switchyard.Canonical;

namespace Switchyard.Calls;

/// <summary>A running call at one moment. Immutable.</summary>
public sealed record RunningCall
{
    /// <summary>Its id, in the client's answer and the log. A client that sends an id twice has two calls with it.</summary>
    public required string Id { get; init; }

    /// <summary>Its caller: the name of the client's key, or <c>anonymous</c>.</summary>
    public required string Caller { get; init; }

    /// <summary>The tenant it counts for; null for none.</summary>
    public string? Tenant { get; init; }

    /// <summary>The requested name.</summary>
    public required string Model { get; init; }

    /// <summary>The requested operation.</summary>
    public required CallOperation Operation { get; init; }

    /// <summary>Whether a stream is requested.</summary>
    public required bool IsStream { get; init; }

    /// <summary>Its current phase.</summary>
    public required CallPhase Phase { get; init; }

    /// <summary>How long it has run.</summary>
    public required TimeSpan Age { get; init; }

    /// <summary>The provider that was called last; null before the first.</summary>
    public string? Provider { get; init; }

    /// <summary>The model of that provider.</summary>
    public string? ProviderModel { get; init; }

    /// <summary>The number of attempts that have begun.</summary>
    public int Attempts { get; init; }

    /// <summary>The number of the configuration it runs on.</summary>
    public long Generation { get; init; }

    /// <summary>The id of the call that this shadow call copies; null for a client's own call.</summary>
    public string? ShadowOf { get; init; }

    internal static RunningCall Of(ModelCall call)
    {
        var attempt = call.Attempts is { Count: > 0 } attempts ? attempts[^1] : null;
        return new()
        {
            Id = call.Id,
            Caller = call.Caller.Name,
            Tenant = call.Tenant,
            Model = call.Envelope.Model,
            Operation = call.Envelope.Operation,
            IsStream = call.Envelope.Stream,
            Phase = PhaseOf(call, attempt),
            Age = call.Elapsed,
            Provider = attempt?.Deployment.Provider,
            ProviderModel = attempt?.Deployment.Model,
            Attempts = call.AttemptCount,
            Generation = call.Snapshot.Generation,
            ShadowOf = call.ShadowOf,
        };
    }

    private static CallPhase PhaseOf(ModelCall call, Attempt? attempt) => call.EndedWith is not null ? CallPhase.Ending
        : call.IsCommitted || attempt is { Outcome: AttemptOutcome.Finished } ? CallPhase.Answering
        : attempt is { Outcome: AttemptOutcome.Running } ? attempt.IsOpen ? CallPhase.Answering : CallPhase.WaitingForProvider
        : attempt is not null ? CallPhase.BetweenAttempts
        // A call creates its cancellation of waits when it first waits.
        : call.Get(CallMarks.Ending) is not null || call.Route is not null ? CallPhase.Queued
        : CallPhase.Starting;
}

/// <summary>The current phase of a call.</summary>
public enum CallPhase
{
    /// <summary>Its caller is known; its target is not yet.</summary>
    Starting,

    /// <summary>It waits for a place, a limit or a cache; no provider has been called.</summary>
    Queued,

    /// <summary>A provider has been called, and has not begun to answer.</summary>
    WaitingForProvider,

    /// <summary>An attempt has failed, and the next has not begun.</summary>
    BetweenAttempts,

    /// <summary>The answer is being read and written.</summary>
    Answering,

    /// <summary>An administrator has ended it, and it has not stopped yet.</summary>
    Ending,
}
