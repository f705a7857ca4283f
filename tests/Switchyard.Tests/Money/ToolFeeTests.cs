using System.Text;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Configuration;
using Switchyard.Dialects;
using Switchyard.Dialects.BuiltIn;
using Switchyard.Dialects.Framing;
using Switchyard.Models;
using Switchyard.Money;
using Switchyard.Money.Bounds;
using Switchyard.Money.Reconciling;
using Switchyard.Targets;
using Switchyard.Tests.Calls;
using Xunit;

namespace Switchyard.Tests.Money;

/// <summary>Tools that a provider runs itself: the cost of their uses, where answers count them, and how many are reserved.</summary>
public sealed class ToolFeeTests
{
    private static readonly DateOnly s_day = new(2026, 1, 1);

    // 1,000 tokens at 2 dollars for a million are 2,000,000 nano-dollars; a cent is 10,000,000.
    [Theory]
    [InlineData(null, null, 0L)]
    [InlineData(0L, 0L, 0L)]
    [InlineData(3L, null, 30_000_000L)]
    [InlineData(null, 2L, 5_000_000L)]
    [InlineData(3L, 2L, 35_000_000L)]
    public void Each_use_costs_its_fee_beside_the_tokens(long? web, long? files, long nano)
    {
        var price = new ModelPrice(Pricing(new(0.01m, 0.0025m, 0)));

        var cost = price.CostOf(new() { Input = 1000, Output = 0, WebSearches = web, FileSearches = files }, out var why);

        Assert.Equal((Unpriced.None, 2_000_000 + nano, nano), (why, cost.Total, cost.Request));
    }

    [Theory]
    [InlineData(1L)]
    [InlineData(7L)]
    public void A_fee_of_a_grounded_call_is_charged_once(long searches)
    {
        var price = new ModelPrice(Pricing(new(0, 0, 0.035m)));

        Assert.Equal(35_000_000, price.CostOf(new() { Input = 0, Output = 0, WebSearches = searches }, out _).Total);
        Assert.Equal(0, price.CostOf(new() { Input = 0, Output = 0 }, out _).Total);
    }

    [Fact]
    public void The_fees_are_the_same_in_every_service_tier()
    {
        var pricing = Pricing(new(0.01m, 0, 0)) with { ServiceTiers = [new("flex", new() { Input = 1, Output = 4 })] };

        var cost = new ModelPrice(pricing).At("flex").CostOf(new() { Input = 1000, Output = 0, WebSearches = 1 }, out _);

        Assert.Equal(11_000_000, cost.Total);
    }

    [Theory]
    [InlineData("openai-chat", "\"server_tool_use\":{\"web_search_requests\":2,\"other\":{}}", 2L)]
    [InlineData("openai-chat", "\"server_tool_use\":null", null)]
    [InlineData("openai-chat", "\"num_search_queries\":2", 2L)]
    [InlineData("anthropic-messages", "\"server_tool_use\":{\"web_search_requests\":2,\"web_fetch_requests\":1}", 2L)]
    [InlineData("anthropic-messages", "\"server_tool_use\":null", null)]
    [InlineData("anthropic-messages", "\"server_tool_use\":{\"web_search_requests\":0}", null)]
    public void Usage_of_a_whole_answer_counts_searches(string dialect, string member, long? searches)
    {
        var json = dialect == "openai-chat"
            ? $$$"""
              {"id":"c","choices":[{"index":0,"message":{"role":"assistant","content":"a"},"finish_reason":"stop"}],
               "usage":{"prompt_tokens":1,"completion_tokens":1,{{{member}}} }}
              """
            : $$$"""
              {"id":"m","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"a"}],"stop_reason":"end_turn",
               "usage":{"input_tokens":1,"output_tokens":1,{{{member}}} }}
              """;

        Assert.All(Whole(dialect, json), usage => Assert.Equal(searches, usage.WebSearches));
    }

