using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Switchyard.Calls;
using Switchyard.Common;
using Switchyard.Pipeline;
using Switchyard.Targets;

namespace Switchyard.Attempts;

/// <summary>
/// Tries the deployments of a route until one answer is open: the next candidate, admission, the attempt, and after a failure what
/// <see cref="Faults"/> says of it: another target, the same once more, or the end. Nothing is tried once a byte has reached the client.
/// Thread-safe.
/// </summary>
/// <param name="random">The source of the seeds for selectors and waits.</param>
/// <param name="budget">Bounds the retries of all calls.</param>
/// <param name="logger">Logs fallbacks and retries.</param>
internal sealed class AttemptLoop(Random random, RetryBudget budget, ILogger<AttemptLoop>? logger = null) : ICallMiddleware
{
    private readonly AttemptLog _log = new(logger);

    public ValueTask<CallResponse> InvokeAsync(ModelCall call, CallHandler next)
    {
        budget.OnCall();
        return call.Route!.Only is { } only ? TryOnlyAsync(call, only, next) : TryAllAsync(call, Rank(call), next, failed: null);
    }

    // Most routes have one deployment, and most calls succeed: nothing is ranked for these. The async state machine is pooled.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<CallResponse> TryOnlyAsync(ModelCall call, Deployment only, CallHandler next)
    {
        var response = await TryOneAsync(call, only, isLastResort: false, mayBeFollowed: false, next).ConfigureAwait(false);
        if (response.Error is not { } error || !Faults.IsRetried(Faults.Of(error))
            || RetriesOf(Faults.Of(error), only, call.Route!.Rules) == 0)
            return response;
        var candidates = Rank(call);
        candidates.All[0].Tries = 1;
        return await TryAllAsync(call, candidates, next, response).ConfigureAwait(false);
    }

    private async ValueTask<CallResponse> TryAllAsync(ModelCall call, Candidates candidates, CallHandler next, CallResponse? failed)
    {
        using var ranked = candidates;
        var rules = call.Route!.Rules;
        var targetsLeft = rules.MaxFallbacks + 1 - call.AttemptCount;
        for (var retry = 0; ;)
        {
            if (failed is not null && !MayGoOn(call))
                return await WithAttemptsAsync(call, failed).ConfigureAwait(false);
            var index = targetsLeft > 0 ? candidates.NextUntried() : -1;
            if (index >= 0)
            {
                targetsLeft--;
                if (failed is not null)
                    _log.FallsBack(call, failed.Error!, candidates.All[index].Deployment);
            }
            else
            {
                if (failed is null)
                    return new FailedResponse(AdmissionErrors.Nothing(candidates, Now(call)));
                if ((index = candidates.NextRetry(Now(call))) < 0)
                    return await WithAttemptsAsync(call, failed).ConfigureAwait(false);
                if (await WaitAsync(call, candidates.All[index], failed.Error!, retry++).ConfigureAwait(false) is { } ended)
                    return ended == WaitEnd.ClientLeft ? failed : await WithAttemptsAsync(call, failed).ConfigureAwait(false);
            }

            if (!call.Body.CanBeSent)
                return await SentOnceAsync(call, failed!).ConfigureAwait(false);
            if (failed is not null)
                await failed.DisposeAsync().ConfigureAwait(false);
            var (deployment, isLastResort) = (candidates.All[index].Deployment, candidates.All[index].IsLastResort);
            var mayBeFollowed = targetsLeft > 0 && candidates.HasOther(index);
            failed = await TryOneAsync(call, deployment, isLastResort, mayBeFollowed, next).ConfigureAwait(false);
            if (failed.Error is not { } error)
                return failed;
            if (!Note(error, ref candidates.All[index], candidates, rules))
                return await WithAttemptsAsync(call, failed).ConfigureAwait(false);
        }
    }

