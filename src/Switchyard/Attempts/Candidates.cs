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
/// All deployments are scored, but only those that would be next are asked how they are (circuit, limits, pauses). The answer can put a
/// candidate further behind or leave it out, never further to the front: one that is not next by its score need not be asked.
/// </remarks>
internal sealed class Candidates : IDisposable
{
    private readonly Route _route;
    private readonly long _seed;
    private readonly int _count;
    private readonly TimeSpan _now;
    private readonly AccountState? _owner;
    private Candidate[] _all;

    // The candidate that came first when the choice was recorded, until something changes; -1 when it has to be looked for.
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
    /// All candidates, in the order of the route. Of those that were not yet next it is not known what is the matter with them.
    /// </summary>
    public Span<Candidate> All => _all.AsSpan(0, _count);

    /// <summary>Scores the deployments of a route.</summary>
    /// <param name="route">The route.</param>
    /// <param name="facts">What is known of the call.</param>
    /// <param name="seed">The seed of the random numbers.</param>
    /// <param name="takesTurns">Whether groups that take turns go on by one: true for a call, false for an explanation.</param>
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
        // Mostly the one that the decision has just put first.
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

    /// <summary>The candidate to try once more, of those that may be the one whose pause ends first; -1 when none may be.</summary>
    public int NextRetry(TimeSpan now)
    {
        var best = -1;
        for (var i = 0; i < _count; i++)
        {
            if (_all[i] is not { Tries: > 0, Excluded: Exclusion.None })
                continue;
            // It may have opened by the very failure after which one is looked for.
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
    /// Reduces what is left after a refusal for length: a window known to be larger comes first, unknown ones after, smaller ones not at
    /// all.
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

    /// <summary>Leaves out a model with all its credentials, after a refusal that would be the same with another.</summary>
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

    /// <summary>The choice as it stands, best first: what the call shows when it is asked why it went where it went.</summary>
    /// <param name="most">The most candidates it names.</param>
    public CallDecision Decide(int most)
    {
        var best = new RankedTarget[Math.Min(most, _count)];
        Span<Rank> ranks = best.Length <= Candidate.UsuallyKept ? stackalloc Rank[best.Length] : new Rank[best.Length];
        // Those that come first unasked are asked, and all is ordered again where that has put one of them behind others.
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
        // What is compared stays in registers: looking it up in the best one so far took three times as long.
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

    /// <summary>Finds the best candidates as far as it is known how they are, in their order.</summary>
    private void FillBest(Span<Rank> best)
    {
        // To look for eight below a likely bound puts half as many in order on the way.
        var bound = best.Length > Candidate.UsuallyKept ? 0 : _route.UsuallyKeptBelow;
        if (bound == 0 || FillBest(best, lastTier: 0, bound) < best.Length)
            FillBest(best, int.MaxValue, 0);
    }

    /// <summary>Finds the best of those that come before a place: how many there are.</summary>
    private int FillBest(Span<Rank> best, int lastTier, double lastScore)
    {
        // Sorting by insertion, because mostly a few are kept of a few, and of many most are behind the last one kept.
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

    /// <summary>Asks those that were not asked yet how they are. False where that has put one behind others or left it out.</summary>
    private bool ExamineAll(ReadOnlySpan<Rank> ranks)
    {
        var areAsTheyWere = true;
        foreach (ref readonly var rank in ranks)
            areAsTheyWere &= Examine(ref _all[rank.Index]);
        return areAsTheyWere;
    }

    private void Fill(in SelectionFacts facts, SeededRandom random, bool takesTurns)
    {
        _route.Candidates.CopyTo(All);
        var start = 0;
        for (var g = 0; g < _route.Groups.Count; g++)
        {
            var group = _route.Groups[g];
            var turn = takesTurns ? group.TakeTurn() : group.PeekTurn();
            if (group.Deployments.Count > 1)
                group.Selector.Score(_all.AsSpan(start, group.Deployments.Count), facts with { Turn = turn }, ref random);
            start += group.Deployments.Count;
        }

        if (facts.Sticky is { } sticky)
            PutBehind(sticky);
    }

    /// <summary>Puts all candidates but those of a state behind them.</summary>
    private void PutBehind(DeploymentState sticky)
    {
        foreach (ref var candidate in All)
        {
            if (!ReferenceEquals(sticky, candidate.Deployment.State))
                Demote(ref candidate, Demotions.NotSticky);
        }
    }

    /// <summary>Asks a candidate once how it is. False where that has put it behind others or left it out just now.</summary>
    private bool Examine(ref Candidate candidate)
    {
        if (candidate.IsExamined)
            return true;
        candidate.IsExamined = true;
        candidate.Excluded = ExclusionOf(candidate.Deployment);
        var behind = RiskOf(candidate.Deployment);
        Demote(ref candidate, behind);
        return behind == Demotions.None && candidate.Excluded == Exclusion.None;
    }

    private Demotions RiskOf(Deployment deployment)
    {
        var (behind, state) = (Demotions.None, deployment.State);
        if (deployment.PlacesNow is { } most && !state.Places.HasRoom(most))
            behind |= Demotions.Busy;
        if (deployment.Limits is { } limits && !limits.HasRoomAt(_now))
            behind |= Demotions.Busy;
        // A circuit whose time is over wants its probe: one call, by which the provider comes back.
        if (deployment.Health.IsUnhealthy && state.Circuit.StateAt(_now) != CircuitState.HalfOpen)
            behind |= Demotions.Unhealthy;
        if (state.IsCoolingAt(_now))
            behind |= Demotions.Cooling;
        return behind;
    }

    /// <summary>What the demotions add up to. Those that are no matter of taste outweigh all groups.</summary>
    private int TierOf(Demotions behind) =>
        (int)(behind & Candidate.Taste) + ((int)(behind & ~Candidate.Taste) * _route.Groups.Count);

    private void Demote(ref Candidate candidate, Demotions behind)
    {
        behind &= ~candidate.Behind;
        candidate.Behind |= behind;
        candidate.Tier += TierOf(behind);
    }

    private Exclusion ExclusionOf(Deployment deployment)
    {
        if (_owner is { } owner && !ReferenceEquals(owner, deployment.State.Account))
            return Exclusion.OtherAccount;
        if (HasOpenCircuit(deployment, _now))
            return Exclusion.CircuitOpen;
        // The last credential is used even when it was refused: each call is its probe.
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

    /// <summary>The tier by which a decision shows it: those that may be tried come before those that may not.</summary>
    private static int ShownTierOf(in Candidate candidate) =>
        candidate.Excluded == Exclusion.None ? candidate.Tier : candidate.Tier + (1 << 30);

    /// <summary>The place of a candidate among others. Of 16 bytes, so that it is moved at once.</summary>
    private readonly record struct Rank(int Index, int Tier, double Score);
}
