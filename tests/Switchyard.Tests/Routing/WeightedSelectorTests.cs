using Switchyard.Routing.Selectors;
using Switchyard.Targets;
using Switchyard.Tests.Calls;
using Xunit;

namespace Switchyard.Tests.Routing;

/// <summary>Calls are shared by weight, and the same random numbers give the same order.</summary>
public sealed class WeightedSelectorTests
{
    private static readonly Deployment[] s_deployments =
        [SomeCall.Deployment("a/m", weight: 6), SomeCall.Deployment("b/m", weight: 3), SomeCall.Deployment("c/m", weight: 1)];

    [Fact]
    public void Each_is_first_in_proportion_to_its_weight()
    {
        const int calls = 20_000;
        var random = new Random(7);
        var first = new Dictionary<string, int>();
        for (var i = 0; i < calls; i++)
        {
            var order = WeightedSelector.Instance.Order(s_deployments, random);
            first[order[0].Provider] = first.GetValueOrDefault(order[0].Provider) + 1;
        }

        Assert.InRange(first["a"] / (double)calls, 0.58, 0.62);
        Assert.InRange(first["b"] / (double)calls, 0.28, 0.32);
        Assert.InRange(first["c"] / (double)calls, 0.08, 0.12);
    }

    [Fact]
    public void What_the_first_cannot_answer_is_shared_by_the_others_in_proportion()
    {
        var random = new Random(7);
        var second = Enumerable.Range(0, 20_000)
            .Select(_ => WeightedSelector.Instance.Order(s_deployments, random))
            .Where(order => order[0].Provider == "a")
            .CountBy(order => order[1].Provider)
            .ToDictionary();

        Assert.InRange(second["b"] / (double)(second["b"] + second["c"]), 0.72, 0.78);
    }

    [Fact]
    public void Every_order_holds_each_deployment_once_and_the_group_is_not_changed()
    {
        var random = new Random(7);
        for (var i = 0; i < 1000; i++)
            Assert.Equal(
                ["a", "b", "c"], WeightedSelector.Instance.Order(s_deployments, random).Select(deployment => deployment.Provider).Order());
        Assert.Equal(["a", "b", "c"], s_deployments.Select(deployment => deployment.Provider));
    }

    [Fact]
    public void The_same_random_numbers_give_the_same_order()
    {
        var (one, other) = (new Random(3), new Random(3));
        for (var i = 0; i < 100; i++)
            Assert.Equal(WeightedSelector.Instance.Order(s_deployments, one), WeightedSelector.Instance.Order(s_deployments, other));
    }

    [Fact]
    public void In_the_order_written_nothing_is_left_to_chance_and_nothing_made() =>
        Assert.Same(s_deployments, PrioritySelector.Instance.Order(s_deployments, new Random(1)));
}
