using Switchyard.Common;
using Switchyard.Routing.Selectors;
using Switchyard.Canonical;
using Switchyard.Targets;
using Switchyard.Tests.Calls;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Routing;

/// <summary>Each strategy's order, and that the same seed and states give the same order.</summary>
public sealed class SelectorTests
{
    private static readonly Deployment[] s_weighted = [Of("a/m", weight: 6), Of("b/m", weight: 3), Of("c/m", weight: 1)];

    [Fact]
    [Covers("S003-24")]
    public void Priority_takes_the_highest_and_the_order_written_among_equals()
    {
        Deployment[] deployments = [Of("a/m", priority: 5), Of("b/m", priority: 90), Of("c/m", priority: 90), Of("d/m")];

        Assert.Equal(["b", "c", "a", "d"], Order(PrioritySelector.Instance, deployments));
    }

    [Fact]
    [Covers("S003-28", "S003-12")]
    public void Weighted_puts_each_first_in_proportion_to_its_weight()
    {
        const int calls = 20_000;
        var first = Enumerable.Range(0, calls).CountBy(seed => Order(WeightedSelector.Instance, s_weighted, seed)[0]).ToDictionary();

        Assert.InRange(first["a"] / (double)calls, 0.58, 0.62);
        Assert.InRange(first["b"] / (double)calls, 0.28, 0.32);
        Assert.InRange(first["c"] / (double)calls, 0.08, 0.12);
    }

    [Fact]
    [Covers("S002-56", "S002-57", "S003-28")]
    public void Weights_of_seven_and_three_tenths_share_seventy_to_thirty()
    {
        Deployment[] deployments = [Of("a/m", weight: 0.7), Of("b/m", weight: 0.3)];

        var share = Enumerable.Range(0, 20_000).Count(seed => Order(WeightedSelector.Instance, deployments, seed)[0] == "a") / 20_000.0;

        Assert.InRange(share, 0.68, 0.72);
    }

    [Fact]
    public void What_the_first_cannot_answer_is_shared_by_the_others_in_proportion()
    {
        var second = Enumerable.Range(0, 20_000)
            .Select(seed => Order(WeightedSelector.Instance, s_weighted, seed))
            .Where(order => order[0] == "a")
            .CountBy(order => order[1])
            .ToDictionary();

        Assert.InRange(second["b"] / (double)(second["b"] + second["c"]), 0.72, 0.78);
    }

    [Fact]
    [Covers("S002-59")]
    public void Where_all_weights_are_zero_all_are_alike_and_a_single_zero_comes_last()
    {
        Deployment[] zero = [Of("a/m", weight: 0), Of("b/m", weight: 0)];
        Deployment[] one = [Of("a/m", weight: 0), Of("b/m", weight: 1)];

        var share = Enumerable.Range(0, 10_000).Count(seed => Order(WeightedSelector.Instance, zero, seed)[0] == "a") / 10_000.0;

        Assert.InRange(share, 0.47, 0.53);
        Assert.All(Enumerable.Range(0, 1000), seed => Assert.Equal(["b", "a"], Order(WeightedSelector.Instance, one, seed)));
    }

    [Fact]
    [Covers("S003-27")]
    public void Round_robin_rotates_and_wraps()
    {
        Deployment[] deployments = [Of("a/m"), Of("b/m"), Of("c/m")];

        var orders = Enumerable.Range(0, 4)
            .Select(turn => string.Concat(Order(RoundRobinSelector.Instance, deployments, facts: new() { Now = default, Turn = turn })));

        Assert.Equal(["abc", "bca", "cab", "abc"], orders);
    }

    [Fact]
    public void Round_robin_goes_on_when_its_turns_overflow()
    {
        Deployment[] deployments = [Of("a/m"), Of("b/m"), Of("c/m")];

        var order = Order(RoundRobinSelector.Instance, deployments, facts: new() { Now = default, Turn = int.MinValue });

        Assert.Equal(3, order.Distinct().Count());
    }

    [Fact]
    [Covers("S002-85", "S003-122")]
    public void Least_busy_never_takes_the_busier_of_the_two_it_draws()
    {
        Deployment[] deployments = [Of("a/m"), Of("b/m"), Of("c/m")];
        for (var i = 0; i < 5; i++)
            deployments[0].State.Begin();
        deployments[1].State.Begin();

        var first = Enumerable.Range(0, 3000).CountBy(seed => Order(LeastBusySelector.Instance, deployments, seed)[0]).ToDictionary();

        Assert.False(first.ContainsKey("a"));
        Assert.InRange(first["c"] / 3000.0, 0.62, 0.71);
    }

