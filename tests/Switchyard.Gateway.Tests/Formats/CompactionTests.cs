using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Configuration;
using Switchyard.Hosting;
using Switchyard.Money;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Formats;

/// <summary>Compaction of a conversation (<c>/v1/responses/compact</c>), as Codex asks for it.</summary>
public sealed class CompactionTests
{
    private const string Path = "/v1/responses/compact";

    private const string Request = """{"model":"up/some-model","input":[{"role":"user","content":"Hello"}]}""";

    private const string Answer = """
        { "id":"resp_c","object":"response.compaction","created_at":1790000000,"x_vendor":1.50,"output":[{"id":"msg_0","type":"message","role":"user","content":[{"type":"input_text","text":"Hello"}]},{"id":"cmp_1","type":"compaction","encrypted_content":"gAAAAA=="}],"usage":{"input_tokens":1000,"output_tokens":100,"total_tokens":1100}}
        """;

    private const string Unreadable = """
        {"error":{"message":"The encrypted content could not be verified.","type":"invalid_request_error","param":null,
        "code":"invalid_encrypted_content"}}
        """;

    [Theory]
    [InlineData("/v1/responses/compact")]
    [InlineData("/openai/v1/responses/compact")]
    [InlineData("/openai/responses/compact?api-version=2025-04-01-preview")]
    public async Task It_is_forwarded_byte_for_byte_and_its_usage_is_read(string path)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        var ended = new TaskCompletionSource<CallRecord>();
        await using var gateway = await StartAsync(upstream, build: b => b.AddSink(new EndedSink(call => ended.TrySetResult(call))));
        upstream.ThenJson(Answer);
        const string Asked = """{ "input": [{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"E"},{"role":"user","content":"Hello"}],  "model" : "up/some-model", "instructions":"be kind", "tools":[], "parallel_tool_calls":true, "unknown_field": [1.0, 2e3, null] }""";

        using var response = await gateway.PostAsync(path, Asked);

        Assert.Equal(Answer, await response.Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(Path, upstream.LastRequest.Path);
        Assert.Equal(Asked.Replace("\"up/some-model\"", "\"some-model\"", StringComparison.Ordinal), upstream.LastRequest.Text);
        var record = await ended.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal((CallOperation.Compaction, CallOutcome.Finished), (record.Operation, record.Outcome));
        Assert.Equal((1000L, 100L), (record.Usage.Input, record.Usage.Output));
    }

    [Fact]
    public async Task It_is_written_to_the_ledger_and_charged_to_the_budget()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        var ledger = new MemoryLedger();
        await using var gateway = await StartAsync(
            upstream,
            options =>
            {
                options.Prices.Models["up/*"] = new() { Input = 1, Output = 10 };
                options.Budgets.Named["total"] = new() { Usd = 1, Period = "lifetime" };
                options.Storage.Ledger = "sqlite:never-opened.db";
            },
            builder => builder.Services.AddSingleton<ILedgerFactory>(ledger));
        upstream.ThenJson(Answer);

        using var response = await gateway.PostAsync(Path, Request);
        await response.Content.ReadAsStringAsync();
        await Wait.ForAsync(() => ledger.Entries.Count > 0);

