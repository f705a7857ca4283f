using Switchyard.Experiments;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Experiments;

/// <summary>
/// The promise of the statistics, on simulated experiments with fixed seeds, each looked at after every single outcome. Latencies are
/// lognormal with a sigma of 0.6 (a 95th percentile 2.7 times the median), as those of model calls are.
/// </summary>
public sealed class ConfidenceSequenceTests
{
    private const int Experiments = 200;
    private const int Outcomes = 4000;
    private const double Alpha = 0.05;
    private const double Sigma = 0.6;

    [Covers("S002-88", "S003-121")]
    [Fact]
    public void Of_200_experiments_without_a_difference_at_most_5_percent_are_ever_called_different() =>
        Assert.InRange(CalledDifferent(random => LogNormal(random, 0), random => LogNormal(random, 0)), 0, Experiments * Alpha);

    [Covers("S002-88", "S003-121")]
    [Fact]
    public void Of_200_experiments_with_10_percent_more_latency_at_least_80_percent_are_found() =>
        Assert.InRange(
            CalledDifferent(random => LogNormal(random, 0), random => LogNormal(random, Math.Log(1.1))), Experiments * 0.8, Experiments);

    [Fact]
    public void Shares_of_errors_are_called_different_no_more_often() =>
        Assert.InRange(
            CalledDifferent(random => Chance(random, 0.02), random => Chance(random, 0.02), isShare: true), 0, Experiments * Alpha);

    [Fact]
    public void Skewed_costs_are_called_different_no_more_often() =>
        Assert.InRange(CalledDifferent(Cost, Cost), 0, Experiments * Alpha);

    [Fact]
    public void Variants_of_unequal_shares_are_called_different_no_more_often() =>
        Assert.InRange(
            CalledDifferent(random => LogNormal(random, 0), random => LogNormal(random, 0), share: 0.1), 0, Experiments * Alpha);

    /// <summary>One variant gets one call in twenty, so that at first it may have received only the highest score.</summary>
    [Theory]
    [InlineData(0.01, 0)]
    [InlineData(0.01, -1)]
    [InlineData(0.02, -1)]
    public void Ratings_that_are_nearly_all_the_same_are_called_different_no_more_often(double share, double worst)
    {
        double Rating(Random random) => random.NextDouble() < share ? worst : 1;

        Assert.InRange(CalledDifferent(Rating, Rating, share: 0.05, range: 2), 0, Experiments * Alpha);
    }

    [Fact]
    public void Three_variants_against_a_control_share_the_chance_of_a_false_alarm()
    {
        var alarms = 0;
        for (var seed = 0; seed < Experiments; seed++)
        {
            var random = new Random(seed);
            var arms = new RunningMoments[4];
            for (var i = 0; i < Outcomes; i++)
            {
                arms[random.Next(arms.Length)].Add(LogNormal(random, 0));
                var differs = Enumerable.Range(1, 3)
                    .Any(arm => ConfidenceSequence.Of(arms[0], arms[arm], Alpha / 3) is { Low: > 0 } or { High: < 0 });
                if (!differs)
                    continue;
                alarms++;
                break;
            }
        }

        Assert.InRange(alarms, 0, Experiments * Alpha);
    }

    [Fact]
    public void The_limits_hold_the_true_difference()
    {
        var missed = 0;
        for (var seed = 0; seed < Experiments; seed++)
        {
            var (control, treatment) = Simulate(
                seed, random => LogNormal(random, 0), random => LogNormal(random, 0.2), 0.5, (_, _) => false);
            var limits = ConfidenceSequence.Of(control, treatment, Alpha)!.Value;
            if (limits.Low > 0.2 || limits.High < 0.2)
                missed++;
        }

        Assert.InRange(missed, 0, Experiments * Alpha);
    }

    [Fact]
    public void Nothing_is_said_of_fewer_than_100_outcomes()
    {
        var (many, few) = (new RunningMoments(), new RunningMoments());
        for (var i = 0; i < 1000; i++)
            many.Add(i % 2);
        for (var i = 0; i < ConfidenceSequence.Minimum - 1; i++)
            few.Add(100 + (i % 2));

        Assert.Null(ConfidenceSequence.Of(many, few, Alpha));
        Assert.Null(ConfidenceSequence.Of(few, many, Alpha));
        few.Add(100);
        Assert.True(ConfidenceSequence.Of(many, few, Alpha) is { Low: > 0 } or { High: < 0 });
    }

    [Fact]
    public void A_hundred_calls_without_an_error_do_not_prove_that_there_are_none()
    {
        var (control, treatment) = (new RunningMoments(), new RunningMoments());
        for (var i = 0; i < 100; i++)
        {
            control.Add(0);
            treatment.Add(0);
        }

        Assert.InRange(ConfidenceSequence.Of(control, treatment, Alpha, isShare: true)!.Value.High, 0.02, 0.5);
    }

    [Fact]
    public void Mean_and_variance_are_those_of_all_values_also_where_one_was_replaced()
    {
        double[] values = [3, 1, 4, 1, 5, 9, 2, 6];
        var moments = new RunningMoments();
        foreach (var value in values.Append(100))
            moments.Add(value);
        moments.Replace(100, 7);
        values = [.. values, 7];
        var mean = values.Average();

        Assert.Equal(values.Length, moments.Count);
        Assert.Equal(mean, moments.Mean, 10);
        Assert.Equal(values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1), moments.Variance, 10);
    }

    /// <summary>The number of experiments that are called different at any look; there is one look after each outcome.</summary>
    private static int CalledDifferent(
        Func<Random, double> control, Func<Random, double> treatment, double share = 0.5, bool isShare = false, double range = 0)
    {
        var called = 0;
        for (var seed = 0; seed < Experiments; seed++)
        {
            var isCalled = false;
            Simulate(
                seed, control, treatment, share,
                (a, b) => isCalled = ConfidenceSequence.Of(a, b, Alpha, isShare, range) is { Low: > 0 } or { High: < 0 });
            if (isCalled)
                called++;
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{called} of {Experiments} called different");
        return called;
    }

    private static (RunningMoments Control, RunningMoments Treatment) Simulate(
        int seed,
        Func<Random, double> control,
        Func<Random, double> treatment,
        double share,
        Func<RunningMoments, RunningMoments, bool> stop)
    {
        var random = new Random(seed);
        var (a, b) = (new RunningMoments(), new RunningMoments());
        for (var i = 0; i < Outcomes; i++)
        {
            if (random.NextDouble() < share)
                b.Add(treatment(random));
            else
                a.Add(control(random));
            if (stop(a, b))
                break;
        }

        return (a, b);
    }

    /// <summary>The logarithm of a latency.</summary>
    private static double LogNormal(Random random, double mean) => mean + (Sigma * Normal(random));

    /// <summary>A cost as it is, not its logarithm: sigma 1, a 95th percentile five times the median.</summary>
    private static double Cost(Random random) => Math.Exp(Normal(random));

    private static double Chance(Random random, double share) => random.NextDouble() < share ? 1 : 0;

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
