using System.Text;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.BuiltIn;
using Switchyard.Dialects.Framing;
using Switchyard.Models;
using Switchyard.Money;
using Switchyard.Money.Reconciling;
using Switchyard.Targets;
using Xunit;

namespace Switchyard.Tests.Money;

/// <summary>Service tiers: the price of each, the maximum charge, and where requests and answers name them.</summary>
public sealed class ServiceTierTests
{
    private static readonly ModelPrice s_price = new(Pricing(3.5m, 14));

    // 600 tokens at 2, 400 at 0.5 and 100 at 8 dollars for a million; at 3.5, 0.875 and 14; 1,000 at 1 and 100 at 4.
    [Theory]
    [InlineData(null, 2_200_000L, "test 2026-01-01")]
    [InlineData("default", 2_200_000L, "test 2026-01-01")]
    [InlineData("scale", 2_200_000L, "test 2026-01-01")]
    [InlineData("Priority", 3_850_000L, "test 2026-01-01 priority")]
    [InlineData("flex", 1_400_000L, "test 2026-01-01 flex")]
    public void A_tier_costs_its_own_rates_and_the_ordinary_ones_where_it_has_none(string? tier, long nano, string version)
    {
        var price = s_price.At(tier);

        Assert.Equal(nano, price.CostOf(new() { Input = 1000, CacheRead = 400, Output = 100 }, out var why).Total);
        Assert.Equal((Unpriced.None, version), (why, price.Version));
        Assert.Same(price, s_price.At(ModelPrice.TierOf(price.Version)));
    }

    // 1,000 tokens and 100: at 2 and 8, or at 3.5 and 14. At flex they are 1.4 thousandths of a dollar, but it may be answered as ordinary.
    [Theory]
    [InlineData(null, 4_900_000L)]
    [InlineData("priority", 4_900_000L)]
    [InlineData("scale", 4_900_000L)]
    [InlineData("flex", 2_800_000L)]
    [InlineData("default", 2_800_000L)]
    [InlineData("standard_only", 2_800_000L)]
    public void What_a_call_may_cost_is_the_dearest_tier_in_which_it_may_be_answered(string? asked, long nano) =>
        Assert.Equal(nano, s_price.MostFor(1000, 100, asked));

    [Fact]
    public void A_price_without_tiers_is_the_same_for_all()
    {
        var price = new ModelPrice(Pricing(null, 0));

        Assert.False(price.HasServiceTiers);
        Assert.Same(price, price.At("priority"));
        Assert.Equal(2_800_000, price.MostFor(1000, 100, "priority"));
    }

    [Fact]
    public void The_tiers_of_a_price_of_vectors_need_no_rate_for_answers_either()
    {
        var price = new ModelPrice(
            Pricing(null, 0) with { Rates = new() { Input = 2 }, ServiceTiers = [new("priority", new() { Input = 4 })] },
            isOfInputAlone: true);

        var priority = price.At("priority");
        Assert.NotSame(price, priority);
        Assert.True(priority.IsKnown);
        Assert.Equal(0.004, priority.Of(1000, 0, 0));
    }

    [Theory]
    [InlineData("openai-chat", """{"model":"m","messages":[{"role":"user","content":"a"}],"service_tier":TIER}""")]
    [InlineData("openai-responses", """{"model":"m","input":"a","service_tier":TIER}""")]
    [InlineData("anthropic-messages", """{"model":"m","max_tokens":9,"service_tier":TIER,"messages":[{"role":"user","content":"a"}]}""")]
    [InlineData("gemini", """{"contents":[{"parts":[{"text":"a"}]}],"serviceTier":TIER}""")]
    public void A_request_names_the_tier_it_asks_for(string dialect, string json)
    {
        Assert.Equal("priority", Asked("\"priority\""));
        Assert.Equal("scale", Asked("\"scale\""));
        Assert.Equal("default", Asked("\"default\""));
        Assert.Null(Asked("\"auto\""));
        Assert.Null(Asked("null"));
        Assert.Null(Asked("{\"a\":1}"));

        string? Asked(string tier) => BuiltInDialects.Set.Ingress(new(dialect)).ReadEnvelope(
            new IngressRequest(CallOperation.Chat) { Model = "m" },
            Encoding.UTF8.GetBytes(json.Replace("TIER", tier, StringComparison.Ordinal))).ServiceTier;
    }

