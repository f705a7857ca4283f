using Switchyard.Canonical;
using Switchyard.Experiments;
using Switchyard.Models;
using Xunit;

namespace Switchyard.Tests.Experiments;

public sealed class VerdictTests
{
    [Theory]
    [InlineData(ExperimentMetric.Latency, 0, -0.2, "b is faster than a by 13.4 to 22.6 %, 95 % sure")]
    [InlineData(ExperimentMetric.Latency, 0, 0.2, "b is slower than a by 15.5 to 29.1 %, 95 % sure")]
    [InlineData(ExperimentMetric.FirstToken, 0, -0.2, "b is faster to its first token than a by 13.4 to 22.6 %, 95 % sure")]
    [InlineData(ExperimentMetric.Cost, 0.5, 0.25, "b is cheaper than a by $0.194307 to $0.305693 a call, 95 % sure")]
    [InlineData(ExperimentMetric.Feedback, -0.5, 0.5, "b is rated better than a by 0.94 to 1.06 of a score from -1 to 1, 95 % sure")]
    public void A_difference_is_said_in_the_words_of_its_metric(ExperimentMetric metric, double control, double variant, string expected) =>
        Assert.Equal(expected, Compare(metric, control, variant, count: 1500).Verdict);

    [Fact]
    public void Errors_are_compared_in_percentage_points()
    {
        var found = Verdict.Compare(("a", Errors(0.02)), ("b", Errors(0.10)), ExperimentMetric.Errors, 0.05);

        Assert.Matches(@"^b is failing more often than a by \d+(\.\d)? to \d+(\.\d)? percentage points, 95 % sure$", found.Verdict);
        Assert.InRange(0.08, found.Low!.Value, found.High!.Value);

        static VariantFigures Errors(double share) =>
            Figures(ExperimentMetric.Errors, Enumerable.Range(0, 1000).Select(i => i < share * 1000 ? 1.0 : 0.0));
    }

    [Fact]
    public void Without_a_difference_it_is_said_which_would_have_been_seen() =>
        Assert.Equal(
            "no difference between b and a seen yet after 3,120 answered calls; one above 5.6 % would have been detected",
            Compare(ExperimentMetric.Latency, 0, 0, count: 1560).Verdict);

    [Fact]
    public void A_hundred_of_the_highest_score_do_not_prove_that_there_is_no_other()
    {
        var alike = Verdict.Compare(("a", Ratings(100, 1)), ("b", Ratings(100, 1)), ExperimentMetric.Feedback, 0.05);
        var opposite = Verdict.Compare(("a", Ratings(100, 0)), ("b", Ratings(100, 1)), ExperimentMetric.Feedback, 0.05);

        Assert.InRange(alike.High!.Value, 0.05, 0.5);
        Assert.False(alike.IsDifferent);
        Assert.True(opposite.IsDifferent);

        static VariantFigures Ratings(int count, double score) =>
            Figures(ExperimentMetric.Feedback, Enumerable.Repeat(score, count));
    }

    [Fact]
    public void Too_few_calls_are_said_to_be_too_few()
    {
        var found = Compare(ExperimentMetric.Latency, 0, -3, count: 99);

        Assert.Equal("not enough answered calls yet: 99 of b and 99 of a; 100 of each are needed", found.Verdict);
        Assert.False(found.IsDifferent);
        Assert.Null(found.Low);
    }

    /// <summary>Two variants with half of the outcomes 0.5 above and half 0.5 below their mean.</summary>
    private static VariantComparison Compare(ExperimentMetric metric, double control, double variant, int count) => Verdict.Compare(
        ("a", Figures(metric, Around(control, count))), ("b", Figures(metric, Around(variant, count))), metric, 0.05);

    private static IEnumerable<double> Around(double mean, int count) =>
        Enumerable.Range(0, count).Select(i => mean + (i % 2 == 0 ? 0.5 : -0.5));

    private static VariantFigures Figures(ExperimentMetric metric, IEnumerable<double> values)
    {
        var moments = new RunningMoments[ExperimentMetrics.All.Length];
        foreach (var value in values)
            moments[(int)metric].Add(value);
        return new(moments, moments[(int)metric].Count, moments[(int)metric].Count, 0, 0, 0);
    }
}
