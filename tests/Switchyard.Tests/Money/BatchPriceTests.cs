using System.Runtime.CompilerServices;
using Switchyard.Canonical;
using Switchyard.Models;
using Switchyard.Money;
using Switchyard.Money.Reconciling;
using Xunit;

namespace Switchyard.Tests.Money;

/// <summary>The cost of a batch's sum, when it is recorded and when it is computed again.</summary>
public sealed class BatchPriceTests
{
    // More than any prompt: a sum of many.
    private static readonly TokenUsage s_sum = new() { Input = 1_000_000, Output = 100_000 };

    [Fact]
    public void A_batch_costs_the_tier_of_its_name()
    {
        var price = BatchPrice.Of(new ModelPrice(Pricing(withTier: true)));

        // At 1 and 4 dollars for a million.
        Assert.Equal((1_400_000_000L, "test 2026-01-01 batch"), (price.CostOf(s_sum, out var why).Total, price.Version));
        Assert.Equal(Unpriced.None, why);
    }

    [Fact]
    public void Without_that_tier_it_costs_the_ordinary_price_whatever_longer_prompts_cost()
    {
        var price = BatchPrice.Of(new ModelPrice(Pricing(withTier: false)));

        // At 2 and 8, and not at the 4 and 16 of prompts above 200,000 tokens.
        Assert.Equal((2_800_000_000L, "test 2026-01-01"), (price.CostOf(s_sum, out _).Total, price.Version));
        Assert.Equal(5_600_000_000L, new ModelPrice(Pricing(withTier: false)).CostOf(s_sum, out _).Total);
    }

    [Theory]
    [InlineData("batch", false, 0)]
    [InlineData("batch", true, 1)]
    [InlineData("chat", false, 1)]
    public async Task A_batch_that_is_counted_again_is_counted_as_a_batch(string operation, bool withTier, int changed)
    {
        var written = BatchPrice.Of(new ModelPrice(Pricing(withTier: false)));
        var ledger = new OneEntry(new LedgerEntry
        {
            Call = Guid.NewGuid(),
            RequestId = "batch_1",
            StartedAt = new DateTimeOffset(2026, 2, 1, 0, 0, 0, TimeSpan.Zero),
            Outcome = LedgerOutcome.Finished,
            Alias = "m",
            Provider = "one",
            Model = "m",
            Operation = operation,
            Usage = s_sum,
            Cost = written.CostOf(s_sum, out _),
            PriceVersion = written.Version,
        });

        var models = await Repricing.RunAsync(
            ledger, new UsageFilter(), (_, _, _) => new ModelPrice(Pricing(withTier)), null, TestContext.Current.CancellationToken);

        Assert.Equal(changed, models.Sum(model => model.Entries));
    }

    private static ModelPricing Pricing(bool withTier) => new()
    {
        Source = new ModelSource { Name = "test", Commit = "", Date = new DateOnly(2026, 1, 1), Licence = "" },
        Rates = new ModelRates { Input = 2, Output = 8 },
        Tiers = [new PriceTier(200_000, new ModelRates { Input = 4, Output = 16 })],
        ServiceTiers = withTier ? [new ServiceTierRates("batch", new ModelRates { Input = 1, Output = 4 })] : [],
    };

    private sealed class OneEntry(LedgerEntry entry) : IUsageReader
    {
        public Task<UsageSummary> SummarizeAsync(UsageQuery query, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<LedgerPage> ListAsync(UsageFilter filter, int limit, string? after, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public async IAsyncEnumerable<LedgerEntry> ReadAsync(
            UsageFilter filter, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await Task.Yield();
            yield return entry;
        }
    }
}
