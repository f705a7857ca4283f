using System.Runtime.CompilerServices;
using Switchyard.Calls;
using Switchyard.Targets;

namespace Switchyard.Attempts;

/// <summary>Begins one admitted attempt and runs it until its answer is open, or has failed.</summary>
internal static class AttemptRun
{
    /// <summary>
    /// Whether a further attempt may begin: no byte has reached the client, it is still connected, and the call was not ended from outside.
    /// </summary>
    public static bool MayBegin(ModelCall call) =>
        !call.IsCommitted && !call.Aborted.IsCancellationRequested && call.EndedWith is null;

    /// <summary>Begins an attempt. It gets its own cancellation if its route may have to cut it off.</summary>
    public static Attempt Begin(
        ModelCall call, Deployment deployment, in AttemptAdmission admission, bool mayBeFollowed, bool isHedge = false) =>
        call.BeginAttempt(deployment, admission with
        {
            MayBeFollowed = mayBeFollowed,
            IsHedge = isHedge,
            CutOff = call.Route!.Rules.CutsOff ? CancellationTokenSource.CreateLinkedTokenSource(call.Aborted) : null,
        });

    /// <summary>Sends an attempt, unless it was refused. The async state machine is pooled.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public static async ValueTask<CallResponse> SendAsync(ModelCall call, Attempt attempt, CallError? refusal, CallHandler next)
    {
        var response = refusal is null ? await next(call).ConfigureAwait(false) : new FailedResponse(refusal);
        if (response.Error is null && call.Route!.Rules.Hold is { } hold && call.Envelope.Stream)
            response = await HeldStart.OpenAsync(call, attempt, response, hold).ConfigureAwait(false);
        Fail(attempt, response);
        return response;
    }

    /// <summary>Ends the call's attempt if its answer has failed.</summary>
    public static void End(ModelCall call, CallResponse response) => Fail(call.Attempt!, response);

    private static void Fail(Attempt attempt, CallResponse response)
    {
        // Egress has ended the attempt already, unless it was refused here or by a host's middleware.
        if (response.Error is { } error)
            attempt.Fail(error);
    }
}
