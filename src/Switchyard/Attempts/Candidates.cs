using System.Buffers;
using Switchyard.Calls;
using Switchyard.Common;
using Switchyard.Targets;

namespace Switchyard.Attempts;

/// <summary>
/// The deployments of a route as one call sees them: scored by the selectors of their groups, without those that cannot be used now. The
/// same object orders the tries of a call and explains them. Not thread-safe. Disposing it returns its array to the pool.
/// </summary>
internal sealed class Candidates : IDisposable
{
    // A tier is the sum of what speaks against a candidate. What is a matter of taste orders a group; then come the groups; and what may
    // fail outweighs them, so that a target which cannot answer now is passed over for a fallback.
    private const Demotions Taste = Demotions.NotPreferred | Demotions.NotSticky;
    private const int Group = (int)Taste + 1;

    private readonly Route _route;
    private readonly long _seed;
    private readonly int _count;
    private Candidate[] _all;

    private Candidates(Route route, long seed)
    {
        _route = route;
        _seed = seed;
        _count = route.Count;
        _all = ArrayPool<Candidate>.Shared.Rent(_count);
    }

    /// <summary>All candidates, in the order of the route.</summary>
    public Span<Candidate> All => _all.AsSpan(0, _count);

    /// <summary>Scores and filters the deployments of a route.</summary>
    /// <param name="route">The route.</param>
    /// <param name="facts">What is known of the call.</param>
    /// <param name="seed">The seed of the random numbers.</param>
    /// <param name="takesTurns">Whether groups that take turns go on by one: true for a call, false for an explanation.</param>
    public static Candidates Of(Route route, in SelectionFacts facts, long seed, bool takesTurns)
    {
        var candidates = new Candidates(route, seed);
        candidates.Fill(facts, new SeededRandom(seed), takesTurns);
        return candidates;
    }