    /// <summary>Tries one deployment once: the open answer, or the failure or refusal.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<CallResponse> TryOneAsync(
        ModelCall call, Deployment deployment, bool isLastResort, bool mayBeFollowed, CallHandler next)
    {
        var (admission, refusal) = deployment.Policy.Concurrency is null
            ? Admission.Enter(deployment, Now(call), isLastResort)
            : await Admission.EnterAsync(call, deployment, isLastResort).ConfigureAwait(false);
        var attempt = call.BeginAttempt(deployment, admission with { MayBeFollowed = mayBeFollowed });
        var response = refusal is null ? await next(call).ConfigureAwait(false) : new FailedResponse(refusal);
        // Egress has ended the attempt already, unless it was refused here or by a host's middleware.
        if (response.Error is { } error)
            attempt.Fail(error);
        return response;
    }

    private Candidates Rank(ModelCall call)
    {
        var input = call.Body.Wire is { } wire ? wire.Memory.Length / 4 : 1000;
        var facts = new SelectionFacts
        {
            Now = Now(call),
            Stream = call.Envelope.Stream,
            InputTokens = input,
            OutputTokens = call.Envelope.MaxOutputTokens ?? 1000,
        };
        return Candidates.Of(call.Route!, facts, random.NextInt64(), takesTurns: true);
    }

    private static bool MayGoOn(ModelCall call) => !call.IsCommitted && !call.Aborted.IsCancellationRequested;

    /// <summary>Notes a failure on its candidate.</summary>
    /// <returns>Whether anything is tried after it.</returns>
    private static bool Note(CallError error, ref Candidate candidate, Candidates candidates, RouteRules rules)
    {
        var fault = Faults.Of(error);
        candidate.Tries++;
        if (!Faults.IsRetried(fault) || candidate.Tries > RetriesOf(fault, candidate.Deployment, rules))
            candidate.Excluded = Exclusion.Failed;
        if (fault == FaultClass.ContextLength && rules.OnContextLength)
            candidates.KeepLargerWindows(candidate.Deployment);
        return Faults.LeadsOn(fault) || fault switch
        {
            FaultClass.ContextLength => rules.OnContextLength,
            FaultClass.ContentPolicy => rules.OnContentPolicy,
            FaultClass.ModelNotFound => rules.OnModelNotFound,
            _ => false,
        };
    }

    private static int RetriesOf(FaultClass fault, Deployment deployment, RouteRules rules) => fault switch
    {
        FaultClass.RateLimit => rules.Retries?.RateLimit,
        FaultClass.Timeout => rules.Retries?.Timeout,
        _ => rules.Retries?.Server,
    } ?? deployment.Policy.Attempts - 1;

    /// <summary>Waits before a retry.</summary>
    /// <returns>Null when it may begin; else why there is none.</returns>
    private async ValueTask<WaitEnd?> WaitAsync(ModelCall call, Candidate candidate, CallError error, int retry)
    {
        var policy = call.Snapshot.Section(RetryPolicy.Section) ?? RetryPolicy.Default;
        var (now, deployment) = (Now(call), candidate.Deployment);
        var wait = Backoff.Delay(retry, policy.Base, policy.Max, deployment.State.PauseAt(now), random.NextDouble());
        // An attempt that cannot end in time is not begun, and a client is rather told of a long pause than kept waiting.
        if (wait > Backoff.LongestPause || wait >= call.Snapshot.Clocks.Total - call.Elapsed)
            return WaitEnd.TooLong;
        if (deployment.Policy.Circuit is not null && !deployment.State.Circuit.Admits(now) && !candidate.IsLastResort)
            return WaitEnd.CircuitOpen;
        if (!budget.TryTake(policy.Budget))
        {
            _log.BudgetUsedUp(call);
            return WaitEnd.BudgetUsedUp;
        }

        _log.Retries(call, error, candidate, wait);
        try
        {
            await Task.Delay(wait, call.Time, call.Aborted).ConfigureAwait(false);
            return null;
        }
        catch (OperationCanceledException)
        {
            return WaitEnd.ClientLeft;
        }
    }

    /// <summary>The failure of a call, with all that was tried where that was more than one attempt.</summary>
    private static async ValueTask<CallResponse> WithAttemptsAsync(ModelCall call, CallResponse failed)
    {
        var error = failed.Error!;
        if (call.AttemptCount <= 1)
            return failed;
        await failed.DisposeAsync().ConfigureAwait(false);
        return new FailedResponse(error with
        {
            Attempts =
            [
                .. call.Attempts.Where(attempt => attempt.Error is not null).Select(attempt => new FailedAttempt(
                    attempt.Deployment.Provider, attempt.Deployment.Model, attempt.Error!.Message, attempt.Error.UpstreamStatus)),
            ],
        });
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

    private static TimeSpan Now(ModelCall call) => call.Time.GetElapsedTime(0);

    /// <summary>Why a retry did not begin.</summary>
    private enum WaitEnd
    {
        TooLong,
        CircuitOpen,
        BudgetUsedUp,
        ClientLeft,
    }
}
