using Switchyard.Canonical;

namespace Switchyard.Calls;

/// <summary>A call that runs, as it was at one moment. Immutable.</summary>
/// <param name="Id">Its id: that of the client's answer and of the log. A client that sends an id twice has two calls of it.</param>
/// <param name="Caller">Whose it is: the name of the client's key, or <c>anonymous</c>.</param>
/// <param name="Tenant">The tenant it counts for; null for none.</param>
/// <param name="Model">The name that was asked for.</param>
/// <param name="Operation">What is asked.</param>
/// <param name="IsStream">Whether a stream is asked for.</param>
/// <param name="Phase">What is being done.</param>
/// <param name="Age">How long it has run.</param>
public sealed record RunningCall(
    string Id, string Caller, string? Tenant, string Model, CallOperation Operation, bool IsStream, CallPhase Phase, TimeSpan Age)
{
    /// <summary>The provider that was asked last; null before the first.</summary>
    public string? Provider { get; init; }

    /// <summary>The model of that provider.</summary>
    public string? ProviderModel { get; init; }

    /// <summary>How many attempts have begun.</summary>
    public int Attempts { get; init; }

    /// <summary>The number of the configuration it runs on.</summary>
    public long Generation { get; init; }

    /// <summary>The id of the call of which it is a shadow's copy; null for a client's own.</summary>
    public string? ShadowOf { get; init; }

    internal static RunningCall Of(ModelCall call)
    {
        var attempt = call.Attempts is { Count: > 0 } attempts ? attempts[^1] : null;
        return new(
            call.Id, call.Caller.Name, call.Tenant, call.Envelope.Model, call.Envelope.Operation, call.Envelope.Stream,
            PhaseOf(call, attempt), call.Elapsed)
        {
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
        // What stops a wait is made where a call first waits.
        : call.Get(CallMarks.Ending) is not null || call.Route is not null ? CallPhase.Queued
        : CallPhase.Starting;
}

/// <summary>What is being done for a call.</summary>
public enum CallPhase
{
    /// <summary>Who asks is known; where it goes is not yet.</summary>
    Starting,

    /// <summary>It waits for a place, a limit or a cache; no provider has been asked.</summary>
    Queued,

    /// <summary>A provider has been asked, and has not begun to answer.</summary>
    WaitingForProvider,

    /// <summary>An attempt has failed, and the next has not begun.</summary>
    BetweenAttempts,

    /// <summary>The answer is being read and written.</summary>
    Answering,

    /// <summary>An operator has ended it, and it has not noticed yet.</summary>
    Ending,
}
