using System.Runtime.CompilerServices;
using Switchyard.Canonical;
using Switchyard.Models;
using Switchyard.Money;
using Switchyard.Money.Reconciling;
using Switchyard.Targets;
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

    [Fact]
    public void Each_answer_costs_the_fee_of_a_request_and_each_that_searched_that_of_a_grounded_one()
    {
        var calls = new ModelPrice(Pricing(withTier: true) with
        {
            Rates = new ModelRates { Input = 2, Output = 8, Request = 5000 },
            ServiceTiers = [new ServiceTierRates("batch", new ModelRates { Input = 1, Output = 4, Request = 5000 })],
            Tools = new ToolFees(WebSearch: 0.01m, FileSearch: 0, GroundedRequest: 0.035m),
        });
        var usage = new TokenUsage { Input = 1, Output = 1, WebSearches = 7 };

        var price = BatchPrice.Of(calls, requests: 100, grounded: 3);

        // 100 at 5,000 dollars for a million, 7 searches, and 3 grounded requests.
        Assert.Equal(500_000_000L + 70_000_000L + 105_000_000L, price.CostOf(usage, out _).Request);
        Assert.Equal("test 2026-01-01 batch", price.Version);
        Assert.True(BatchPrice.IsByRequest(price));
    }

    [Fact]
    public async Task What_a_batch_costs_by_the_number_of_its_answers_stays_when_it_is_counted_again()
    {
        var pricing = Pricing(withTier: false) with { Rates = new ModelRates { Input = 2, Output = 8, Request = 5000 } };
        var written = BatchPrice.Of(new ModelPrice(pricing), requests: 100);
        var ledger = new OneEntry(Entry(written, "batch"));
        var dearer = new ModelPrice(pricing with { Rates = new ModelRates { Input = 3, Output = 8, Request = 5000 } });

        var model = Assert.Single(await Repricing.RunAsync(
            ledger, new UsageFilter(), (_, _, _) => dearer, null, TestContext.Current.CancellationToken));

        // A million tokens at one dollar more for a million.
        Assert.Equal(1_000_000_000L, model.After - model.Before);
    }

    [Theory]
    [InlineData("batch", false, 0)]
    [InlineData("batch", true, 1)]
    [InlineData("chat", false, 1)]
    public async Task A_batch_that_is_counted_again_is_counted_as_a_batch(string operation, bool withTier, int changed)
    {
        var written = BatchPrice.Of(new ModelPrice(Pricing(withTier: false)));
        var ledger = new OneEntry(Entry(written, operation));

        var models = await Repricing.RunAsync(
            ledger, new UsageFilter(), (_, _, _) => new ModelPrice(Pricing(withTier)), null, TestContext.Current.CancellationToken);

        Assert.Equal(changed, models.Sum(model => model.Entries));
    }

    private static LedgerEntry Entry(IDeploymentPrice written, string operation) => new()
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
    };

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
