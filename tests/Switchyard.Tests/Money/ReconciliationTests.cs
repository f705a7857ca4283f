using Switchyard.Canonical;
using Switchyard.Models;
using Switchyard.Money;
using Switchyard.Money.Reconciling;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Money;

/// <summary>The ledger compared with the usage that providers report.</summary>
[Covers("B2")]
public sealed class ReconciliationTests
{
    private static readonly DateOnly s_day = new(2026, 11, 28);

    [Fact]
    public void The_CSV_of_an_organisations_usage_is_read()
    {
        var lines = UsageExport.Read(
            """
            start_time,end_time,end_time_iso,project_id,num_model_requests,model,input_tokens,output_tokens,input_cached_tokens
            1795824000,1795910400,2026-11-29T00:00:00+00:00,"a, b",3,gpt-4o-mini-2024-07-18,3000,1500,800
            1795910400,1795996800,2026-11-30T00:00:00+00:00,,,,,,
            """);

        var line = Assert.Single(lines);
        Assert.Equal((s_day, "gpt-4o-mini-2024-07-18", 3L), (line.Day, line.Model, line.Requests));
        Assert.Equal(new TokenUsage { Input = 3000, Output = 1500, CacheRead = 800 }, line.Usage);
    }

    [Theory]
    [InlineData("day,model,input_tokens,input_tokens", "input_tokens")]
    [InlineData("day,model,cost_usd,Cost USD", "cost_usd")]
    [InlineData("day,day,input_tokens,model", "day")]
    public void A_column_that_is_there_twice_is_refused_by_its_name(string header, string name)
    {
        var refused = Assert.Throws<FormatException>(() => UsageExport.Read($"{header}\n2026-11-28,gpt-4o,1,1\n"));

        Assert.Contains($"'{name}' twice", refused.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Columns_that_are_not_read_may_be_there_twice()
    {
        var line = Assert.Single(UsageExport.Read("day,model,note,note,input_tokens\n2026-11-28,gpt-4o,a,b,7\n"));

        Assert.Equal(7, line.Usage.Input);
    }

    [Fact]
    public void The_JSON_of_usage_in_buckets_is_read()
    {
        var lines = UsageExport.Read(
            """
            {"object":"page","data":[{"object":"bucket","start_time":1795824000,"end_time":1795910400,"results":[
              {"input_tokens":1000,"output_tokens":500,"input_cached_tokens":800,"num_model_requests":5,"model":"gpt-4o"},
              {"input_tokens":10,"output_tokens":5,"num_model_requests":1,"model":"gpt-4o-mini"}]}],"has_more":false,"next_page":null}
            """);

        Assert.Equal(["gpt-4o", "gpt-4o-mini"], lines.Select(line => line.Model));
        Assert.All(lines, line => Assert.Equal(s_day, line.Day));
        Assert.Equal(new TokenUsage { Input = 1000, Output = 500, CacheRead = 800 }, lines[0].Usage);
    }

    [Fact]
    public void The_JSON_of_costs_is_read_in_dollars()
    {
        var lines = UsageExport.Read(
            """
            {"data":[{"start_time":1795824000,"results":[{"amount":{"value":0.06,"currency":"usd"},"line_item":"gpt-4o, input"}]}]}
            """);

        Assert.Equal((s_day, "gpt-4o", 0.06m), (lines[0].Day, lines[0].Model, lines[0].Cost));
    }

    [Fact]
    public void The_JSON_of_usage_whose_prompt_is_in_three_parts_is_read()
    {
        var lines = UsageExport.Read(
            """
            {"data":[{"starting_at":"2026-11-28T00:00:00Z","ending_at":"2026-11-29T00:00:00Z","results":[
              {"uncached_input_tokens":1500,"cache_creation":{"ephemeral_1h_input_tokens":1000,"ephemeral_5m_input_tokens":500},
               "cache_read_input_tokens":200,"output_tokens":500,"server_tool_use":{"web_search_requests":10},
               "api_key_id":null,"model":"claude-sonnet-4-20250514","service_tier":"standard"}]}],"has_more":false}
            """);

        Assert.Equal(new TokenUsage { Input = 3200, CacheRead = 200, CacheWrite = 1500, Output = 500 }, lines[0].Usage);
        Assert.Equal("claude-sonnet-4", Reconciliation.NameOf(lines[0].Model));
    }

    [Fact]
    public void A_bare_amount_is_cents()
    {
        var lines = UsageExport.Read(
            """{"data":[{"starting_at":"2026-11-28T00:00:00Z","results":[{"currency":"USD","amount":"123.78912","model":"m"}]}]}""");

        Assert.Equal(1.2378912m, lines[0].Cost);
    }

    [Fact]
    public void The_CSV_whose_prompt_is_in_three_parts_is_read()
    {
        var lines = UsageExport.Read(
            """
            usage_date_utc;model_version;usage_input_tokens_no_cache;usage_input_tokens_cache_write_5m;usage_input_tokens_cache_read
            2026-11-28;claude-haiku-4-5;100;23;4000
            """);

        Assert.Equal(new TokenUsage { Input = 4123, CacheRead = 4000, CacheWrite = 23 }, lines[0].Usage);
    }

    [Theory]
    [InlineData("model,input_tokens\nm,1", "the day")]
    [InlineData("day,input_tokens\n2026-11-28,many", "Line 2: 'many'")]
    [InlineData("day,input_tokens\n28th,1", "Line 2: '28th'")]
    [InlineData("day,input_tokens\n12.11.2026,1", "ISO 8601 (2026-11-28)")]
    [InlineData("day,input_tokens\n12/11/2026,1", "ISO 8601 (2026-11-28)")]
    [InlineData("day,input_tokens\n9999-12-31,1", "Line 2: '9999-12-31'")]
    [InlineData("day,model\n2026-11-28,m", "no usage")]
    [InlineData("{\"data\":[", "not complete JSON")]
    [InlineData("", "no usage")]
    public void What_cannot_be_read_says_where_and_what_is_missing(string text, string words) =>
        Assert.Contains(words, Assert.Throws<FormatException>(() => UsageExport.Read(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void What_agrees_has_no_cause()
    {
        var group = Compare(
            "day,model,input_tokens,output_tokens,cost_usd\n2026-11-28,gpt-4o-2024-08-06,1000,500,0.01", Ours(1000, 500, 0.01m));

        Assert.False(group.IsDifferent);
        Assert.Equal("", group.Cause);
        Assert.Equal(["input", "output", "cost"], group.Figures.Select(figure => figure.Class));
    }

    [Theory]
    [InlineData("input_tokens,output_tokens,cost_usd\n2026-11-28,gpt-4o,1000,500,0.005", "the price does not: theirs is -50.0% of ours")]
    [InlineData("input_tokens,output_tokens\n2026-11-28,gpt-4o,1500,700", "outside the gateway")]
    [InlineData("input_tokens,output_tokens\n2026-11-28,gpt-4o,900,500", "not complete yet")]
    [InlineData("input_tokens,output_tokens,cache_read_tokens\n2026-11-28,gpt-4o,1000,500,400", "other cache classes")]
    [InlineData("cost_usd\n2026-11-28,gpt-4o,0.5", "only costs can be compared")]
    [InlineData(
        "input_tokens,output_tokens\n2026-11-28,gpt-4o,900,500\n2026-11-29,gpt-4o,100,0", "2026-11-29 is off by as much the other way")]
    public void A_difference_has_its_likely_cause(string export, string cause) =>
        Assert.Contains(cause, Compare($"day,model,{export}", Ours(1000, 500, 0.01m)).Cause, StringComparison.Ordinal);

    [Fact]
    public void Unknown_calls_estimates_and_missing_prices_are_named_before_guesses()
    {
        var more = "day,model,input_tokens,output_tokens\n2026-11-28,gpt-4o,1500,700";

        Assert.Contains(
            "1 calls of that day have an unknown end", Compare(more, Ours(1000, 500, 0.01m), Unknown()).Cause, StringComparison.Ordinal);
        Assert.Contains(
            "4 of our lines are estimates", Compare(more, Ours(1000, 500, 0) with { Estimates = 4 }).Cause, StringComparison.Ordinal);
        Assert.Contains(
            "2 of our lines have no price",
            Compare(
                "day,model,input_tokens,output_tokens,cost_usd\n2026-11-28,gpt-4o,1000,500,1",
                Ours(1000, 500, 0) with { Unpriced = new() { NoPrice = 2 } }).Cause,
            StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_call_is_what_is_missing_on_its_day()
    {
        var decision = Decide("2026-11-28,gpt-4o,1500,700,200", Unknown("fast"), Unknown("fast"));

        Assert.Empty(decision.Left);
        Assert.Equal([250L, 250L], decision.Corrections.Select(pair => pair.After.Usage.Input!.Value));
        Assert.Equal(200, decision.Corrections.Sum(pair => pair.After.Usage.Output));
        Assert.Equal(200, decision.Corrections.Sum(pair => pair.After.Usage.CacheRead));
        Assert.All(decision.Corrections, pair => Assert.Equal(
            (LedgerOutcome.Resolved, "openai", "gpt-4o", true, Unpriced.None),
            (pair.After.Outcome, pair.After.Provider, pair.After.Model, pair.After.IsEstimate, pair.After.Unpriced)));
        // 300 new, 200 read from the cache and 200 out, at 2, 1 and 10 dollars a million.
        Assert.Equal(2_800_000, decision.Corrections.Sum(pair => pair.After.Cost.Total));
    }

    [Fact]
    public void Where_nothing_is_missing_an_unknown_call_cost_nothing()
    {
        var pair = Assert.Single(Decide("2026-11-28,gpt-4o,1000,500,0", Unknown("fast")).Corrections);

        Assert.Equal((LedgerOutcome.Resolved, 0L), (pair.After.Outcome, pair.After.Cost.Total));
    }

    [Theory]
    [InlineData("2026-11-28,gpt-4o,900,500,0", "fast", 0, "less than the ledger")]
    [InlineData("2026-11-28,gpt-4o,1500,500,0", "elsewhere", 0, "another provider")]
    [InlineData("2026-11-28,o9,1500,500,0", "fast", 0, "less than the ledger")]
    [InlineData("2026-11-28,gpt-4o,9000,9500,0", "fast", 1000, "than 1 unknown calls can have cost")]
    public void Where_it_does_not_follow_a_call_stays_unknown(string line, string alias, long worst, string words)
    {
        var decision = Decide(line, Unknown(alias) with { WorstCase = worst });

        Assert.Empty(decision.Corrections);
        Assert.Contains(words, Assert.Single(decision.Left), StringComparison.Ordinal);
    }

    private static UnknownDecision Decide(string line, params LedgerEntry[] unknown)
    {
        var theirs = UsageExport.Read($"day,model,input_tokens,output_tokens,cache_read_tokens\n{line}");
        var groups = Reconciliation.Compare(theirs, [new([$"{s_day:yyyy-MM-dd}", "openai/gpt-4o"], Ours(1000, 500, 0.01m))], unknown);
        var price = new ModelPrice(new ModelPricing
        {
            Source = new() { Name = "test", Commit = "", Date = s_day, Licence = "" },
            Rates = new() { Input = 2, Output = 10, CacheRead = 1 },
        });
        return UnknownCalls.Decide(
            groups, unknown, "openai", alias => alias == "fast" ? ["openai/gpt-4o"] : ["openai/gpt-4o", "local/x"], _ => price);
    }

    private static ReconciledGroup Compare(string export, UsageFigures ours, params LedgerEntry[] unknown) =>
        Reconciliation.Compare(UsageExport.Read(export), [new([$"{s_day:yyyy-MM-dd}", "openai/gpt-4o"], ours)], unknown)
            .First(group => group.Day == s_day && group.Model == "gpt-4o");

    private static UsageFigures Ours(long input, long output, decimal cost) => new()
    {
        Lines = 1,
        Usage = new TokenUsage { Input = input, Output = output },
        Cost = new TokenCost { Input = TokenCost.ToNano(cost) },
    };

    private static LedgerEntry Unknown(string alias = "fast") => new()
    {
        Call = Guid.NewGuid(),
        RequestId = "req-1",
        StartedAt = Reconciliation.Start(s_day).AddHours(5),
        Outcome = LedgerOutcome.Unknown,
        Alias = alias,
        Provider = "",
        Model = "",
        Operation = "chat",
    };
}
