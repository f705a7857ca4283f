using System.Runtime.CompilerServices;
using Switchyard.Affinity;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Pipeline;
using Switchyard.Targets;

namespace Switchyard.Attempts;

/// <summary>
/// Tries the deployments of a route until one answer is open: the next candidate, admission, the attempt, and after a failure what
/// <see cref="Faults"/> decides: another target, the same one again, or the end. Nothing is tried once a byte has reached the client.
/// Thread-safe.
/// </summary>
/// <param name="random">The source of the seeds for selectors and waits.</param>
/// <param name="budget">Bounds the retries of all calls.</param>
/// <param name="log">Logs what is tried after a failure.</param>
internal sealed class AttemptLoop(Random random, RetryBudget budget, AttemptLog log) : ICallMiddleware
{
    private readonly Hedging _hedging = new(budget, log);
    private readonly Continuation _continuation = new(log);

    public ValueTask<CallResponse> InvokeAsync(ModelCall call, CallHandler next)
    {
        budget.OnCall();
        call.Route!.Rules.Hedge?.OnCall();
        return call.Route.Rules.Continues && Continuation.IsPossible(call) ? TryContinuableAsync(call, next) : TryAsync(call, next);
    }

    private ValueTask<CallResponse> TryAsync(ModelCall call, CallHandler next)
    {
        if (call.Route!.Only is not { } only)
            return TryAllAsync(call, Rank(call), next, failed: null);
        if (call.Explain)
            Rank(call).Dispose();
        if (AnswerOwners.Of(call) is { } owner && !ReferenceEquals(owner, only.State.Account))
            return new(new FailedResponse(AdmissionErrors.StateElsewhere(call)));
        return TryOnlyAsync(call, only, next);
    }

    /// <summary>Tries the deployments, and wraps the answer so that another target continues it if it breaks off.</summary>
    private async ValueTask<CallResponse> TryContinuableAsync(ModelCall call, CallHandler next)
    {
        var request = (CanonicalChatRequest)call.Body.GetCanonical();
        call.MustDecode = true;
        var response = await TryAsync(call, next).ConfigureAwait(false);
        return response is UpdatesResponse updates
            ? new ContinuedUpdates(
                call, updates, request, (original, said, broken) => _continuation.NextAsync(call, original, said, broken, next))
            : response;
    }

    // Most routes have one deployment, and most calls succeed: these rank nothing, and only one async method is between the
    // pipeline and Egress. Its state machine is pooled, but with many calls running at once most are allocated anyway (180 bytes).
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<CallResponse> TryOnlyAsync(ModelCall call, Deployment only, CallHandler next)
    {
        CallResponse response;
        if (!only.IsLimited && call.Route!.Rules.Hold is null
            && Admission.Enter(only, call.Now, isLastResort: false) is (var admission, null))
        {
            AttemptRun.Begin(call, only, admission, mayBeFollowed: false);
            response = await next(call).ConfigureAwait(false);
            AttemptRun.End(call, response);
        }
        else
        {
            response = await TryOneAsync(call, only, isLastResort: false, mayBeFollowed: false, next).ConfigureAwait(false);
        }

        return response.Error is null ? response : await RetryAsync(call, only, next, response).ConfigureAwait(false);
    }

    private ValueTask<CallResponse> RetryAsync(ModelCall call, Deployment only, CallHandler next, CallResponse failed)
    {
        var fault = Faults.Of(failed.Error!);
        if (!Faults.IsRetried(fault) || AfterFailure.RetriesOf(call, fault, only) == 0)
            return new(failed);
        var candidates = Rank(call);
        candidates.All[0].Tries = 1;
        return TryAllAsync(call, candidates, next, failed);
    }

