using System.Runtime.CompilerServices;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Models;
using Switchyard.Money;
using Switchyard.Money.Reconciling;
using Switchyard.Targets;
using Switchyard.Tests.Calls;
using Xunit;

namespace Switchyard.Tests.Money;

/// <summary>A price for each call: it is not charged for counting the tokens of a prompt, for which a budget holds nothing.</summary>
public sealed class CountingCostTests
{
    [Theory]
    [InlineData(CallOperation.CountTokens, 0L, "counttokens")]
    [InlineData(CallOperation.Chat, 5_000_000L, "chat")]
    public async Task A_call_that_counts_tokens_costs_nothing_when_it_ends_and_when_it_is_priced_again(
        CallOperation operation, long nano, string name)
    {
        var call = SomeCall.Of();
        call.ReplaceRequest(call.Envelope with { Operation = operation }, call.Body);
        var attempt = call.BeginAttempt(new("a", "m", new NoBinding(), new DeploymentState()) { Price = Price() });
        attempt.Sending();
        attempt.Opened();
        attempt.Observe(new TokenUsage { Input = 10, Output = 1 });
        attempt.End(AttemptOutcome.Finished, null);

        var money = new MoneyCall(Guid.NewGuid(), new MoneyFacts(null, null, null, null), DateTimeOffset.UnixEpoch);
        var entry = Assert.Single(Settlement.EntriesOf(call, money, LedgerOutcome.Finished));
        Assert.Equal((nano, nano, Unpriced.None), (Settlement.CostOf(call, attempt), entry.Cost.Total, entry.Unpriced));
        Assert.Equal(name, entry.Operation);

        Assert.Equal(0, await RepricedAsync(entry));
        Assert.Equal(nano == 0 ? 1 : 0, await RepricedAsync(entry with { Cost = new() { Request = 5_000_000 } }));
    }

    private static async Task<long> RepricedAsync(LedgerEntry entry)
    {
        var models = await Repricing.RunAsync(
            new OneEntry(entry), new UsageFilter(), (_, _, _) => Price(), null, TestContext.Current.CancellationToken);
        return models.Sum(model => model.Entries);
    }

    // 5,000 dollars for a million calls.
    private static ModelPrice Price() => new(new ModelPricing
    {
        Source = new() { Name = "test", Commit = "none", Date = new DateOnly(2026, 1, 1), Licence = "MIT" },
        Rates = new() { Input = 0, Output = 0, Request = 5_000 },
    });

    private sealed class NoBinding : IDeploymentBinding;

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
