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
    private const int NotPreferred = 1, NotSticky = 2, Group = 4;
    private const int Busy = 1, Unhealthy = 2, Cooling = 4, WindowUnknown = 8;

    private readonly Route _route;
    private readonly int _count;
    private Candidate[] _all;

    private Candidates(Route route)
    {
        _route = route;
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
        var candidates = new Candidates(route);
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
                candidate.Tier += Penalty(WindowUnknown);
            else if (window <= limit && candidate.Excluded == Exclusion.None)
                candidate.Excluded = Exclusion.WindowTooSmall;
        }
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
        var (start, rank) = (0, 0);
        for (var g = 0; g < _route.Groups.Count; g++)
        {
            var group = _route.Groups[g];
            var mine = _all.AsSpan(start, group.Deployments.Count);
            group.Score(mine, facts with { Turn = takesTurns ? group.TakeTurn() : group.PeekTurn() }, ref random);
            foreach (ref var candidate in mine)
            {
                candidate.Tier = rank + TierOf(candidate.Deployment, facts);
                candidate.Excluded = ExclusionOf(candidate.Deployment, facts.Now);
            }

            start += mine.Length;
            rank += Group;
        }

        KeepOneInService();
    }

    private int TierOf(Deployment deployment, in SelectionFacts facts)
    {
        var tier = (deployment.IsPreferred ? 0 : NotPreferred)
            + (facts.Sticky is null || ReferenceEquals(facts.Sticky, deployment) ? 0 : NotSticky);
        if (deployment.Policy.Concurrency is { } most && !deployment.State.Places.HasRoom(most))
            tier += Penalty(Busy);
        // A circuit whose time is over wants its probe: one call, by which the provider comes back.
        if (deployment.Health.IsUnhealthy && deployment.State.Circuit.StateAt(facts.Now) != CircuitState.HalfOpen)
            tier += Penalty(Unhealthy);
        if (deployment.State.IsCoolingAt(facts.Now))
            tier += Penalty(Cooling);
        return tier;
    }

    private int Penalty(int weight) => weight * Group * _route.Groups.Count;

    private static Exclusion ExclusionOf(Deployment deployment, TimeSpan now)
    {
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
}