    /// <summary>Tries one candidate after the other until an answer is open, or nothing else may be tried.</summary>
    /// <param name="call">The call.</param>
    /// <param name="candidates">Its candidates; disposed here.</param>
    /// <param name="next">The rest of the pipeline.</param>
    /// <param name="failed">The failure of the first try, if it was made already.</param>
    private async ValueTask<CallResponse> TryAllAsync(ModelCall call, Candidates candidates, CallHandler next, CallResponse? failed)
    {
        using var ranked = candidates;
        var targetsLeft = call.Route!.Rules.MaxFallbacks + 1 - call.AttemptCount;
        for (var retries = 0; ;)
        {
            if (failed is not null && !AttemptRun.MayBegin(call))
                return await WithAttemptsAsync(call, failed).ConfigureAwait(false);
            var index = NextTarget(call, candidates, failed, ref targetsLeft);
            if (index < 0)
            {
                if (failed is null)
                    return new FailedResponse(AdmissionErrors.NoCandidate(call, candidates, call.Now));
                index = candidates.NextRetry(call.Now);
                switch (await WaitAsync(call, candidates, index, failed.Error!, retries++).ConfigureAwait(false))
                {
                    case Wait.NotBegun:
                        return await WithAttemptsAsync(call, failed).ConfigureAwait(false);
                    case Wait.Cancelled:
                        return await AbandonAsync(call, failed).ConfigureAwait(false);
                }
            }

            if (!call.Body.CanBeSent)
                return await FailUploadAsync(call, failed!).ConfigureAwait(false);
            if (failed is not null)
                await failed.DisposeAsync().ConfigureAwait(false);

            var mayBeFollowed = targetsLeft > 0 && candidates.HasOther(index);
            var tried = mayBeFollowed && MayHedge(call)
                ? await _hedging.TryAsync(call, candidates, index, next).ConfigureAwait(false)
                : CandidateTry.Of(
                    call, candidates, index, await TryOneAsync(call, candidates.All[index], mayBeFollowed, next).ConfigureAwait(false));
            failed = tried.Response;
            targetsLeft -= tried.Hedges;
            if (failed.Error is null)
                return KeepTarget(call, failed);
            Decide(call, candidates);
            if (tried.IsFinal)
                return await WithAttemptsAsync(call, failed).ConfigureAwait(false);
        }
    }

    /// <summary>The next target for a first try; -1 if none is left, or no further one may be tried.</summary>
    private int NextTarget(ModelCall call, Candidates candidates, CallResponse? failed, ref int targetsLeft)
    {
        var index = targetsLeft > 0 ? candidates.NextUntried() : -1;
        if (index < 0)
            return -1;
        targetsLeft--;
        if (failed is not null)
            log.Fallback(call, failed.Error!, candidates.All[index].Deployment);
        return index;
    }

    private static bool MayHedge(ModelCall call) => call.Route!.Rules.Hedge is not null && call.Body.Streamed is null;

    /// <summary>Keeps the target of an open answer for the calls that belong with this one (<c>affinity</c>).</summary>
    private static CallResponse KeepTarget(ModelCall call, CallResponse response)
    {
        AffinityPlan.Keep(call, Ranking.InputOf(call));
        return response;
    }

    /// <summary>Tries one deployment once: the open answer, or the failure or refusal.</summary>
    private static ValueTask<CallResponse> TryOneAsync(ModelCall call, in Candidate candidate, bool mayBeFollowed, CallHandler next) =>
        TryOneAsync(call, candidate.Deployment, candidate.IsLastResort, mayBeFollowed, next);

    private static ValueTask<CallResponse> TryOneAsync(
        ModelCall call, Deployment deployment, bool isLastResort, bool mayBeFollowed, CallHandler next)
    {
        if (deployment.IsLimited)
            return TryLimitedAsync(call, deployment, isLastResort, mayBeFollowed, next);
        var (admission, refusal) = Admission.Enter(deployment, call.Now, isLastResort);
        return AttemptRun.SendAsync(call, AttemptRun.Begin(call, deployment, admission, mayBeFollowed), refusal, next);
    }

    private static async ValueTask<CallResponse> TryLimitedAsync(
        ModelCall call, Deployment deployment, bool isLastResort, bool mayBeFollowed, CallHandler next)
    {
        var (admission, refusal) = await Admission.EnterAsync(call, deployment, isLastResort).ConfigureAwait(false);
        var attempt = AttemptRun.Begin(call, deployment, admission, mayBeFollowed);
        return await AttemptRun.SendAsync(call, attempt, refusal, next).ConfigureAwait(false);
    }

