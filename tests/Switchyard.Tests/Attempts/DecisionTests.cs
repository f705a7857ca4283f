using Switchyard.Attempts;
using Switchyard.Calls;
using Switchyard.Routing.Selectors;
using Switchyard.Targets;
using Switchyard.Tests.Calls;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Attempts;

/// <summary>The recorded reasons for a call's target: their content, that they can be repeated, and their cost.</summary>
public sealed class DecisionTests
{
    private readonly RetryBudget _budget = new(TimeProvider.System);

    [Fact]
    public async Task The_record_names_each_candidate_with_score_and_reason_the_first_choice_first()
    {
        var (open, cooling, well) = (Of("a/m"), Of("b/m"), Of("c/m"));
        Open(open);
        cooling.State.CoolUntil(TimeSpan.MaxValue);

        var call = await CallAsync(new TargetGroup(WeightedSelector.Instance, open, cooling, well));

        var decision = call.Decision!;
        Assert.Equal(("any", "weighted"), (decision.Route, decision.Strategy));
        Assert.Equal("c", decision.Chosen!.Value.Provider);
        Assert.Equal(["c", "b", "a"], decision.Candidates.Select(target => target.Provider));
        Assert.Equal([null, "cooling", "circuit_open"], decision.Candidates.Select(target => target.Reason));
        Assert.Equal(Exclusion.CircuitOpen, decision.Candidates[2].Excluded);
        Assert.NotNull(decision.Candidates[0].Score);
    }

    [Fact]
    public async Task The_seed_of_a_call_repeats_its_choice()
    {
        var group = new TargetGroup(WeightedSelector.Instance, [.. Enumerable.Range(0, 5).Select(i => Of($"p{i}/m", weight: i + 1))]);
        for (var i = 0; i < 50; i++)
        {
            var call = await CallAsync(group);

            var again = Ranking.Explain(call, call.Decision!.Seed);

            Assert.Equal(call.Attempt!.Deployment.Provider, again.Chosen!.Value.Provider);
            Assert.Equal(call.Decision.Candidates, again.Candidates);
        }
    }

    [Fact]
    public async Task An_explanation_takes_no_turn()
    {
        var group = new TargetGroup(RoundRobinSelector.Instance, Of("a/m"), Of("b/m"));
        var first = await CallAsync(group);

        Assert.Equal("b", Ranking.Explain(first, 1).Chosen!.Value.Provider);
        Assert.Equal("b", Ranking.Explain(first, 2).Chosen!.Value.Provider);
        Assert.Equal("b", (await CallAsync(group)).Decision!.Chosen!.Value.Provider);
    }

    [Covers("S003-27")]
    [Fact]
    public async Task The_others_share_the_turns_of_one_that_is_out_of_service_evenly()
    {
        var (open, left, right) = (Of("a/m"), Of("b/m"), Of("c/m"));
        Open(open);
        var group = new TargetGroup(RoundRobinSelector.Instance, open, left, right);

        var chosen = new List<string>();
        for (var i = 0; i < 6; i++)
            chosen.Add((await CallAsync(group)).Decision!.Chosen!.Value.Provider);

        Assert.Equal(["b", "c", "b", "c", "b", "c"], chosen);
    }

    [Fact]
    public void Where_all_are_alike_out_of_service_each_keeps_its_turn()
    {
        Deployment[] cooling = [Of("a/m"), Of("b/m")];
        foreach (var deployment in cooling)
            deployment.State.CoolUntil(TimeSpan.MaxValue);
        var group = new TargetGroup(RoundRobinSelector.Instance, cooling);
        using var call = Candidates.Of(new Route("any", group), new() { Now = TimeSpan.FromMinutes(1) }, seed: 1, takesTurns: true);
        using var next = Candidates.Of(new Route("any", group), new() { Now = TimeSpan.FromMinutes(1) }, seed: 1, takesTurns: true);

        Assert.Equal((0, 1), (call.NextUntried(), next.NextUntried()));
    }