    /// <summary>The best candidate that has not been tried, and is not the one excepted; -1 when none is left.</summary>
    public int NextUntried(int except = -1)
    {
        var best = -1;
        for (var i = 0; i < _count; i++)
        {
            if (i != except && _all[i] is { Tries: 0, Excluded: Exclusion.None } && (best < 0 || IsBefore(_all[i], _all[best])))
                best = i;
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
            if (i != index && _all[i] is { Tries: 0, Excluded: Exclusion.None })
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
        foreach (ref var candidate in All)
        {
            if (candidate.Deployment.ContextWindow is not { } window || tooSmall.ContextWindow is not { } limit)
                Demote(ref candidate, Demotions.WindowUnknown);
            else if (window <= limit && candidate.Excluded == Exclusion.None)
                candidate.Excluded = Exclusion.WindowTooSmall;
        }
    }

    /// <summary>The choice as it stands, best first: what the call shows when it is asked why it went where it went.</summary>
    /// <param name="most">The most candidates it names.</param>
    public CallDecision Decide(int most)
    {
        var best = new RankedTarget[Math.Min(most, _count)];
        Span<Rank> ranks = best.Length <= CallDecision.UsuallyKept ? stackalloc Rank[best.Length] : new Rank[best.Length];
        // Sorting by insertion, because mostly a few are kept of a few, and of many most are behind the last one kept.
        var kept = 0;
        for (var i = 0; i < _count; i++)
        {
            var rank = new Rank(_all[i], i);
            if (kept < ranks.Length)
                kept++;
            else if (!rank.IsBefore(ranks[^1]))
                continue;
            var place = kept - 1;
            for (; place > 0 && rank.IsBefore(ranks[place - 1]); place--)
                ranks[place] = ranks[place - 1];
            ranks[place] = rank;
        }

        for (var i = 0; i < best.Length; i++)
            best[i] = new RankedTarget(_all[ranks[i].Index]);
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

    private void Fill(in SelectionFacts facts, SeededRandom random, bool takesTurns)
    {
        var start = 0;
        for (var g = 0; g < _route.Groups.Count; g++)
        {
            var group = _route.Groups[g];
            var mine = _all.AsSpan(start, group.Deployments.Count);
            group.Score(mine, g, facts with { Turn = takesTurns ? group.TakeTurn() : group.PeekTurn() }, ref random);
            foreach (ref var candidate in mine)
            {
                candidate.Behind = BehindOf(candidate.Deployment, facts);
                candidate.Tier = (g * Group) + TierOf(candidate.Behind);
                candidate.Excluded = ExclusionOf(candidate.Deployment, facts);
            }

            start += mine.Length;
        }

        KeepOneInService();
    }

    private static Demotions BehindOf(Deployment deployment, in SelectionFacts facts)
    {
        var (behind, state) = (Demotions.None, deployment.State);
        if (!deployment.IsPreferred)
            behind |= Demotions.NotPreferred;
        if (facts.Sticky is { } sticky && !ReferenceEquals(sticky, state))
            behind |= Demotions.NotSticky;
        if (deployment.PlacesNow is { } most && !state.Places.HasRoom(most))
            behind |= Demotions.Busy;
        if (deployment.Limits is { } limits && !limits.HasRoomAt(facts.Now))
            behind |= Demotions.Busy;
        // A circuit whose time is over wants its probe: one call, by which the provider comes back.
        if (deployment.Health.IsUnhealthy && state.Circuit.StateAt(facts.Now) != CircuitState.HalfOpen)
            behind |= Demotions.Unhealthy;
        if (state.IsCoolingAt(facts.Now))
            behind |= Demotions.Cooling;
        return behind;
    }

    /// <summary>What the demotions add up to. Those that are no matter of taste outweigh all groups.</summary>
    private int TierOf(Demotions behind) =>
        (int)(behind & Taste) + ((int)(behind & ~Taste) * _route.Groups.Count);

    private void Demote(ref Candidate candidate, Demotions behind)
    {
        if ((candidate.Behind & behind) != 0)
            return;
        candidate.Behind |= behind;
        candidate.Tier += TierOf(behind);
    }

    private static Exclusion ExclusionOf(Deployment deployment, in SelectionFacts facts)
    {
        var now = facts.Now;
        if (facts.Owner is { } owner && !ReferenceEquals(owner, deployment.State.Account))
            return Exclusion.OtherAccount;
        if (deployment.Policy.Circuit is not null && !deployment.State.Circuit.Admits(now))
            return Exclusion.CircuitOpen;
        // The last credential is used even when it was refused: each call is its probe.
        if (deployment.Accounts is { } accounts && !deployment.State.Account.IsUsable(now) && AnyUsable(accounts, now))
            return Exclusion.CredentialRefused;
        return Exclusion.None;
    }

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
            if (_all[i].Excluded == Exclusion.None)
                return;
            if (_all[i].Excluded == Exclusion.CircuitOpen
                && (last < 0 || _all[i].Deployment.State.Circuit.OpenedAt > _all[last].Deployment.State.Circuit.OpenedAt))
                last = i;
        }

        if (last >= 0 && _count > 1)
            (_all[last].Excluded, _all[last].IsLastResort) = (Exclusion.None, true);
    }

    private static bool IsBefore(in Candidate one, in Candidate other) =>
        one.Tier != other.Tier ? one.Tier < other.Tier : one.Score < other.Score;

    private static TimeSpan PauseOf(in Candidate candidate, TimeSpan now) => candidate.Deployment.State.PauseAt(now);

    /// <summary>A candidate's place in a decision: those that may be tried by tier and score, the others behind them.</summary>
    private readonly struct Rank(in Candidate candidate, int index)
    {
        private readonly long _tier = candidate.Tier + (candidate.Excluded == Exclusion.None ? 0 : 1L << 32);
        private readonly double _score = candidate.Score;

        public int Index { get; } = index;

        public bool IsBefore(in Rank other) => _tier != other._tier ? _tier < other._tier : _score < other._score;
    }
}