    [Theory]
    [InlineData("", 2L, 1L)]
    // xAI counts all charged uses, including opened pages and searches of X.
    [InlineData(
        """
        ,"server_side_tool_usage_details":{"web_search_calls":3,"x_search_calls":1,"mcp_calls":0,"file_search_calls":2}
        """,
        4L,
        2L)]
    public void Items_of_a_whole_answer_count_searches_and_no_pages_that_are_opened(string member, long web, long files) => Assert.All(
        Whole("openai-responses", Response(member)), usage => Assert.Equal((web, files), (usage.WebSearches, usage.FileSearches)));

    [Fact]
    public void Queries_of_a_grounded_answer_count_but_for_empty_ones()
    {
        var json = """
            {"candidates":[{"content":{"role":"model","parts":[{"text":"a"}]},"finishReason":"STOP",
             "groundingMetadata":{"groundingChunks":[{"web":{"uri":"https://example.com"}}],"webSearchQueries":["a","","b"]}}],
             "usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":1}}
            """;

        Assert.All(Whole("gemini", json), usage => Assert.Equal(2, usage.WebSearches));
        Assert.All(Streamed("gemini", ("", json)), usage => Assert.Equal(2, usage.WebSearches));
        Assert.All(
            Whole("gemini", json.Replace("webSearchQueries", "web_search_queries", StringComparison.Ordinal)),
            usage => Assert.Equal(2, usage.WebSearches));
        Assert.All(
            Whole("gemini", json.Replace("webSearchQueries", "imageQueries", StringComparison.Ordinal)),
            usage => Assert.Null(usage.WebSearches));
    }

    [Fact]
    public void A_streamed_answer_counts_searches()
    {
        var chat = Streamed(
            "openai-chat",
            ("", """{"id":"c","choices":[{"index":0,"delta":{"content":"a"}}]}"""),
            ("", """{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1,"server_tool_use":{"web_search_requests":2}}}"""));
        var messages = Streamed(
            "anthropic-messages",
            ("message_start", """{"type":"message_start","message":{"usage":{"input_tokens":1,"output_tokens":1}}}"""),
            (
                "message_delta",
                """
                {"type":"message_delta","delta":{"stop_reason":"end_turn"},
                 "usage":{"output_tokens":5,"server_tool_use":{"web_search_requests":2}}}
                """));
        var responses = Streamed(
            "openai-responses",
            ("response.completed", $$$"""{"type":"response.completed","response":{{{Response()}}} }"""));

        Assert.All(chat.Concat(messages).Concat(responses), usage => Assert.Equal(2, usage.WebSearches));
        Assert.All(responses, usage => Assert.Equal(1, usage.FileSearches));
    }

    [Fact]
    public void What_a_stream_has_searched_for_when_its_client_leaves_counts_until_its_end_says_better()
    {
        const string Name = "response.web_search_call.completed";
        const string Event = """{"type":"response.web_search_call.completed","item_id":"ws_1","output_index":0}""";
        (string, string)[] begun = [(Name, Event), (Name, Event), (Name, Event)];

        Assert.All(Streamed("openai-responses", begun), usage => Assert.Equal(3, usage.WebSearches));
        Assert.All(
            Streamed(
                "openai-responses",
                [.. begun, ("response.completed", $$$"""{"type":"response.completed","response":{{{Response()}}} }""")]),
            usage => Assert.Equal(2, usage.WebSearches));
    }

    [Fact]
    public void An_estimate_keeps_what_was_searched_for()
    {
        var call = SomeCall.Of(SomeCall.RouteTo("a/m"));
        var attempt = call.BeginAttempt(SomeCall.Deployment("a/m"));
        attempt.Sending();
        attempt.Opened();
        attempt.Observe(new() { WebSearches = 3 });
        attempt.OutputCharacters = 400;
        attempt.End(AttemptOutcome.Abandoned, null);

        var (usage, isEstimate) = Settlement.UsageOf(call, attempt);

        Assert.Equal((true, 100L, 3L), (isEstimate, usage.Output, usage.WebSearches));
    }