    [Fact]
    public async Task The_best_eight_are_kept_and_all_where_the_call_was_asked_to_explain_itself()
    {
        var group = new TargetGroup(WeightedSelector.Instance, [.. Enumerable.Range(0, 100).Select(i => Of($"p{i}/m"))]);

        var usual = (await CallAsync(group)).Decision!;
        var whole = (await CallAsync(group, explain: true)).Decision!;

        Assert.Equal((8, 92), (usual.Candidates.Count, usual.Omitted));
        Assert.Equal((100, 0), (whole.Candidates.Count, whole.Omitted));
        Assert.Equal(whole.Candidates.OrderBy(target => target.Score), whole.Candidates);
        Assert.InRange(whole.ToString().Length, 900, 1000);
        Assert.EndsWith(" more", whole.ToString(), StringComparison.Ordinal);
        Assert.EndsWith("92 more", usual.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Checking_the_health_of_the_next_candidates_only_gives_the_same_choice_as_checking_all()
    {
        var random = new Random(7);
        var facts = new SelectionFacts { Now = TimeSpan.FromMinutes(1) };
        for (var round = 0; round < 600; round++)
        {
            // Few and many, equal weights, some without weight, one heavier than all others.
            var (most, share) = (random.Next(2) == 0 ? 20 : 120, random.Next(10));
            double[] weights = random.Next(3) switch { 0 => [1], 1 => [0, 1, 2, 5], _ => [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1000] };
            var groups = Enumerable.Range(0, 1 + random.Next(3)).Select(group => new TargetGroup(
                WeightedSelector.Instance,
                [.. Enumerable.Range(0, 1 + random.Next(most)).Select(i => Ill(Of($"p{group}-{i}/m"), Any(weights), share))]));
            var route = new Route("any", [.. groups]);
            using var whole = Candidates.Of(route, facts, seed: round, takesTurns: false);
            using var lazily = Candidates.Of(route, facts, seed: round, takesTurns: false);
            using var next = Candidates.Of(route, facts, seed: round, takesTurns: false);

            var all = whole.Decide(int.MaxValue);

            Assert.Equal(all.Candidates.Take(Candidate.UsuallyKept), lazily.Decide(Candidate.UsuallyKept).Candidates);
            Assert.Equal(all.Candidates.Take(3), lazily.Decide(3).Candidates);
            Assert.Equal(all.Chosen?.Provider, ProviderOf(next, next.NextUntried()));
            Assert.Equal(all.Chosen?.Provider, ProviderOf(lazily, lazily.NextUntried()));
        }

        static string? ProviderOf(Candidates candidates, int index) =>
            index >= 0 ? candidates.All[index].Deployment.Provider : null;

        double Any(double[] weights) => weights[random.Next(weights.Length)];

        Deployment Ill(Deployment deployment, double weight, int share)
        {
            if (random.Next(10) < share)
                deployment.State.CoolUntil(TimeSpan.FromMinutes(2));
            if (random.Next(10) < share)
                deployment.State.Circuit.Failed(CircuitPass.Ordinary, trips: true, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1));
            return new Deployment(deployment.Provider, "m", deployment.Binding, deployment.State)
            {
                Policy = new() { Circuit = new() },
                IsPreferred = random.Next(2) == 0,
                Weight = weight,
            };
        }
    }

    [Fact]
    public async Task A_route_of_one_target_records_a_decision_only_on_request()
    {
        var group = new TargetGroup(PrioritySelector.Instance, Of("a/m"));

        Assert.Null((await CallAsync(group)).Decision);
        Assert.Equal("strategy=weighted seed=", (await CallAsync(group, explain: true)).Decision!.ToString()[..23]);
    }

    [Fact]
    public async Task After_a_failure_the_record_says_what_has_failed()
    {
        var (first, second) = (Of("a/m"), Of("b/m"));
        var call = await CallAsync(
            [new(PrioritySelector.Instance, first), new(PrioritySelector.Instance, second)], fails: "a");

        Assert.Equal("b", call.Attempt!.Deployment.Provider);
        Assert.Equal([("b", null), ("a", "failed")], call.Decision!.Candidates.Select(target => (target.Provider, target.Reason)));
        Assert.Equal([2, 1], call.Decision.Candidates.Select(target => target.Group));
    }

    [Fact]
    public async Task The_record_of_a_call_for_its_sinks_has_the_decision()
    {
        var call = await CallAsync(new TargetGroup(WeightedSelector.Instance, Of("a/m"), Of("b/m")));

        Assert.Same(call.Decision, new CallRecord(call, CallOutcome.Finished, null).Decision);
    }

    [Fact]
    public void A_weight_of_nought_has_no_score_and_a_further_key_has_its_number()
    {
        var route = new Route("any", new TargetGroup(WeightedSelector.Instance, Of("a/m", credential: 2), Of("b/m", weight: 0)));

        var decision = Ranking.Explain(SomeCall.Of(route), 7);

        Assert.Matches("^strategy=priority seed=7; a/m#2 [0-9.]+, b/m$", decision.ToString());
        Assert.Null(decision.Candidates[1].Score);
    }

    [Fact]
    public void Ranking_allocates_no_more_for_a_thousand_deployments_than_for_twenty()
    {
        var (few, many) = (Bytes(20), Bytes(1000));

        Assert.Equal(few, many);
        Assert.InRange(many, 1, 1024);

        static long Bytes(int deployments)
        {
            var route = new Route(
                "any", new TargetGroup(WeightedSelector.Instance, [.. Enumerable.Range(0, deployments).Select(i => Of($"p{i}/m"))]));
            var facts = new SelectionFacts { Now = TimeSpan.FromSeconds(1) };
            for (var i = 0; i < 50; i++)
                Once(route, facts);
            return Allocations.Fewest(() => Once(route, facts));
        }

        static void Once(Route route, in SelectionFacts facts)
        {
            using var candidates = Candidates.Of(route, facts, seed: 1, takesTurns: true);
            candidates.Decide(Candidate.UsuallyKept);
        }
    }

    private static Deployment Of(string target, double weight = 1, int credential = 1)
    {
        var plain = SomeCall.Deployment(target);
        return new Deployment(plain.Provider, plain.Model, plain.Binding, plain.State)
        {
            Weight = weight,
            Credential = credential,
            Policy = new() { Circuit = new() },
            IsPreferred = true,
        };
    }

    private static void Open(Deployment deployment) =>
        deployment.State.Circuit.Failed(CircuitPass.Ordinary, trips: true, TimeProvider.System.GetElapsedTime(0), TimeSpan.FromHours(1));

    private Task<ModelCall> CallAsync(TargetGroup group, bool explain = false) => CallAsync([group], explain);

    private async Task<ModelCall> CallAsync(TargetGroup[] groups, bool explain = false, string? fails = null)
    {
        var route = new Route("any", groups) { Strategy = "weighted" };
        var call = SomeCall.Of(route, explain: explain);
        var loop = new AttemptLoop(new Random(3), _budget, new AttemptLog(null));
        await loop.InvokeAsync(call, _ => new(call.Attempt!.Deployment.Provider == fails
            ? new FailedResponse(SomeCall.Error(CallErrorKind.UpstreamUnavailable))
            : new OpenAnswer()));
        return call;
    }
}