    private Candidates Rank(ModelCall call)
    {
        var candidates = Candidates.Of(call.Route!, Ranking.FactsOf(call), random.NextInt64(CallDecision.SeedBound), takesTurns: true);
        Decide(call, candidates);
        log.Decision(call);
        return candidates;
    }

    private static void Decide(ModelCall call, Candidates candidates) =>
        call.Decision = candidates.Decide(call.Explain ? int.MaxValue : Candidate.UsuallyKept);

    /// <summary>Waits before a retry.</summary>
    /// <param name="call">The call.</param>
    /// <param name="candidates">Its candidates.</param>
    /// <param name="index">The candidate to retry; -1 if none may be.</param>
    /// <param name="error">The failure before it.</param>
    /// <param name="retry">The number of retries before it.</param>
    private async ValueTask<Wait> WaitAsync(ModelCall call, Candidates candidates, int index, CallError error, int retry)
    {
        if (index < 0)
            return Wait.NotBegun;
        var candidate = candidates.All[index];
        var policy = call.Snapshot.Section(RetryPolicy.Section) ?? RetryPolicy.Default;
        var wait = Backoff.Delay(retry, policy.Base, policy.Max, candidate.Deployment.State.PauseAt(call.Now), random.NextDouble());
        // An attempt that cannot end in time is not begun. The client gets an error with the length of the pause instead of a long wait.
        if (wait > Backoff.LongestPause || wait >= call.Snapshot.Clocks.Total - call.Elapsed)
            return Wait.NotBegun;
        if (!budget.TryTake(policy.Budget))
        {
            log.BudgetUsedUp(call);
            return Wait.NotBegun;
        }

        log.Retry(call, error, candidate, wait);
        try
        {
            await Task.Delay(wait, call.Time, call.Ending).ConfigureAwait(false);
            return Wait.Over;
        }
        catch (OperationCanceledException)
        {
            return Wait.Cancelled;
        }
    }

    /// <summary>
    /// The end of a call whose client left during the wait: the call is abandoned, not failed, because its next try might have answered.
    /// A call that was ended from outside gets its error elsewhere.
    /// </summary>
    private static async ValueTask<CallResponse> AbandonAsync(ModelCall call, CallResponse failed)
    {
        if (!call.Aborted.IsCancellationRequested)
            return failed;
        await failed.DisposeAsync().ConfigureAwait(false);
        return new FailedResponse(CallError.ClientLeft(cause: null) with { Provider = failed.Error!.Provider });
    }

    /// <summary>The failure of a call, with the list of all attempts if there was more than one.</summary>
    private static async ValueTask<CallResponse> WithAttemptsAsync(ModelCall call, CallResponse failed)
    {
        if (call.AttemptCount <= 1)
            return failed;
        var error = AdmissionErrors.SoonestRefusal(call, failed.Error!);
        await failed.DisposeAsync().ConfigureAwait(false);
        return new FailedResponse(error with { Attempts = FailedAttempt.Of(call) });
    }

    /// <summary>The failure of an upload that cannot be sent again, with a message that says why nothing else was tried.</summary>
    private static async ValueTask<CallResponse> FailUploadAsync(ModelCall call, CallResponse failed)
    {
        var failure = await WithAttemptsAsync(call, failed).ConfigureAwait(false);
        var error = failure.Error!;
        await failure.DisposeAsync().ConfigureAwait(false);
        return new FailedResponse(error with
        {
            Message = $"{error.Message.TrimEnd('.')}. "
                + "No other target was tried: the upload had been passed on already and was too large to keep.",
        });
    }

    /// <summary>How the wait before a retry ended.</summary>
    private enum Wait
    {
        /// <summary>The retry may begin.</summary>
        Over,

        /// <summary>No target may be retried, the wait would be too long, or the budget of retries is used up.</summary>
        NotBegun,

        /// <summary>The client left, or the call was ended from outside.</summary>
        Cancelled,
    }
}
