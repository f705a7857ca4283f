using Switchyard.Calls;
using Switchyard.Targets;

namespace Switchyard.Attempts;

/// <summary>
/// Calls a second target when the first is slow (<c>hedge</c>). The first open answer wins; the other attempt is cut off at once, and the
/// call does not end before that attempt has. A hedge is begun only at a healthy target. Thread-safe.
/// </summary>
/// <param name="budget">Bounds the retries and hedges of all calls.</param>
/// <param name="log">Logs hedges.</param>
internal sealed class Hedging(RetryBudget budget, AttemptLog log)
{
    /// <summary>Tries a candidate, and the next one in parallel if it is slow. A failure is recorded on its candidate.</summary>
    public async ValueTask<CandidateTry> TryAsync(ModelCall call, Candidates candidates, int index, CallHandler next)
    {
        var rules = call.Route!.Rules;
        var (deployment, isLastResort) = (candidates.All[index].Deployment, candidates.All[index].IsLastResort);
        // Before the attempt begins, because the attempt itself may change the percentile.
        var delay = rules.Hedge!.DelayFor(deployment.State, call.Envelope.Stream, call.Now);
        var (admission, refusal) = deployment.IsLimited
            ? await Admission.EnterAsync(call, deployment, isLastResort).ConfigureAwait(false)
            : Admission.Enter(deployment, call.Now, isLastResort);
        var attempt = AttemptRun.Begin(call, deployment, admission, mayBeFollowed: true);
        if (refusal is not null || delay is null)
        {
            var response = await AttemptRun.SendAsync(call, attempt, refusal, next).ConfigureAwait(false);
            return CandidateTry.Of(call, candidates, index, response);
        }

        var race = call.Race ??= new();
        var first = new Runner(attempt, index, race.RunAsync(attempt, mine => AttemptRun.SendAsync(call, mine, null, next)));
        await ((Task)first.Answer).WaitAsync(delay.Value, call.Time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (first.Answer.IsCompleted || Start(call, candidates, first, delay.Value, next) is not { } second)
            return await FinishAsync(call, candidates, first, hedges: 0).ConfigureAwait(false);

        await Task.WhenAny(first.Answer, second.Answer).ConfigureAwait(false);
        // If both answers are there, the target that was called first wins.
        var (sooner, later) = first.Answer.IsCompleted ? (first, second) : (second, first);
        var (isOver, isRecorded) = await DecidesAsync(call, sooner, candidates).ConfigureAwait(false);
        if (isOver)
        {
            race.AddLoser(EndAsync(call, later));
            return await FinishAsync(call, candidates, sooner, hedges: 1, isRecorded).ConfigureAwait(false);
        }

        return await FinishAsync(call, candidates, later, hedges: 1).ConfigureAwait(false);
    }

    /// <summary>Begins the hedge; null if none may begin.</summary>
    private Runner? Start(ModelCall call, Candidates candidates, Runner first, TimeSpan delay, CallHandler next)
    {
        if (!AttemptRun.MayBegin(call))
            return null;
        var index = candidates.NextUntried(except: first.Index);
        if (index < 0 || candidates.All[index].IsLastResort)
            return null;
        var (hedge, deployment) = (call.Route!.Rules.Hedge!, candidates.All[index].Deployment);
        var policy = call.Snapshot.Section(RetryPolicy.Section) ?? RetryPolicy.Default;
        if (!hedge.TryTake() || !budget.TryTake(policy.Budget) || Admission.TryEnterNow(call, deployment, call.Now) is not { } admission)
            return null;
        log.Hedge(call, first.Attempt.Deployment, delay, deployment);
        var attempt = AttemptRun.Begin(call, deployment, admission, mayBeFollowed: true, isHedge: true);
        return new(attempt, index, call.Race!.RunAsync(attempt, mine => AttemptRun.SendAsync(call, mine, null, next)));
    }

    /// <summary>
    /// Whether the earlier of two decides, because it answers, or has failed so that nothing else may be tried; and whether its failure is
    /// recorded.
    /// </summary>
    private static async ValueTask<(bool IsOver, bool IsRecorded)> DecidesAsync(ModelCall call, Runner sooner, Candidates candidates)
    {
        if (!sooner.Answer.IsCompletedSuccessfully)
            return (true, false);
        var response = await sooner.Answer.ConfigureAwait(false);
        if (response.Error is not { } error)
            return (true, false);
        if (!AfterFailure.Record(call, error, ref candidates.All[sooner.Index], candidates))
            return (true, true);
        await response.DisposeAsync().ConfigureAwait(false);
        return (false, true);
    }

    /// <summary>The result of the attempt that decides.</summary>
    private static async ValueTask<CandidateTry> FinishAsync(
        ModelCall call, Candidates candidates, Runner runner, int hedges, bool isRecorded = false)
    {
        call.AnsweredBy(runner.Attempt);
        var response = await runner.Answer.ConfigureAwait(false);
        return isRecorded
            ? new CandidateTry(response, IsFinal: true, hedges)
            : CandidateTry.Of(call, candidates, runner.Index, response) with { Hedges = hedges };
    }

    /// <summary>Cuts off the attempt that lost, and waits until it has ended. Never fails.</summary>
    private static async Task EndAsync(ModelCall call, Runner loser)
    {
        try
        {
            await loser.Attempt.CutOffAsync().ConfigureAwait(false);
            var response = await loser.Answer.ConfigureAwait(false);
            await response.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // A host's step threw. The call has its answer, and nothing else waits for this attempt.
        }

        loser.Attempt.End(AttemptOutcome.Abandoned, null);
        // Its latency is unknown, but at least this. Without it the slow attempts would be missing: hedging would lower the percentile.
        if (loser.Attempt is { Outcome: AttemptOutcome.Abandoned, IsHedge: false, Deployment.State: var state })
            state.Recent(call.Envelope.Stream)?.Add(loser.Attempt.UpstreamTime, call.Now);
    }

    /// <summary>A running attempt.</summary>
    /// <param name="Attempt">The attempt.</param>
    /// <param name="Index">Its candidate.</param>
    /// <param name="Answer">Completes when the answer is open or has failed.</param>
    private sealed record Runner(Attempt Attempt, int Index, Task<CallResponse> Answer);
}
