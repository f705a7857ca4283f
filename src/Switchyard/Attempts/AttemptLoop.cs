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

    private async ValueTask<CallResponse> TryAllAsync(ModelCall call, Candidates candidates, CallHandler next, CallResponse? failed)
    {
        using var ranked = candidates;
        var rules = call.Route!.Rules;
        var targetsLeft = rules.MaxFallbacks + 1 - call.AttemptCount;
        for (var retry = 0; ;)
        {
            if (failed is not null && !AttemptRun.MayBegin(call))
                return await WithAttemptsAsync(call, failed).ConfigureAwait(false);
            var index = targetsLeft > 0 ? candidates.NextUntried() : -1;
            if (index >= 0)
            {
                targetsLeft--;
                if (failed is not null)
                    log.FallsBack(call, failed.Error!, candidates.All[index].Deployment);
            }
            else
            {
                if (failed is null)
                    return new FailedResponse(AdmissionErrors.Nothing(call, candidates, call.Now));
                if ((index = candidates.NextRetry(call.Now)) < 0)
                    return await WithAttemptsAsync(call, failed).ConfigureAwait(false);
                if (await WaitAsync(call, candidates.All[index], failed.Error!, retry++).ConfigureAwait(false) is { } ended)
                {
                    return ended == WaitEnd.ClientLeft
                        ? await LeftAsync(call, failed).ConfigureAwait(false)
                        : await WithAttemptsAsync(call, failed).ConfigureAwait(false);
                }
            }

            if (!call.Body.CanBeSent)
                return await SentOnceAsync(call, failed!).ConfigureAwait(false);
            if (failed is not null)
                await failed.DisposeAsync().ConfigureAwait(false);
            var mayBeFollowed = targetsLeft > 0 && candidates.HasOther(index);
            bool goesOn;
            if (rules.Hedge is not null && mayBeFollowed && call.Body.Streamed is null)
            {
                var tried = await _hedging.TryAsync(call, candidates, index, next).ConfigureAwait(false);
                (failed, goesOn) = (tried.Response, tried.GoesOn);
                targetsLeft -= tried.Others;
            }
            else
            {
                var (deployment, isLastResort) = (candidates.All[index].Deployment, candidates.All[index].IsLastResort);
                failed = await TryOneAsync(call, deployment, isLastResort, mayBeFollowed, next).ConfigureAwait(false);
                goesOn = failed.Error is not { } error || AfterFailure.Note(call, error, ref candidates.All[index], candidates);
            }

            if (failed.Error is null)
            {
                AffinityPlan.Keep(call, Ranking.InputOf(call));
                return failed;
            }

            Decide(call, candidates);
            if (!goesOn)
                return await WithAttemptsAsync(call, failed).ConfigureAwait(false);
        }
    }

    /// <summary>Tries one deployment once: the open answer, or the failure or refusal.</summary>
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
        log.Decides(call);
        return candidates;
    }

    private static void Decide(ModelCall call, Candidates candidates) =>
        call.Decision = candidates.Decide(call.Explain ? int.MaxValue : Candidate.UsuallyKept);

    /// <summary>Waits before a retry.</summary>
    /// <returns>Null if the retry may begin; otherwise the reason why it may not.</returns>
    private async ValueTask<WaitEnd?> WaitAsync(ModelCall call, Candidate candidate, CallError error, int retry)
    {
        var policy = call.Snapshot.Section(RetryPolicy.Section) ?? RetryPolicy.Default;
        var wait = Backoff.Delay(retry, policy.Base, policy.Max, candidate.Deployment.State.PauseAt(call.Now), random.NextDouble());
        // An attempt that cannot end in time is not begun. The client gets an error with the length of the pause instead of a long wait.
        if (wait > Backoff.LongestPause || wait >= call.Snapshot.Clocks.Total - call.Elapsed)
            return WaitEnd.TooLong;
        if (!budget.TryTake(policy.Budget))
        {
            log.BudgetUsedUp(call);
            return WaitEnd.BudgetUsedUp;
        }

        log.Retries(call, error, candidate, wait);
        try
        {
            await Task.Delay(wait, call.Time, call.Ending).ConfigureAwait(false);
            return null;
        }
        catch (OperationCanceledException)
        {
            return WaitEnd.ClientLeft;
        }
    }

    /// <summary>
    /// The end of a call whose client left during the wait: the call is abandoned, not failed, because its next try might have answered.
    /// A call that was ended from outside gets its error elsewhere.
    /// </summary>
    private static async ValueTask<CallResponse> LeftAsync(ModelCall call, CallResponse failed)
    {
        if (!call.Aborted.IsCancellationRequested)
            return failed;
        await failed.DisposeAsync().ConfigureAwait(false);
        return new FailedResponse(CallError.ClientLeft(cause: null) with { Provider = failed.Error!.Provider });
    }

    /// <summary>The failure of a call, with the list of all attempts if there was more than one.</summary>
    private static async ValueTask<CallResponse> WithAttemptsAsync(ModelCall call, CallResponse failed)
    {
        var error = AdmissionErrors.Soonest(call, failed.Error!);
        if (call.AttemptCount <= 1)
            return failed;
        await failed.DisposeAsync().ConfigureAwait(false);
        return new FailedResponse(error with { Attempts = FailedAttempt.Of(call) });
    }

    /// <summary>The failure of an upload that cannot be sent again, with a message that says why nothing else was tried.</summary>
    private static async ValueTask<CallResponse> SentOnceAsync(ModelCall call, CallResponse failed)
    {
        var told = await WithAttemptsAsync(call, failed).ConfigureAwait(false);
        var error = told.Error!;
        await told.DisposeAsync().ConfigureAwait(false);
        return new FailedResponse(error with
        {
            Message = $"{error.Message.TrimEnd('.')}. "
                + "No other target was tried: the upload had been passed on already and was too large to keep.",
        });
    }

    /// <summary>Why a retry did not begin.</summary>
    private enum WaitEnd
    {
        TooLong,
        BudgetUsedUp,
        ClientLeft,
    }
}