    [Fact]
    public void Uses_of_tools_are_carried_beside_the_tokens_in_process()
    {
        var usage = new TokenUsage { Input = 1, CacheWriteHour = 5_000_000, WebSearches = 3, FileSearches = 0 };

        Assert.Equal(usage, TokenUsage.From(usage.ToUsageDetails()));
        Assert.Equal(usage, default(TokenUsage).UpdatedBy(usage).UpdatedBy(default));
        Assert.Equal(65_534, new TokenUsage { WebSearches = 1_000_000 }.WebSearches);
        Assert.Null(new TokenUsage { WebSearches = -1 }.WebSearches);
    }

    [Theory]
    [InlineData("openai-responses", """ "tools":[{"type":"web_search"},{"type":"file_search","vector_store_ids":["v"]}] """, 20, 20)]
    [InlineData("openai-responses", """ "tools":[{"type":"web_search_preview"}],"max_tool_calls":3 """, 3, 0)]
    [InlineData("openai-responses", """ "tools":[{"type":"web_search_preview"}],"max_tool_calls":"30" """, 30, 0)]
    [InlineData("openai-responses", """ "max_tool_calls":0,"tools":[{"type":"web_search"}] """, 1, 0)]
    [InlineData("openai-responses", """ "tools":[{"type":"web_search"}],"max_tool_calls":100 """, 100, 0)]
    [InlineData(
        "openai-responses", """ "max_tool_calls":100,"tools":[{"type":"web_search","max_uses":5},{"type":"file_search"}] """, 5, 100)]
    [InlineData("openai-responses", """ "\u0074ools":[{"type":"web_searc\u0068"}] """, 20, 20)]
    [InlineData("openai-responses", """ "tools":[{"type":"function","name":"web_search","parameters":{"type":"object"}}] """, 0, 0)]
    [InlineData("openai-responses", """ "prompt":{"id":"pmpt_1"} """, 20, 20)]
    [InlineData("openai-responses", """ "metadata":{"tools":"web_search"} """, 0, 0)]
    [InlineData(
        "anthropic-messages",
        """
        "max_tokens":9,"tools":[{"type":"web_search_20250305","name":"web_search","max_uses":5},
        {"name":"f","input_schema":{"type":"object","properties":{"search":{"type":"string"}}}}]
        """, 5, 0)]
    [InlineData("anthropic-messages", """ "max_tokens":9,"tools":[{"type":"web_search_20260209","name":"web_search"}] """, 20, 0)]
    [InlineData("anthropic-messages", """ "max_tokens":9,"tools":[{"type":"web_fetch_20250910","name":"web_fetch"}] """, 0, 0)]
    [InlineData("gemini", """ "tools":[{"googleSearch":{}}] """, 20, 0)]
    [InlineData("gemini", """ "tools":[{"google_search_retrieval":{"dynamic_retrieval_config":{}}},{"fileSearch":{}}] """, 20, 0)]
    [InlineData("gemini", """ "tools":[{"functionDeclarations":[{"name":"search"}]},{"urlContext":{}}] """, 0, 0)]
    [InlineData("openai-chat", """ "tools":[{"type":"openrouter:web_search"}] """, 20, 0)]
    [InlineData("openai-chat", """ "web_search_options":{} """, 20, 0)]
    public void A_request_holds_as_many_uses_as_it_allows(string dialect, string members, int web, int files)
    {
        var said = dialect switch
        {
            "gemini" => """ "contents":[{"parts":[{"text":"a"}]}] """,
            "openai-responses" => """ "model":"m","input":"a" """,
            _ => """ "model":"m","messages":[{"role":"user","content":"a"}] """,
        };
        var ingress = BuiltInDialects.Set.Ingress(new(dialect));
        var bytes = Encoding.UTF8.GetBytes($"{{{said},{members}}}");
        var envelope = ingress.ReadEnvelope(new IngressRequest(CallOperation.Chat) { Model = "m" }, bytes);

        var bounds = TokenBounds.Of(CallBody.FromWire(ingress, envelope, PooledBytes.Owned(bytes)));

        Assert.Equal((web, files), ((int)bounds.WebSearches, (int)bounds.FileSearches));
    }

