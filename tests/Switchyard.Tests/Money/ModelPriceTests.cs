using FsCheck;
using FsCheck.Fluent;
using Switchyard.Canonical;
using Switchyard.Models;
using Switchyard.Money;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Money;

/// <summary>The cost of tokens: by hand and in general.</summary>
public sealed class ModelPriceTests
{
    private static readonly ModelSource s_source = new()
    {
        Name = "test",
        Commit = "none",
        Date = new DateOnly(2026, 1, 1),
        Licence = "MIT",
    };

    [Covers("S002-87", "S003-66")]
    [Theory]
    [InlineData(1_000_000L, 1_000_000L, 0L, 0L, 0L, 12_500_000_000L)]
    [InlineData(1000L, 500L, 0L, 0L, 0L, 7_500_000L)]
    [InlineData(1L, 0L, 0L, 0L, 0L, 2_500L)]
    [InlineData(1000L, 0L, 600L, 0L, 0L, (400 * 2_500) + (600 * 1_250))]
    [InlineData(1000L, 0L, 0L, 100L, 0L, (900 * 2_500) + (100 * 3_125))]
    [InlineData(0L, 1000L, 0L, 0L, 400L, 1000 * 10_000)]
    public void A_cost_is_the_sum_of_its_classes_each_at_its_rate(
        long input, long output, long read, long write, long reasoning, long nano)
    {
        var price = Price(new() { Input = 2.5m, Output = 10, CacheRead = 1.25m, CacheWrite = 3.125m });

        var cost = price.CostOf(
            new() { Input = input, Output = output, CacheRead = read, CacheWrite = write, Reasoning = reasoning }, out var why);

        Assert.Equal(Unpriced.None, why);
        Assert.Equal(nano, cost.Total);
    }

    [Fact]
    public void Reasoning_and_audio_and_the_call_itself_have_rates_of_their_own()
    {
        var price = Price(
            new() { Input = 1, Output = 2, Reasoning = 3, AudioInput = 40, AudioOutput = 80, Request = 5000 });

        var cost = price.CostOf(
            new() { Input = 100, InputAudio = 30, Output = 100, Reasoning = 20, OutputAudio = 50 }, out _);

        Assert.Equal((70_000, 1_200_000, 60_000, 60_000, 4_000_000, 5_000_000),
            (cost.Input, cost.InputAudio, cost.Output, cost.Reasoning, cost.OutputAudio, cost.Request));
    }

    [Fact]
    public void A_long_prompt_is_priced_whole_at_the_rates_of_its_tier()
    {
        var price = new ModelPrice(new ModelPricing
        {
            Source = s_source,
            Rates = new() { Input = 1, Output = 10 },
            Tiers = [new(200_000, new() { Input = 2, Output = 15 })],
        });

        Assert.Equal(200_000_000, price.CostOf(new() { Input = 200_000 }, out _).Total);
        Assert.Equal(400_002_000, price.CostOf(new() { Input = 200_001 }, out _).Total);
    }

    [Covers("S002-87")]
    [Theory]
    [InlineData(null, null, Unpriced.NoUsage)]
    [InlineData(5L, 5L, Unpriced.NoRate)]
    [InlineData(5L, null, Unpriced.None)]
    public void What_has_no_price_says_why_and_is_never_free(long? input, long? output, Unpriced expected)
    {
        Price(new() { Input = 1 }).CostOf(new() { Input = input, Output = output }, out var why);

        Assert.Equal(expected, why);
    }

    [Fact]
    public void A_price_of_searches_is_none_of_tokens()
    {
        var price = new ModelPrice(new ModelPricing { Source = s_source, Unit = PriceUnit.Searches, Rates = new() { Input = 2000 } });

        price.CostOf(new() { Input = 5 }, out var why);

        Assert.Equal(Unpriced.OtherUnit, why);
    }

    [Fact]
    public void Parts_larger_than_the_whole_make_no_cost_negative() => Prop.ForAll(
        Gen.Choose(0, 2000).Select(count => (long?)count).Or(Gen.Constant((long?)null)).ArrayOf(7).ToArbitrary(),
        counts =>
        {
            var usage = new TokenUsage
            {
                Input = counts[0],
                Output = counts[1],
                CacheRead = counts[2],
                CacheWrite = counts[3],
                Reasoning = counts[4],
                InputAudio = counts[5],
                OutputAudio = counts[6],
            };
            var price = Price(new()
            {
                Input = 0.0375m, Output = 0.15m, CacheRead = 0.01875m, CacheWrite = 0.0421m, Reasoning = 0.3001m, AudioInput = 0.7m,
            });

            var cost = price.CostOf(usage, out var why);

            Assert.All(
                [cost.Input, cost.CacheRead, cost.CacheWrite, cost.InputAudio, cost.Output, cost.Reasoning, cost.OutputAudio],
                part => Assert.True(part >= 0));
            // Never dearer than all of it at the dearest rate.
            if (why == Unpriced.None)
                Assert.True(cost.Total <= price.MostFor(usage.Input ?? 0, usage.Output ?? 0));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void The_classes_add_up_to_the_total_rounded_once()
    {
        // Each class alone is 0.5 nano-dollars and would be rounded up.
        var price = Price(new() { Input = 0.0005m, Output = 0.0005m, CacheRead = 0.0005m, Reasoning = 0.0005m });

        Assert.Equal(2, price.CostOf(new() { Input = 2, CacheRead = 1, Output = 2, Reasoning = 1 }, out _).Total);
    }

    [Fact]
    public void Dollars_are_nano_dollars_to_the_last_digit()
    {
        Assert.Equal(0.000000001m, TokenCost.ToDollars(1));
        Assert.Equal(1_234_567_891, TokenCost.ToNano(1.2345678911m));
        Assert.Equal(long.MaxValue, TokenCost.ToNano(decimal.MaxValue));
    }

    private static ModelPrice Price(ModelRates rates) => new(new ModelPricing { Source = s_source, Rates = rates });
}
