using Switchyard.Canonical;
using Switchyard.Models;
using Switchyard.Money;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Money;

/// <summary>Prices that the catalogue announces for a later day.</summary>
public sealed class DatedPriceTests
{
    private static readonly ModelSource s_source = new() { Name = "test", Date = new DateOnly(2026, 1, 1) };

    [Fact]
    public void An_announced_price_comes_into_force_on_its_day_without_a_new_configuration()
    {
        var clock = new TestClock(new DateTimeOffset(2026, 12, 31, 23, 59, 0, TimeSpan.Zero));
        var price = DatedPrice.Of(
            Pricing(2, null), [Pricing(3, new(2027, 1, 1)), Pricing(5, new(2027, 3, 1))], static pricing => new ModelPrice(pricing), clock);

        Assert.Equal((2_000_000_000, "test 2026-01-01"), (CostIn(price), price.Version));
        // What was taken for a call stays, whatever is asked of it afterwards.
        var ofCall = price.At(null);
        clock.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal((3_000_000_000, "test 2027-01-01"), (CostIn(price), price.Version));
        Assert.Equal((2_000_000_000, "test 2026-01-01"), (CostIn(ofCall), ofCall.Version));
        Assert.Equal((3_000_000_000, 3d), (price.MostFor(1_000_000, 0), price.Of(1_000_000, 0, 0)));
        clock.Advance(TimeSpan.FromDays(59));
        Assert.Equal(5_000_000_000, CostIn(price));
    }

    [Fact]
    public void A_price_without_an_announced_change_does_not_look_at_the_clock() => Assert.IsType<ModelPrice>(
        DatedPrice.Of(Pricing(2, null), [], static pricing => new ModelPrice(pricing), new TestClock()));

    [Fact]
    public void A_batch_has_the_price_of_the_day_too()
    {
        var clock = new TestClock(new DateTimeOffset(2027, 1, 1, 0, 0, 0, TimeSpan.Zero));
        var price = DatedPrice.Of(Pricing(2, null), [Pricing(3, new(2027, 1, 1))], static pricing => new ModelPrice(pricing), clock);

        Assert.Equal(3_000_000_000, CostIn(BatchPrice.Of(price)));
    }

    private static long CostIn(Switchyard.Targets.IDeploymentPrice price) =>
        price.CostOf(new TokenUsage { Input = 1_000_000, Output = 0 }, out _).Total;

    private static ModelPricing Pricing(decimal rate, DateOnly? from) =>
        new() { Source = s_source, Rates = new() { Input = rate, Output = rate }, From = from };
}