    /// <summary>As after a change by a guard, for example.</summary>
    [Theory]
    [InlineData("openai-responses", """ "input":"a","tools":[{"type":"web_search"}],"max_tool_calls":100 """, 100)]
    [InlineData("openai-responses", """ "input":"a","tools":[{"type":"web_search"}],"max_tool_calls":3 """, 3)]
    [InlineData("openai-chat", """ "messages":[{"role":"user","content":"a"}],"web_search_options":{} """, 20)]
    public void A_request_that_was_decoded_holds_as_many_uses(string dialect, string members, int web)
    {
        var ingress = BuiltInDialects.Set.Ingress(new(dialect));
        var bytes = Encoding.UTF8.GetBytes($"{{\"model\":\"m\",{members}}}");
        var envelope = ingress.ReadEnvelope(new IngressRequest(CallOperation.Chat) { Model = "m" }, bytes);
        var body = CallBody.FromWire(ingress, envelope, PooledBytes.Owned(bytes));

        var bounds = TokenBounds.Of(CallBody.FromCanonical(body.GetCanonical()));

        Assert.Equal(web, (int)bounds.WebSearches);
    }

    [Fact]
    public void Tools_of_a_caller_in_process_are_held_too()
    {
        var options = new ChatOptions { Tools = [new HostedWebSearchTool(), new HostedFileSearchTool()] };

        var bounds = TokenBounds.Of(CallBody.FromCanonical(new CanonicalChatRequest([new(ChatRole.User, "a")], options)));

        Assert.Equal((20, 20), ((int)bounds.WebSearches, (int)bounds.FileSearches));
    }

    [Fact]
    public void What_a_call_may_cost_has_the_fees_in_it()
    {
        const string Request = """
            {"model":"m","max_tokens":50,"messages":[{"role":"user","content":"a"}],
             "tools":[{"type":"web_search_20250305","name":"web_search","max_uses":5}]}
            """;
        var ingress = BuiltInDialects.Set.Ingress(new("anthropic-messages"));
        var bytes = Encoding.UTF8.GetBytes(Request);
        var call = SomeCall.Of();
        var envelope = ingress.ReadEnvelope(new IngressRequest(CallOperation.Chat) { Model = "m" }, bytes);
        call.ReplaceRequest(envelope, CallBody.FromWire(ingress, envelope, PooledBytes.Owned(bytes)));
        var money = new MoneyCall(Guid.NewGuid(), new MoneyFacts(null, null, null, null), DateTimeOffset.UnixEpoch);

        var (free, charged) = (money.MostAt(call, Target(null)), money.MostAt(call, Target(new(0.01m, 0, 0.035m))));

        // Five cents, and three and a half.
        Assert.Equal(85_000_000, charged - free);
    }

    [Fact]
    public async Task A_corrected_fee_counts_a_call_again_with_the_uses_that_were_written_down()
    {
        var usage = new TokenUsage { Input = 1000, Output = 0, WebSearches = 2 };
        var before = new ModelPrice(Pricing(null));
        var entry = new LedgerEntry
        {
            Call = Guid.NewGuid(),
            RequestId = "req-1",
            StartedAt = DateTimeOffset.UnixEpoch,
            Outcome = LedgerOutcome.Finished,
            Alias = "fast",
            Provider = "acme",
            Model = "m",
            Operation = "chat",
            Usage = usage,
            Cost = before.CostOf(usage, out _),
            PriceVersion = before.Version,
        };
        var ledger = new SomeLedger([entry]);
        var corrected = new ModelPrice(Pricing(new(0.01m, 0, 0)));

        await Repricing.RunAsync(ledger, new UsageFilter(), (_, _, _) => corrected, ledger, TestContext.Current.CancellationToken);

        Assert.Equal((2_000_000L, 22_000_000L), (entry.Cost.Total, Assert.Single(ledger.Corrections).After.Cost.Total));
    }