    [Fact]
    public void Least_busy_draws_no_target_of_weight_zero_while_another_has_one()
    {
        Deployment[] deployments = [Of("a/m", weight: 0), Of("b/m"), Of("c/m", weight: 0), Of("d/m", weight: 0)];
        deployments[1].State.Begin();

        Assert.All(Enumerable.Range(0, 200), seed => Assert.Equal("b", Order(LeastBusySelector.Instance, deployments, seed)[0]));
    }

    [Fact]
    public void Least_busy_draws_among_all_that_have_a_weight()
    {
        Deployment[] deployments = [Of("a/m", weight: 0), Of("b/m"), Of("c/m", weight: 0), Of("d/m"), Of("e/m")];

        var first = Enumerable.Range(0, 3000).CountBy(seed => Order(LeastBusySelector.Instance, deployments, seed)[0]).ToDictionary();

        Assert.Equal(["b", "d", "e"], first.Keys.Order());
        Assert.All(first.Values, count => Assert.InRange(count / 3000.0, 0.29, 0.38));
    }

    [Fact]
    public void Least_busy_draws_any_where_none_has_a_weight()
    {
        Deployment[] deployments = [Of("a/m", weight: 0), Of("b/m", weight: 0), Of("c/m", weight: 0)];

        var first = Enumerable.Range(0, 200).Select(seed => Order(LeastBusySelector.Instance, deployments, seed)[0]);

        Assert.Equal(["a", "b", "c"], first.Distinct().Order());
    }

    [Fact]
    [Covers("S003-26", "S003-122")]
    public void Performance_takes_the_lowest_recent_latency_and_counts_failures_in()
    {
        Deployment[] deployments = [Of("a/m"), Of("b/m"), Of("c/m")];
        var now = TimeSpan.FromMinutes(1);
        deployments[0].State.Latency(stream: false).Succeeded(TimeSpan.FromMilliseconds(300), now);
        deployments[1].State.Latency(stream: false).Succeeded(TimeSpan.FromMilliseconds(100), now);
        deployments[2].State.Latency(stream: false).Succeeded(TimeSpan.FromMilliseconds(200), now);

        Assert.Equal(["b", "c", "a"], Order(PerformanceSelector.Instance, deployments, facts: new() { Now = now }));

        for (var i = 0; i < 3; i++)
            deployments[1].State.Latency(stream: false).Failed(now);
        Assert.Equal("c", Order(PerformanceSelector.Instance, deployments, facts: new() { Now = now })[0]);
    }

    [Fact]
    public void Performance_keeps_streams_and_whole_answers_apart()
    {
        Deployment[] deployments = [Of("a/m"), Of("b/m")];
        var now = TimeSpan.FromMinutes(1);
        foreach (var (deployment, whole, first) in new[] { (deployments[0], 10, 900), (deployments[1], 20, 100) })
        {
            deployment.State.Latency(stream: false).Succeeded(TimeSpan.FromMilliseconds(whole), now);
            deployment.State.Latency(stream: true).Succeeded(TimeSpan.FromMilliseconds(first), now);
        }

        Assert.Equal("a", Order(PerformanceSelector.Instance, deployments, facts: new() { Now = now })[0]);
        Assert.Equal("b", Order(PerformanceSelector.Instance, deployments, facts: new() { Now = now, Stream = true })[0]);
    }

    [Fact]
    [Covers("S003-26")]
    public void Performance_without_data_is_priority_and_what_was_never_measured_is_tried_now_and_then()
    {
        Deployment[] deployments = [Of("a/m", priority: 1), Of("b/m", priority: 9)];
        Assert.Equal(["b", "a"], Order(PerformanceSelector.Instance, deployments));

        deployments[1].State.Latency(stream: false).Succeeded(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
        var explored = Enumerable.Range(0, 4000).Count(seed =>
            Order(PerformanceSelector.Instance, deployments, seed, new() { Now = TimeSpan.FromMinutes(1) })[0] == "a");
        Assert.InRange(explored / 4000.0, 0.035, 0.065);
    }

    [Fact]
    public void Performance_forgets_what_is_older_than_five_minutes()
    {
        Deployment[] deployments = [Of("a/m", priority: 9), Of("b/m")];
        deployments[0].State.Latency(stream: false).Succeeded(TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(1));
        deployments[1].State.Latency(stream: false).Succeeded(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));

        Assert.Equal("b", Order(PerformanceSelector.Instance, deployments, facts: new() { Now = TimeSpan.FromMinutes(5) })[0]);
        Assert.Equal("a", Order(PerformanceSelector.Instance, deployments, facts: new() { Now = TimeSpan.FromMinutes(6) })[0]);
    }

