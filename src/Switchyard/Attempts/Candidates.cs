using System.Buffers;
using Switchyard.Calls;
using Switchyard.Common;
using Switchyard.Targets;

namespace Switchyard.Attempts;

/// <summary>
/// The deployments of a route as one call sees them: scored by the selectors of their groups, without those that cannot be used now. The
/// same object orders the tries of a call and explains them. Not thread-safe. Disposing it returns its array to the pool.
/// </summary>
/// <remarks>
/// All deployments are scored, but the health (circuit, limits, pauses) is checked only for those that would be next. The check can move a
/// candidate back or exclude it, never move it forward: a candidate that is not next by its score needs no check.
/// </remarks>
internal sealed class Candidates : IDisposable
{
    private readonly Route _route;
    private readonly long _seed;
    private readonly int _count;
    private readonly TimeSpan _now;
    private readonly AccountState? _owner;
    private Candidate[] _all;

    // The index of the first candidate when the choice was recorded, until something changes; -1 if it must be searched for.
    private int _recorded = -1;

    private Candidates(Route route, in SelectionFacts facts, long seed)
    {
        _route = route;
        _now = facts.Now;
        _owner = facts.Owner;
        _seed = seed;
        _count = route.Count;
        _all = ArrayPool<Candidate>.Shared.Rent(_count);
    }

    /// <summary>
    /// All candidates, in the order of the route. Those that were never next have not had their health checked.
    /// </summary>
    public Span<Candidate> All => _all.AsSpan(0, _count);

    /// <summary>Scores the deployments of a route.</summary>
    /// <param name="route">The route.</param>
    /// <param name="facts">The known facts about the call.</param>
    /// <param name="seed">The seed of the random numbers.</param>
    /// <param name="takesTurns">Whether round-robin groups advance by one: true for a call, false for an explanation.</param>
    public static Candidates Of(Route route, in SelectionFacts facts, long seed, bool takesTurns)
    {
        var candidates = new Candidates(route, facts, seed);
        candidates.Fill(facts, new SeededRandom(seed), takesTurns);
        candidates.KeepOneInService();
        return candidates;
    }

    /// <summary>The best candidate that has not been tried, and is not the one excepted; -1 when none is left.</summary>
    public int NextUntried(int except = -1)
    {
        // Usually the candidate that the recorded decision put first.
        var best = _recorded;
        _recorded = -1;
        if (best < 0 || best == except || _all[best] is not { Tries: 0, Excluded: Exclusion.None })
        {
            do
                best = FindUntried(except);
            while (best >= 0 && !Examine(ref _all[best]));
        }

        return best;
    }

    /// <summary>The candidate to retry: of those that may be retried, the one whose pause ends first; -1 if none may be.</summary>
    public int NextRetry(TimeSpan now)
    {
        var best = -1;
        for (var i = 0; i < _count; i++)
        {
            if (_all[i] is not { Tries: > 0, Excluded: Exclusion.None })
                continue;
            // The failure before this search may itself have opened the circuit.
            if (!_all[i].IsLastResort && HasOpenCircuit(_all[i].Deployment, now))
                continue;
            var sooner = best < 0 ? -1 : PauseOf(_all[i], now).CompareTo(PauseOf(_all[best], now));
            if (sooner < 0 || (sooner == 0 && IsBefore(_all[i], _all[best])))
                best = i;
        }

        return best;
    }

    /// <summary>Whether another candidate than this is left to be tried for the first time.</summary>
    public bool HasOther(int index)
    {
        for (var i = 0; i < _count; i++)
        {
            if (i == index || _all[i].Tries > 0)
                continue;
            Examine(ref _all[i]);
            if (_all[i].Excluded == Exclusion.None)
                return true;
        }

        return false;
    }

    /// <summary>
    /// Reduces the candidates after a refusal for length: known larger windows come first, then unknown ones; smaller ones are left
    /// out.
    /// </summary>
    public void KeepLargerWindows(Deployment tooSmall)
    {
        _recorded = -1;
        foreach (ref var candidate in All)
        {
            Examine(ref candidate);
            if (candidate.Deployment.ContextWindow is not { } window || tooSmall.ContextWindow is not { } limit)
                Demote(ref candidate, Demotions.WindowUnknown);
            else if (window <= limit && candidate.Excluded == Exclusion.None)
                candidate.Excluded = Exclusion.WindowTooSmall;
        }
    }

    /// <summary>Leaves out a model with all its credentials, after a refusal that another credential would get too.</summary>
    public void LeaveOutModel(Deployment refusing, Exclusion reason)
    {
        _recorded = -1;
        foreach (ref var candidate in All)
        {
            if (candidate.Deployment.Provider != refusing.Provider || candidate.Deployment.Model != refusing.Model)
                continue;
            Examine(ref candidate);
            if (candidate.Excluded == Exclusion.None)
                candidate.Excluded = reason;
        }
    }