        var entry = Assert.Single(ledger.Entries);
        Assert.Equal(("compaction", "up", "some-model", false), (entry.Operation, entry.Provider, entry.Model, entry.IsEstimate));
        Assert.Equal((1000L, 100L), (entry.Usage.Input, entry.Usage.Output));
        // Nano-dollars: 1,000 tokens at a dollar for a million, and 100 at ten.
        Assert.Equal(2_000_000, entry.Cost.Total);
        await Wait.ForAsync(() => gateway.Engine.Budgets.List().Sum(account => account.Spent) == 2_000_000);
    }

    /// <summary>The format has no field for a limit, so the longest answer is reserved and cannot be shortened.</summary>
    [Fact]
    public async Task A_budget_without_room_for_the_longest_answer_refuses_it()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, options =>
        {
            options.Prices.Models["up/*"] = new() { Input = 1, Output = 10 };
            options.Budgets.Named["total"] = new() { Usd = 0.1m, Period = "lifetime" };
        });

        using var response = await gateway.PostAsync(Path, Request);

        Assert.Equal(HttpStatusCode.PaymentRequired, response.StatusCode);
        Assert.Empty(upstream.Requests);
    }

    [Fact]
    public async Task A_stream_is_not_offered()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        var ended = new TaskCompletionSource<CallRecord>();
        await using var gateway = await StartAsync(upstream, build: b => b.AddSink(new EndedSink(call => ended.TrySetResult(call))));
        upstream.ThenJson(Answer);

        using var response = await gateway.PostAsync(Path, """{"model":"up/some-model","input":"Hello","stream":true}""");

        Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal(Answer, await response.Content.ReadAsStringAsync());
        // The provider decides whether to refuse the field.
        Assert.Equal("""{"model":"some-model","input":"Hello","stream":true}""", upstream.LastRequest.Text);
        Assert.False((await ended.Task.WaitAsync(TimeSpan.FromSeconds(30))).Stream);
    }

    [Theory]
    [InlineData("embedding", HttpStatusCode.Forbidden)]
    [InlineData("compaction", HttpStatusCode.OK)]
    [InlineData("chat", HttpStatusCode.OK)]
    public async Task A_key_needs_the_operation_or_chat(string operation, HttpStatusCode expected)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(
            upstream, options => options.Keys["ci"] = new() { Key = "sk-ci", Operations = [operation] });
        upstream.ThenJson(Answer);

        using var response = await gateway.PostAsync(Path, Request, ("Authorization", "Bearer sk-ci"));

        Assert.Equal(expected, response.StatusCode);
        if (expected != HttpStatusCode.OK)
            Assert.Equal("operation_not_allowed", (await ErrorAsync(response)).GetProperty("code").GetString());
        Assert.Equal(expected == HttpStatusCode.OK ? 1 : 0, upstream.Requests.Count);
    }

    [Fact]
    public async Task A_key_compacts_only_with_the_models_it_may_call()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(
            upstream, options => options.Keys["ci"] = new() { Key = "sk-ci", Models = ["other/*"] });

        using var response = await gateway.PostAsync(Path, Request, ("Authorization", "Bearer sk-ci"));

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.Equal("model_not_allowed", (await ErrorAsync(response)).GetProperty("code").GetString());
        Assert.Empty(upstream.Requests);
    }

    [Theory]
    [InlineData("theirs/their-model")]
    [InlineData("mock/mock-model-v1")]
    public async Task A_target_of_another_format_is_a_400_that_names_those_that_can(string model)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, options =>
        {
            options.Providers["theirs"] =
                new() { BaseUrl = upstream.BaseUrl, Key = "k", Dialect = "anthropic-messages", Models = ["their-model"] };
            options.Providers["mock"] = new();
        });

        using var response = await gateway.PostAsync(Path, $$"""{"model":"{{model}}","input":"Hello"}""");

        var error = await ErrorAsync(response);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal(
            ("unsupported_operation", "model"), (error.GetProperty("code").GetString(), error.GetProperty("param").GetString()));
        Assert.Matches(
            @"does not serve compaction of conversations\. Enabled providers that do: .*\bup\b", error.GetProperty("message").GetString());
        Assert.Empty(upstream.Requests);
    }

    [Fact]
    public async Task A_providers_refusal_keeps_its_status_and_its_code()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        upstream.ThenJson(
            """{"error":{"message":"Unknown parameter: 'stream'.","type":"invalid_request_error","param":"stream","code":"unknown_parameter"}}""",
            400);

        using var response = await gateway.PostAsync(Path, """{"model":"up/some-model","input":"Hello","stream":true}""");

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("unknown_parameter", (await ErrorAsync(response)).GetProperty("code").GetString());
    }

    /// <summary>A client replaces its conversation with the answer, so an empty answer would lose all of it.</summary>
    [Fact]
    public async Task An_answer_without_items_is_a_failure()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        upstream.ThenJson("""{"id":"resp_c","object":"response.compaction","created_at":1790000000,"output":[]}""");

        using var response = await gateway.PostAsync(Path, Request);

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
    }

    [Fact]
    public async Task Its_answer_is_never_cached()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, options => options.Cache = new());
        upstream.ThenJson(Answer);

        for (var i = 0; i < 2; i++)
        {
            using var response = await gateway.PostAsync(Path, Request);
            Assert.Equal(Answer, await response.Content.ReadAsStringAsync());
        }

        Assert.Equal(2, upstream.Requests.Count);
    }

    [Fact]
    public async Task What_guards_mask_does_not_reach_the_provider_and_is_restored_in_the_answer()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, options => options.Guards["pii"] = new() { Type = "mask", Restore = true });
        upstream.ThenJson(Answer.Replace("\"Hello\"", "\"I am [EMAIL_1]\"", StringComparison.Ordinal));

        using var response = await gateway.PostAsync(
            Path,
            """{"model":"up/some-model","instructions":"be kind","input":[{"role":"user","content":"I am ada@example.com"},{"type":"compaction","id":"cmp_0","encrypted_content":"E"}],"prompt_cache_key":"k"}""");

        var text = await response.Content.ReadAsStringAsync();
        var sent = JsonNode.Parse(upstream.LastRequest.Text)!;
        Assert.Equal(Path, upstream.LastRequest.Path);
        Assert.DoesNotContain("ada@example.com", upstream.LastRequest.Text, StringComparison.Ordinal);
        Assert.Equal("I am [EMAIL_1]", (string?)sent["input"]![0]!["content"]);
        Assert.Equal(("compaction", "E"), ((string?)sent["input"]![1]!["type"], (string?)sent["input"]![1]!["encrypted_content"]));
        Assert.Equal(
            ["input", "instructions", "model", "prompt_cache_key"], sent.AsObject().Select(member => member.Key).Order());
        Assert.Equal("pii=masked(email)", response.Headers.GetValues("x-switchyard-guard").Single());
        Assert.Equal(Answer.Replace("\"Hello\"", "\"I am ada@example.com\"", StringComparison.Ordinal), text);
    }

    [Fact]
    public async Task A_guard_of_answers_alone_is_skipped_and_the_header_says_so()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(
            upstream, options => options.Guards["deny"] = new() { Type = "block", Words = ["hello"], On = ["answer"] });
        upstream.ThenJson(Answer);

        using var response = await gateway.PostAsync(Path, Request);

        Assert.Equal(Answer, await response.Content.ReadAsStringAsync());
        Assert.Equal("deny=skipped", response.Headers.GetValues("x-switchyard-guard").Single());
    }

    [Fact]
    public async Task A_fallback_at_another_provider_gets_no_encrypted_reasoning()
    {
        await using var first = await FakeUpstream.StartAsync();
        await using var second = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(first, second);
        first.ThenJson("{}", 500);
        second.ThenJson(Answer);

        using var response = await gateway.PostAsync(
            Path,
            """{"model":"fast","input":[{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"E"},{"role":"user","content":"x"}]}""");

        Assert.Equal(Answer, await response.Content.ReadAsStringAsync());
        Assert.Equal(Path, second.LastRequest.Path);
        Assert.DoesNotContain("encrypted_content", second.LastRequest.Text, StringComparison.Ordinal);
        Assert.Equal("messages[0].reasoning", response.Headers.GetValues("x-switchyard-dropped").Single());
    }

    [Fact]
    public async Task A_compacted_conversation_is_never_left_out_and_finds_the_account_that_can_read_it()
    {
        await using var first = await FakeUpstream.StartAsync();
        await using var second = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(first, second);
        first.ThenJson(Unreadable, 400);
        second.ThenJson(
            """{"id":"resp_2","object":"response","created_at":1790000000,"status":"completed","model":"m","output":[{"id":"msg_1","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","text":"Hello!","annotations":[]}]}],"usage":{"input_tokens":10,"output_tokens":5,"total_tokens":15}}""");

        using var response = await gateway.PostAsync(
            "/v1/responses",
            """{"model":"fast","input":[{"type":"compaction","id":"cmp_1","encrypted_content":"gAAAAA=="},{"role":"user","content":"And now?"}]}""");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("b", response.Headers.GetValues("x-switchyard-provider").Single());
        Assert.Contains("gAAAAA==", second.LastRequest.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_is_not_copied_to_a_shadow()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var shadow = await FakeUpstream.StartAsync();
        var ended = new TaskCompletionSource<CallRecord>();
        await using var gateway = await StartAsync(
            upstream,
            options =>
            {
                options.Providers["shade"] = new() { BaseUrl = shadow.BaseUrl, Key = "k", Dialect = "openai-responses" };
                options.Models["fast"] = new()
                {
                    Targets = [new() { Model = "up/some-model" }],
                    Shadow = new() { Target = "shade/shadow-model", Share = 1 },
                };
            },
            b => b.AddSink(new EndedSink(call => ended.TrySetResult(call))));
        upstream.ThenJson(Answer);

        using var response = await gateway.PostAsync(Path, """{"model":"fast","input":"Hello"}""");
        await response.Content.ReadAsStringAsync();
        await ended.Task.WaitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(0, gateway.Engine.Experiments.Find("shadow:fast")!.Copies!.Copied);
    }

    private static async Task<JsonElement> ErrorAsync(HttpResponseMessage response) =>
        JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("error");

    private static Task<GatewayHost> StartAsync(
        FakeUpstream upstream, Action<SwitchyardOptions>? configure = null, Action<SwitchyardBuilder>? build = null) =>
        GatewayHost.StartAsync(
            upstream,
            options =>
            {
                options.Providers["up"].Dialect = "openai-responses";
                configure?.Invoke(options);
            },
            build);

    /// <summary>Starts a gateway whose alias has two providers of the format, the second as a fallback.</summary>
    private static Task<GatewayHost> StartAsync(FakeUpstream first, FakeUpstream second) => GatewayHost.StartAsync(options =>
    {
        options.Providers["a"] = new() { BaseUrl = first.BaseUrl, Dialect = "openai-responses", Key = "k", Models = ["m"] };
        options.Providers["b"] = new() { BaseUrl = second.BaseUrl, Dialect = "openai-responses", Key = "k", Models = ["m"] };
        options.Models["fast"] = new() { Targets = [new() { Model = "a/m" }], Fallback = [new() { Model = "b/m" }] };
    });

    /// <summary>A ledger in memory that only takes entries.</summary>
    private sealed class MemoryLedger : ILedger, ILedgerFactory
    {
        private readonly Lock _gate = new();
        private readonly List<LedgerEntry> _entries = [];

        public IReadOnlyList<LedgerEntry> Entries
        {
            get
            {
                lock (_gate)
                    return [.. _entries];
            }
        }

        public LedgerState Opening => LedgerState.Empty;

        public IBudgetShares? Shares => null;

        public ValueTask<ILedger> OpenAsync(StorageOptions options, CancellationToken cancellationToken) => new(this);

        public void Begin(LedgerEntry intent)
        {
        }

        public void Settle(IReadOnlyList<LedgerEntry> entries)
        {
            lock (_gate)
                _entries.AddRange(entries);
        }

        public ValueTask SettleDurablyAsync(IReadOnlyList<LedgerEntry> entries)
        {
            Settle(entries);
            return ValueTask.CompletedTask;
        }

        public ValueTask<IReadOnlyList<LedgerEntry>> FindUnknownAsync(CancellationToken cancellationToken) => new([]);

        public ValueTask<IReadOnlyList<LedgerEntry>> BookUnknownAsync(
            DateTimeOffset startedBefore, CancellationToken cancellationToken) => new([]);

        public ValueTask<bool> TryClaimAsync(string name, CancellationToken cancellationToken) => new(true);

        public ValueTask<bool> ResolveAsync(Guid call, long cost, CancellationToken cancellationToken) => new(false);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