    [Fact]
    [Covers("S003-25")]
    public void Cost_takes_the_lowest_price_of_this_call_and_what_has_none_comes_last()
    {
        Deployment[] deployments =
            [Of("a/m", priority: 9), Of("b/m", price: new(3, 15)), Of("c/m", price: new(1, 30)), Of("d/m", price: new(10, 30))];

        Assert.Equal(
            ["b", "c", "d", "a"],
            Order(CostSelector.Instance, deployments, facts: new() { Now = default, InputTokens = 1000, OutputTokens = 1000 }));
        Assert.Equal(
            "c", Order(CostSelector.Instance, deployments, facts: new() { Now = default, InputTokens = 100_000, OutputTokens = 100 })[0]);
    }

    [Fact]
    public void Cost_counts_the_discount_of_a_prompt_that_a_deployment_has_in_its_cache()
    {
        Deployment[] deployments = [Of("a/m", price: new(3, 15)), Of("b/m", price: new(2, 15))];
        var facts = new SelectionFacts
        {
            Now = default,
            InputTokens = 50_000,
            OutputTokens = 500,
            Sticky = deployments[0].State,
            CachedTokens = 48_000,
        };

        Assert.Equal(["a", "b"], Order(CostSelector.Instance, deployments, facts: facts));
    }

    [Theory]
    [InlineData("b", "b")]
    [InlineData("b/m", "b")]
    [InlineData("b/other", "a")]
    [InlineData("bb", "a")]
    [InlineData(null, "a")]
    [Covers("S003-29")]
    public void Manual_takes_the_one_named_else_the_first(string? selected, string first) =>
        Assert.Equal(first, Order(new ManualSelector(selected), [Of("a/m"), Of("b/m")])[0]);

    [Fact]
    public void The_same_seed_gives_the_same_order()
    {
        IDeploymentSelector[] selectors =
        [
            WeightedSelector.Instance, LeastBusySelector.Instance, PerformanceSelector.Instance, CostSelector.Instance,
            PrioritySelector.Instance, RoundRobinSelector.Instance,
        ];
        foreach (var selector in selectors)
        {
            for (var seed = 0; seed < 100; seed++)
                Assert.Equal(Order(selector, s_weighted, seed), Order(selector, s_weighted, seed));
        }
    }

    private static Deployment Of(string target, double weight = 1, int priority = 0, SomePrice? price = null)
    {
        var slash = target.IndexOf('/', StringComparison.Ordinal);
        return new Deployment(
            target[..slash], target[(slash + 1)..], SomeCall.Deployment(target).Binding, new DeploymentState())
        {
            Weight = weight,
            Priority = priority,
            Price = price,
        };
    }

    private static string[] Order(IDeploymentSelector selector, Deployment[] deployments, long seed = 1, SelectionFacts? facts = null)
    {
        var candidates = deployments.Select(deployment => new Candidate(deployment)).ToArray();
        var random = new SeededRandom(seed);
        selector.Score(candidates, facts ?? new SelectionFacts { Now = default }, ref random);
        return [.. candidates.OrderBy(candidate => candidate.Score).Select(candidate => candidate.Deployment.Provider)];
    }

    /// <summary>Dollars for a million tokens; cached tokens cost a tenth.</summary>
    private sealed class SomePrice(double input, double output) : IDeploymentPrice
    {
        public double? Of(long tokens, long cached, long generated) =>
            (((tokens - cached) * input) + (cached * input / 10) + (generated * output)) / 1e6;

        public string Version => "test";

        public TokenCost CostOf(in TokenUsage usage, out Unpriced why) => throw new NotSupportedException();

        public long? MostFor(long input, long output) => throw new NotSupportedException();
    }
}