    /// <summary>The current choice, best first: the call shows it to explain its route.</summary>
    /// <param name="most">The most candidates it names.</param>
    public CallDecision Decide(int most)
    {
        var best = new RankedTarget[Math.Min(most, _count)];
        Span<Rank> ranks = best.Length <= Candidate.UsuallyKept ? stackalloc Rank[best.Length] : new Rank[best.Length];
        // The first candidates that are unchecked get their check, and all are ordered again if a check has moved one of them back.
        do
            FillBest(ranks);
        while (!ExamineAll(ranks));

        for (var i = 0; i < best.Length; i++)
            best[i] = new RankedTarget(_all[ranks[i].Index]);
        _recorded = ranks[0].Index;
        return new CallDecision(_route, _seed, best, _count - best.Length);
    }

    public void Dispose()
    {
        var all = Interlocked.Exchange(ref _all, []);
        if (all.Length == 0)
            return;
        all.AsSpan(0, _count).Clear();
        ArrayPool<Candidate>.Shared.Return(all);
    }

    private int FindUntried(int except)
    {
        // The compared values stay in registers: looking them up in the best one so far took three times as long.
        var (best, tier, score) = (-1, int.MaxValue, 0.0);
        var all = All;
        for (var i = 0; i < all.Length; i++)
        {
            ref readonly var candidate = ref all[i];
            if (IsBefore(candidate.Tier, candidate.Score, tier, score)
                && candidate is { Tries: 0, Excluded: Exclusion.None } && i != except)
                (best, tier, score) = (i, candidate.Tier, candidate.Score);
        }

        return best;
    }

    /// <summary>Finds the best candidates, in order, by the health that is known so far.</summary>
    private void FillBest(Span<Rank> best)
    {
        // Searching for eight below a likely bound sorts half as many on average.
        var bound = best.Length > Candidate.UsuallyKept ? 0 : _route.UsuallyKeptBelow;
        if (bound == 0 || FillBest(best, lastTier: 0, bound) < best.Length)
            FillBest(best, int.MaxValue, 0);
    }

    /// <summary>Finds the best of those that come before a rank, and returns how many there are.</summary>
    private int FillBest(Span<Rank> best, int lastTier, double lastScore)
    {
        // Insertion sort: usually few of few are kept, and of many candidates most are behind the last one kept.
        var kept = 0;
        var all = All;
        for (var i = 0; i < all.Length; i++)
        {
            ref readonly var candidate = ref all[i];
            var (tier, score) = (ShownTierOf(candidate), candidate.Score);
            if (!IsBefore(tier, score, lastTier, lastScore))
                continue;
            var place = kept < best.Length ? kept++ : kept - 1;
            for (; place > 0 && IsBefore(tier, score, best[place - 1].Tier, best[place - 1].Score); place--)
                best[place] = best[place - 1];
            best[place] = new(i, tier, score);
            if (kept == best.Length)
                (lastTier, lastScore) = (best[kept - 1].Tier, best[kept - 1].Score);
        }

        return kept;
    }

    /// <summary>Checks the health of those that are unchecked. False if a check has moved one back or excluded it.</summary>
    private bool ExamineAll(ReadOnlySpan<Rank> ranks)
    {
        var isUnchanged = true;
        foreach (ref readonly var rank in ranks)
            isUnchanged &= Examine(ref _all[rank.Index]);
        return isUnchanged;
    }

    private void Fill(in SelectionFacts facts, SeededRandom random, bool takesTurns)
    {
        _route.Candidates.CopyTo(All);
        var start = 0;
        for (var g = 0; g < _route.Groups.Count; g++)
        {
            var group = _route.Groups[g];
            var turn = group.Deployments.Count > 1 && group.Selector.TakesTurns ? UsableTurn(group, start, takesTurns)
                : takesTurns ? group.TakeTurn()
                : group.PeekTurn();
            if (group.Deployments.Count > 1)
                group.Selector.Score(_all.AsSpan(start, group.Deployments.Count), facts with { Turn = turn }, ref random);
            start += group.Deployments.Count;
        }

        if (facts.Sticky is { } sticky)
            DemoteOthers(sticky);
    }

    /// <summary>
    /// The next turn, or the first one after it that falls on a deployment without demotions, and takes it. Otherwise the deployment after
    /// one that is out of service would get the calls of two.
    /// </summary>
    private int UsableTurn(TargetGroup group, int start, bool takesTurns)
    {
        var count = group.Deployments.Count;
        while (true)
        {
            var (next, skipped) = (group.PeekTurn(), 0);
            while (skipped < count && !IsUndemoted(ref _all[start + TargetGroup.PlaceOf(next + skipped, count)]))
                skipped++;
            // Where none is better than another, all keep their turns.
            var turn = skipped == count ? next : next + skipped;
            if (!takesTurns || group.TryTakeTurn(next, turn))
                return turn;
        }
    }