    [Fact]
    public void A_price_of_tools_alone_adds_to_the_price_that_there_is()
    {
        var options = new PricesOptions();
        options.Models["acme/*"] = new() { Tools = { WebSearch = 0.01m } };
        options.Models["acme/big"] = new() { Input = 1, Output = 2 };
        options.Models["acme/deep-*"] = new() { Tools = { WebSearch = 0.005m, GroundedRequest = 0.035m } };
        options.Models["rival/*"] = new() { Input = 1, Output = 2 };
        var table = PriceTable.Of(options, name => name, s_day);
        var catalogued = Pricing(null);

        Assert.Null(table.Find("acme", "small"));
        Assert.Equal(1, table.Find("acme", "big")!.Rates.Input);
        Assert.Equal(catalogued with { Tools = new ToolFees(0.01m, 0, 0) }, table.WithTools(catalogued, "acme", "small"));
        Assert.Equal(new ToolFees(0.01m, 0, 0), table.WithTools(table.Find("acme", "big")!, "acme", "big").Tools);
        Assert.Equal(new ToolFees(0.005m, 0, 0.035m), table.WithTools(catalogued, "acme", "deep-1").Tools);
        Assert.Null(table.WithTools(catalogued, "rival", "small").Tools);
    }

    /// <summary>The counts of the probe, which reads a forwarded answer, and of the decoder.</summary>
    private static TokenUsage[] Whole(string dialect, string json)
    {
        var egress = BuiltInDialects.Set.Egress(new(dialect));
        var bytes = Encoding.UTF8.GetBytes(json);
        var probe = egress.CreateProbe(CallOperation.Chat);
        Assert.True(probe.ObserveBody(bytes));
        return [probe.Usage, egress.DecodeAnswer(CallOperation.Chat, bytes).Usage];
    }

    private static TokenUsage[] Streamed(string dialect, params (string Name, string Data)[] frames)
    {
        var egress = BuiltInDialects.Set.Egress(new(dialect));
        var (probe, decoder) = (egress.CreateProbe(CallOperation.Chat), egress.CreateStreamDecoder(CallOperation.Chat));
        foreach (var (name, data) in frames)
        {
            var frame = new StreamFrame(Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes(data));
            probe.Observe(frame);
            decoder.Decode(frame, []);
        }

        return [probe.Usage, decoder.Usage];
    }

    private static string Response(string usage = "") =>
        $$$"""
        {"id":"r","object":"response","status":"completed","model":"m","output":[
         {"type":"web_search_call","id":"ws_1","status":"completed","action":{"type":"search","query":"a"}},
         {"type":"web_search_call","id":"ws_2","status":"completed","action":{"type":"open_page","url":"https://example.com"}},
         {"action":{"url":"https://example.com","type":"find_in_page","pattern":"a"},"type":"web_search_call","id":"ws_3"},
         {"type":"web_search_call","id":"ws_4","status":"completed"},
         {"type":"file_search_call","id":"fs_1","status":"completed","queries":["a"],"results":null},
         {"type":"message","id":"msg_1","role":"assistant","status":"completed",
          "content":[{"type":"output_text","text":"a","annotations":[]}]}],
         "usage":{"input_tokens":1,"output_tokens":1{{{usage}}} }}
        """;

    private static Deployment Target(ToolFees? fees) =>
        new("a", "m", new NoBinding(), new DeploymentState()) { Price = new ModelPrice(Pricing(fees)) };

    private static ModelPricing Pricing(ToolFees? fees) => new()
    {
        Source = new() { Name = "test", Commit = "none", Date = s_day, Licence = "MIT" },
        Rates = new() { Input = 2, Output = 8 },
        Tools = fees,
    };

    private sealed class NoBinding : IDeploymentBinding;

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