    [Theory]
    [InlineData(
        "openai-chat",
        """{"choices":[{"index":0,"message":{"role":"assistant","content":"a"}}],"usage":{"prompt_tokens":1},"service_tier":"TIER"}""")]
    [InlineData(
        "openai-responses",
        """{"id":"r","status":"completed","service_tier":"TIER","output":[],"usage":{"input_tokens":1,"output_tokens":1}}""")]
    [InlineData(
        "anthropic-messages",
        """{"type":"message","content":[],"usage":{"input_tokens":1,"output_tokens":1,"service_tier":"TIER"}}""")]
    [InlineData(
        "gemini",
        """{"candidates":[{"content":{"parts":[{"text":"a"}]}}],"usageMetadata":{"promptTokenCount":1,"serviceTier":"TIER"}}""")]
    [InlineData(
        "bedrock-converse",
        """
        {"output":{"message":{"role":"assistant","content":[{"text":"a"}]}},"stopReason":"end_turn",
         "usage":{"inputTokens":1,"outputTokens":1,"totalTokens":2},"serviceTier":{"type":"TIER"}}
        """)]
    public void A_whole_answer_names_the_tier_it_was_made_in(string dialect, string json)
    {
        Assert.Equal("priority", Told("priority"));
        Assert.Equal("default", Told("default"));
        Assert.Null(Told("auto"));

        string? Told(string tier)
        {
            var probe = BuiltInDialects.Set.Egress(new(dialect)).CreateProbe(CallOperation.Chat);
            Assert.True(probe.ObserveBody(Encoding.UTF8.GetBytes(json.Replace("TIER", tier, StringComparison.Ordinal))));
            return probe.ServiceTier;
        }
    }

    [Theory]
    [InlineData("openai-chat", "", """{"choices":[{"index":0,"delta":{"content":"a"}}],"service_tier":"priority"}""")]
    [InlineData(
        "openai-responses",
        "response.completed",
        """{"type":"response.completed","response":{"id":"r","status":"completed","service_tier":"priority","output":[]}}""")]
    [InlineData(
        "anthropic-messages",
        "message_start",
        """{"type":"message_start","message":{"usage":{"input_tokens":1,"output_tokens":1,"service_tier":"priority"}}}""")]
    [InlineData(
        "gemini", "", """{"candidates":[{"content":{"parts":[{"text":"a"}]}}],"usageMetadata":{"serviceTier":"priority"}}""")]
    public void A_streamed_answer_names_the_tier_it_was_made_in(string dialect, string name, string json)
    {
        var probe = BuiltInDialects.Set.Egress(new(dialect)).CreateProbe(CallOperation.Chat);

        probe.Observe(new StreamFrame(Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes(json)));

        Assert.Equal("priority", probe.ServiceTier);
    }

    [Fact]
    public async Task A_corrected_price_counts_a_call_again_in_its_tier()
    {
        var usage = new TokenUsage { Input = 1000, Output = 100 };
        LedgerEntry Entry(IDeploymentPrice price) => new()
        {
            Call = Guid.NewGuid(),
            RequestId = "req-1",
            StartedAt = DateTimeOffset.UnixEpoch,
            Outcome = LedgerOutcome.Finished,
            Alias = "fast",
            Provider = "openai",
            Model = "gpt-4o",
            Operation = "chat",
            Usage = usage,
            Cost = price.CostOf(usage, out _),
            PriceVersion = price.Version,
        };
        var ledger = new SomeLedger([Entry(s_price.At("priority")), Entry(s_price)]);
        var corrected = new ModelPrice(Pricing(4, 16));

        await Repricing.RunAsync(ledger, new UsageFilter(), (_, _, _) => corrected, ledger, TestContext.Current.CancellationToken);

        // The ordinary tier has not changed. 1,000 tokens at 4 dollars and 100 at 16 for a million.
        var after = Assert.Single(ledger.Corrections).After;
        Assert.Equal((5_600_000L, "test 2026-01-01 priority"), (after.Cost.Total, after.PriceVersion));
    }

    private static ModelPricing Pricing(decimal? priorityInput, decimal priorityOutput) => new()
    {
        Source = new() { Name = "test", Commit = "none", Date = new DateOnly(2026, 1, 1), Licence = "MIT" },
        Rates = new() { Input = 2, Output = 8, CacheRead = 0.5m },
        ServiceTiers = priorityInput is null
            ? []
            :
            [
                new("priority", new() { Input = priorityInput, Output = priorityOutput, CacheRead = 0.875m }),
                new("flex", new() { Input = 1, Output = 4 }),
            ],
    };

    private sealed class SomeLedger(IReadOnlyList<LedgerEntry> entries) : IUsageReader, ILedgerCorrections
    {
        public List<LedgerCorrection> Corrections { get; } = [];

        public Task<UsageSummary> SummarizeAsync(UsageQuery query, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<LedgerPage> ListAsync(UsageFilter filter, int limit, string? after, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public IAsyncEnumerable<LedgerEntry> ReadAsync(UsageFilter filter, CancellationToken cancellationToken) =>
            entries.ToAsyncEnumerable();

        public Task<int> CorrectAsync(
            IReadOnlyList<LedgerCorrection> corrections, string reason, CancellationToken cancellationToken)
        {
            Corrections.AddRange(corrections);
            return Task.FromResult(corrections.Count);
        }
    }
}