    private bool IsUndemoted(ref Candidate candidate)
    {
        Examine(ref candidate);
        return candidate is { Demotions: Demotions.None, Excluded: Exclusion.None };
    }

    /// <summary>Moves all candidates behind those of the given state.</summary>
    private void DemoteOthers(DeploymentState sticky)
    {
        foreach (ref var candidate in All)
        {
            if (!ReferenceEquals(sticky, candidate.Deployment.State))
                Demote(ref candidate, Demotions.NotSticky);
        }
    }

    /// <summary>Checks a candidate's health once. False if this check has moved it back or excluded it.</summary>
    private bool Examine(ref Candidate candidate)
    {
        if (candidate.IsExamined)
            return true;
        candidate.IsExamined = true;
        candidate.Excluded = ExclusionOf(candidate.Deployment);
        var demotions = DemotionsOf(candidate.Deployment);
        Demote(ref candidate, demotions);
        return demotions == Demotions.None && candidate.Excluded == Exclusion.None;
    }

    private Demotions DemotionsOf(Deployment deployment)
    {
        var (demotions, state) = (Demotions.None, deployment.State);
        if (deployment.PlacesNow is { } most && !state.Places.HasRoom(most))
            demotions |= Demotions.Busy;
        if (deployment.Limits is { } limits && !limits.HasRoomAt(_now))
            demotions |= Demotions.Busy;
        // A circuit whose open time is over needs its probe: one call, by which the provider returns to service.
        if (deployment.Health.IsUnhealthy && state.Circuit.StateAt(_now) != CircuitState.HalfOpen)
            demotions |= Demotions.Unhealthy;
        if (state.IsCoolingAt(_now))
            demotions |= Demotions.Cooling;
        return demotions;
    }

    /// <summary>The tier by the sum of the demotions. Those that are not mere preferences outweigh all groups.</summary>
    private int TierOf(Demotions demotions) =>
        (int)(demotions & Candidate.Preferences) + ((int)(demotions & ~Candidate.Preferences) * _route.Groups.Count);

    private void Demote(ref Candidate candidate, Demotions demotions)
    {
        var added = demotions & ~candidate.Demotions;
        candidate.Demotions |= added;
        candidate.Tier += TierOf(added);
    }

    private Exclusion ExclusionOf(Deployment deployment)
    {
        if (_owner is { } owner && !ReferenceEquals(owner, deployment.State.Account))
            return Exclusion.OtherAccount;
        if (HasOpenCircuit(deployment, _now))
            return Exclusion.CircuitOpen;
        // The last credential is used even if it was refused: each call is its probe.
        if (deployment.Accounts is { } accounts && !deployment.State.Account.IsUsable(_now) && AnyUsable(accounts, _now))
            return Exclusion.CredentialRefused;
        return Exclusion.None;
    }

    private static bool HasOpenCircuit(Deployment deployment, TimeSpan now) =>
        deployment.Policy.Circuit is not null && !deployment.State.Circuit.Admits(now);

    private static bool AnyUsable(IReadOnlyList<AccountState> accounts, TimeSpan now)
    {
        for (var i = 0; i < accounts.Count; i++)
        {
            if (accounts[i].IsUsable(now))
                return true;
        }

        return false;
    }

    /// <summary>
    /// A route of several targets whose circuits are all open keeps the one that opened last: a target that fails some calls is better than
    /// none.
    /// </summary>
    private void KeepOneInService()
    {
        var last = -1;
        for (var i = 0; i < _count; i++)
        {
            Examine(ref _all[i]);
            if (_all[i].Excluded == Exclusion.None)
                return;
            if (_all[i].Excluded == Exclusion.CircuitOpen
                && (last < 0 || _all[i].Deployment.State.Circuit.OpenedAt > _all[last].Deployment.State.Circuit.OpenedAt))
                last = i;
        }

        if (last >= 0 && _count > 1)
            (_all[last].Excluded, _all[last].IsLastResort) = (Exclusion.None, true);
    }

    private static TimeSpan PauseOf(in Candidate candidate, TimeSpan now) => candidate.Deployment.State.PauseAt(now);

    private static bool IsBefore(in Candidate one, in Candidate other) => IsBefore(one.Tier, one.Score, other.Tier, other.Score);

    private static bool IsBefore(int tier, double score, int otherTier, double otherScore) =>
        tier != otherTier ? tier < otherTier : score < otherScore;

    /// <summary>The tier for the displayed order: candidates that may be tried come before those that may not.</summary>
    private static int ShownTierOf(in Candidate candidate) =>
        candidate.Excluded == Exclusion.None ? candidate.Tier : candidate.Tier + (1 << 30);

    /// <summary>The rank of a candidate. It has 16 bytes, so that it is copied in one move.</summary>
    private readonly record struct Rank(int Index, int Tier, double Score);
}
