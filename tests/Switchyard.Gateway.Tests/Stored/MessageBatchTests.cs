using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Canonical;
using Switchyard.Configuration;
using Switchyard.Money;
using Switchyard.Stored;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Stored;

/// <summary>Batches of messages: sent with the provider's names for their models, and read only by their owners.</summary>
public sealed class MessageBatchTests : IAsyncLifetime
{
    private const string Path = "/v1/messages/batches";

    private const string Begun = """{"id":"msgbatch_1","type":"message_batch","processing_status":"in_progress","results_url":null}""";

    private const string Ended = """
        {"id":"msgbatch_1","type":"message_batch","processing_status":"ended","request_counts":{"succeeded":2,"errored":1},
         "results_url":"https://api.example.com/v1/messages/batches/msgbatch_1/results","ended_at":"2026-01-01T00:00:00Z"}
        """;

    private const string Results = """
        {"custom_id":"1","result":{"type":"succeeded","message":{"model":"claude-haiku-4-5-1","content":[],"usage":{"input_tokens":600,"output_tokens":60}}}}
        {"custom_id":"2","result":{"type":"errored","error":{"type":"error","error":{"type":"invalid_request_error","message":"No."}}}}
        {"custom_id":"3","result":{"type":"succeeded","message":{"model":"claude-haiku-4-5-1","content":[],"usage":{"input_tokens":400,"output_tokens":40}}}}

        """;

    private readonly MemoryOwners _owners = new();
    private readonly ClaimedLedger _ledger = new();
    private readonly LeavingClient _leaving = new();
    private FakeUpstream _upstream = null!;

    public async ValueTask InitializeAsync() => _upstream = await FakeUpstream.StartAsync();

    public async ValueTask DisposeAsync() => await _upstream.DisposeAsync();

    [Theory]
    [InlineData("")]
    [InlineData("/anthropic")]
    public async Task A_batch_goes_to_the_provider_of_its_models_under_the_names_that_it_knows(string prefix)
    {
        await using var gateway = await StartAsync();
        _upstream.ThenJson(Begun);
        var body = Batch("anthropic/claude-haiku-4-5", "fast", "claude-opus-4-5").Replace("fast", "f\\u0061st", StringComparison.Ordinal);

        using var made = await gateway.PostAsync(
            $"{prefix}{Path}?beta=true", body, ("x-api-key", "key-of-acme"), ("anthropic-version", "2023-01-01"),
            ("anthropic-beta", "message-batches-2024-09-24"));

        Assert.Equal((HttpStatusCode.OK, Begun), (made.StatusCode, await made.Content.ReadAsStringAsync()));
        Assert.Equal("anthropic", made.Headers.GetValues("x-switchyard-provider").Single());
        Assert.True(made.Headers.Contains("request-id"));
        var sent = _upstream.LastRequest;
        Assert.Equal(("POST", $"{Path}?beta=true"), (sent.Method, sent.Path));
        Assert.Equal(Batch("claude-haiku-4-5", "claude-haiku-4-5", "claude-opus-4-5"), sent.Text);
        Assert.Equal(
            ("key-of-anthropic", "2023-01-01", "message-batches-2024-09-24"),
            (sent.Headers["x-api-key"], sent.Headers["anthropic-version"], sent.Headers["anthropic-beta"]));
    }

    [Fact]
    public async Task A_batch_whose_models_have_their_names_already_is_sent_as_it_came_with_a_version()
    {
        await using var gateway = await StartAsync();
        _upstream.ThenJson(Begun);
        var body = Batch("claude-opus-4-5").Replace(":", " : ", StringComparison.Ordinal);

        using var made = await gateway.PostAsync(Path, body, ("x-api-key", "key-of-acme"));

        Assert.Equal(HttpStatusCode.OK, made.StatusCode);
        Assert.Equal((body, "2023-06-01"), (_upstream.LastRequest.Text, _upstream.LastRequest.Headers["anthropic-version"]));
        Assert.DoesNotContain("anthropic-beta", _upstream.LastRequest.Headers.Keys);
    }

    [Fact]
    public async Task Its_results_are_at_the_gateway_wherever_the_provider_says_they_are()
    {
        await using var gateway = await StartAsync();
        await BeginAsync(gateway);

        foreach (var (method, path, answer) in ((string, string, string)[])
        [
            ("GET", $"{Path}/msgbatch_1", Ended), ("POST", $"{Path}/msgbatch_1/cancel", Ended),
            ("GET", Path, $$"""{"data":[{{Ended}}],"has_more":false,"first_id":"msgbatch_1","last_id":"msgbatch_1"}"""),
        ])
        {
            _upstream.ThenJson(answer);
            using var read = await SendAsync(gateway, method, path, "key-of-acme", ("x-switchyard-provider", "anthropic"));
            var text = await read.Content.ReadAsStringAsync();

            Assert.Equal(HttpStatusCode.OK, read.StatusCode);
            Assert.Contains("""
                "results_url":"/v1/messages/batches/msgbatch_1/results","ended_at"
                """, text, StringComparison.Ordinal);
            Assert.DoesNotContain("api.example.com", text, StringComparison.Ordinal);
        }

        _upstream.ThenBytes(Encoding.UTF8.GetBytes(Results), "application/x-jsonl");
        using var results = await SendAsync(gateway, "GET", $"{Path}/msgbatch_1/results", "key-of-acme");
        Assert.Equal(("GET", $"{Path}/msgbatch_1/results"), (_upstream.LastRequest.Method, _upstream.LastRequest.Path));
        Assert.Equal("application/x-jsonl", results.Content.Headers.ContentType!.MediaType);
        Assert.Equal(Results, await results.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("GET", "")]
    [InlineData("DELETE", "")]
    [InlineData("POST", "/cancel")]
    [InlineData("GET", "/results")]
    public async Task One_of_another_owner_and_one_of_none_are_the_same_404_in_the_clients_format(string method, string path)
    {
        await using var gateway = await StartAsync();
        await BeginAsync(gateway);
        var sent = _upstream.Requests.Count;

        var (foreign, unknown) = (await TextAsync("msgbatch_1"), await TextAsync("msgbatch_x"));

        Assert.Equal(unknown.Replace("msgbatch_x", "msgbatch_1", StringComparison.Ordinal), foreign);
        Assert.Contains("POST /v1/messages/batches", foreign, StringComparison.Ordinal);
        Assert.Equal(sent, _upstream.Requests.Count);

        async Task<string> TextAsync(string id)
        {
            using var answer = await SendAsync(gateway, method, $"{Path}/{id}{path}", "key-of-other");
            Assert.Equal((HttpStatusCode.NotFound, "not_found_error"), (answer.StatusCode, await ErrorTypeAsync(answer)));
            return await answer.Content.ReadAsStringAsync();
        }
    }

    [Fact]
    public async Task A_batch_with_the_id_of_another_tenants_file_is_refused_and_not_sent()
    {
        await using var gateway = await StartAsync();
        await _owners.AddAsync(
            new() { Id = "file_1", Kind = "file", Provider = "anthropic", Account = "a", Holder = "tenant other", At = default }, default);
        var body = Batch("claude-haiku-4-5").Replace(
            "\"content\":\"model\"", "\"content\":[{\"type\":\"container_upload\",\"file_id\":\"file_1\"}]", StringComparison.Ordinal);

        using var stolen = await gateway.PostAsync(Path, body, ("x-api-key", "key-of-acme"));

        Assert.Equal(HttpStatusCode.NotFound, stolen.StatusCode);
        Assert.Contains("No file 'file_1' of yours", await stolen.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Empty(_upstream.Requests);
    }

    [Fact]
    public async Task Batches_of_files_and_of_messages_are_not_found_in_each_others_place()
    {
        await using var gateway = await StartAsync();
        await BeginAsync(gateway);
        await _owners.AddAsync(
            new() { Id = "batch_1", Kind = "batch", Provider = "plain", Account = "account", Holder = "tenant acme", At = default },
            default);
        var sent = _upstream.Requests.Count;

        using var asFile = await SendAsync(gateway, "GET", "/v1/batches/msgbatch_1", "key-of-acme");
        using var asMessages = await SendAsync(gateway, "GET", $"{Path}/batch_1", "key-of-acme");
        using var marked = await SendAsync(gateway, "GET", $"{Path}/msgbatch_1%23begun", "key-of-acme");

        Assert.Equal(
            [HttpStatusCode.NotFound, HttpStatusCode.NotFound, HttpStatusCode.NotFound],
            [asFile.StatusCode, asMessages.StatusCode, marked.StatusCode]);
        Assert.Equal(sent, _upstream.Requests.Count);
    }

    [Fact]
    public async Task A_list_holds_the_callers_own_after_an_id_or_before_it()
    {
        await using var gateway = await StartAsync();
        foreach (var id in (string[])["msgbatch_1", "msgbatch_3", "msgbatch_5", "msgbatch_6"])
            await BeginAsync(gateway, id);
        await BeginAsync(gateway, "msgbatch_2", "key-of-other");
        _upstream.ThenJson(Page(true, "msgbatch_6", "msgbatch_5", "msgbatch_4"));
        _upstream.ThenJson(Page(false, "msgbatch_3", "msgbatch_2", "msgbatch_1"));
        using var all = await SendAsync(gateway, "GET", Path, "key-of-acme", ("x-switchyard-provider", "anthropic"));
        Assert.Equal($"{Path}?after_id=msgbatch_4&limit=1000", _upstream.LastRequest.Path);
        _upstream.ThenJson(Page(false, "msgbatch_5", "msgbatch_4", "msgbatch_3", "msgbatch_2", "msgbatch_1"));
        using var after = await SendAsync(gateway, "GET", $"{Path}?limit=2&after_id=msgbatch_6", "key-of-acme");
        Assert.Equal($"{Path}?after_id=msgbatch_6&limit=1000", _upstream.LastRequest.Path);
        _upstream.ThenJson(Page(true, "msgbatch_4", "msgbatch_3", "msgbatch_2"));
        _upstream.ThenJson(Page(false, "msgbatch_6", "msgbatch_5"));
        using var before = await SendAsync(gateway, "GET", $"{Path}?limit=2&before_id=msgbatch_1", "key-of-acme");
        Assert.Equal($"{Path}?before_id=msgbatch_4&limit=1000", _upstream.LastRequest.Path);

        Assert.Equal(Page(false, "msgbatch_6", "msgbatch_5", "msgbatch_3", "msgbatch_1"), await all.Content.ReadAsStringAsync());
        Assert.Equal(Page(true, "msgbatch_5", "msgbatch_3"), await after.Content.ReadAsStringAsync());
        Assert.Equal(Page(true, "msgbatch_5", "msgbatch_3"), await before.Content.ReadAsStringAsync());

        using var both = await SendAsync(gateway, "GET", $"{Path}?after_id=msgbatch_1&before_id=msgbatch_3", "key-of-acme");
        using var foreign = await SendAsync(gateway, "GET", $"{Path}?before_id=msgbatch_2", "key-of-acme");
        using var several = await SendAsync(gateway, "GET", Path, "key-of-acme");
        using var tooLong = await SendAsync(gateway, "GET", $"{Path}?limit=1001&after_id=msgbatch_1", "key-of-acme");
        Assert.Equal(
            [HttpStatusCode.BadRequest, HttpStatusCode.NotFound, HttpStatusCode.BadRequest, HttpStatusCode.BadRequest],
            [both.StatusCode, foreign.StatusCode, several.StatusCode, tooLong.StatusCode]);
        Assert.Contains("Several providers serve batches of messages: ", await MessageAsync(several), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_batch_that_is_deleted_is_gone()
    {
        await using var gateway = await StartAsync();
        await BeginAsync(gateway);
        _upstream.ThenJson("""{"id":"msgbatch_1","type":"message_batch_deleted"}""");

        using var deleted = await SendAsync(gateway, "DELETE", $"{Path}/msgbatch_1", "key-of-acme");
        using var gone = await SendAsync(gateway, "GET", $"{Path}/msgbatch_1", "key-of-acme");

        Assert.Equal(("DELETE", $"{Path}/msgbatch_1"), (_upstream.LastRequest.Method, _upstream.LastRequest.Path));
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.NotFound), (deleted.StatusCode, gone.StatusCode));
    }

    [Fact]
    public async Task A_key_may_begin_batches_of_the_models_that_it_may_call_and_of_no_other()
    {
        await using var gateway = await StartAsync(options =>
        {
            options.Keys["narrow"] = new() { Key = "narrow-key", Models = ["anthropic/claude-haiku-4-5"] };
            options.Keys["chats"] = new() { Key = "chats-key", Operations = ["chat"] };
        });
        var hidden = Batch("claude-haiku-4-5").Replace(
            "\"max_tokens\"", "\"fallbacks\":[{\"model\":\"claude-opus-4-5\"}],\"max_tokens\"", StringComparison.Ordinal);
        var advised = Batch("claude-haiku-4-5").Replace(
            "\"max_tokens\"",
            "\"tools\":[{\"type\":\"advisor_20260301\",\"name\":\"advisor\",\"model\":\"claude-opus-4-5\"}],\"max_tokens\"",
            StringComparison.Ordinal);
        foreach (var (body, key) in ((string, string)[])
        [
            (Batch("claude-haiku-4-5", "claude-opus-4-5"), "narrow-key"), (hidden, "narrow-key"), (advised, "narrow-key"),
            (Batch("claude-haiku-4-5"), "chats-key"),
        ])
        {
            using var refused = await gateway.PostAsync(Path, body, ("x-api-key", key));
            Assert.Equal((HttpStatusCode.Forbidden, "permission_error"), (refused.StatusCode, await ErrorTypeAsync(refused)));
        }

        Assert.Empty(_upstream.Requests);
        _upstream.ThenJson(Begun);
        using var made = await gateway.PostAsync(Path, Batch("claude-haiku-4-5", "fast"), ("x-api-key", "narrow-key"));

        Assert.Equal(HttpStatusCode.OK, made.StatusCode);
        Assert.Equal(Batch("claude-haiku-4-5", "claude-haiku-4-5"), _upstream.LastRequest.Text);
    }

    [Theory]
    [InlineData("{}", "Missing required parameter: 'requests'.")]
    [InlineData("""{"requests":[]}""", "empty array")]
    [InlineData("""{"requests":{}}""", "expected an array of objects")]
    [InlineData("""{"requests":[{"custom_id":"1"}]}""", "'requests[0].params.model'")]
    [InlineData("""{"requests":[{"params":{"max_tokens":1}}]}""", "'requests[0].params.model'")]
    [InlineData("""{"requests":[{"params":{"model":7}}]}""", "expected a string")]
    [InlineData("""{"requests":[{"params":{"model":"claude-x","mod\u0065l":"claude-opus-4-5"}}]}""", "more than once")]
    [InlineData("""{"requests":[{"params":{"model":"claude-x"},"params":{"model":"claude-y"}}]}""", "more than once")]
    [InlineData("""{"requests":[{"params":{"model":"claude-x"}}],"requests":[]}""", "more than once")]
    [InlineData("""{"requests":[{"params":{"model":"\ud800"}}]}""", "invalid Unicode")]
    [InlineData("""{"requests":[{"params":{"model":"claude-x"}}]} x""", "not valid JSON")]
    [InlineData("[]", "not a JSON object")]
    [InlineData("""{"requests":[{"params":{"model":"plain/gpt"}}]}""", "'plain/gpt' is not a model of a provider that serves")]
    [InlineData(
        """{"requests":[{"params":{"model":"two/m"}},{"params":{"model":"anthropic/claude-x"}}]}""",
        "'anthropic/claude-x' is of anthropic, other models of this batch are of two.")]
    public async Task A_batch_that_cannot_be_sent_is_refused_with_its_reason(string body, string words)
    {
        await using var gateway = await StartAsync();

        using var answer = await gateway.PostAsync(Path, body, ("x-api-key", "key-of-acme"));

        Assert.Equal((HttpStatusCode.BadRequest, "invalid_request_error"), (answer.StatusCode, await ErrorTypeAsync(answer)));
        Assert.Contains(words, await MessageAsync(answer), StringComparison.Ordinal);
        Assert.Empty(_upstream.Requests);
    }

    [Fact]
    public async Task An_alias_of_several_providers_follows_the_other_models_and_the_provider_that_is_named()
    {
        await using var gateway = await StartAsync();
        _upstream.ThenJson(Begun);
        using var followed = await gateway.PostAsync(Path, Batch("both", "two/n"), ("x-api-key", "key-of-acme"));
        Assert.Equal(
            (Batch("m", "n"), "Bearer key-of-two"), (_upstream.LastRequest.Text, _upstream.LastRequest.Headers["Authorization"]));
        using var first = await gateway.PostAsync(Path, Batch("both"), ("x-api-key", "key-of-acme"));
        Assert.Equal(Batch("claude-haiku-4-5"), _upstream.LastRequest.Text);
        using var named = await gateway.PostAsync(Path, Batch("both"), ("x-api-key", "key-of-acme"), ("x-switchyard-provider", "two"));
        Assert.Equal(Batch("m"), _upstream.LastRequest.Text);

        Assert.Equal(
            [HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.OK], [followed.StatusCode, first.StatusCode, named.StatusCode]);
    }

    [Fact]
    public async Task A_failure_of_the_provider_is_reported_in_the_clients_format()
    {
        await using var gateway = await StartAsync();
        await BeginAsync(gateway);
        _upstream.ThenJson("""{"type":"error","error":{"type":"not_found_error","message":"It has no results yet."}}""", 404);

        using var answer = await SendAsync(gateway, "GET", $"{Path}/msgbatch_1/results", "key-of-acme");

        Assert.Equal((HttpStatusCode.NotFound, "not_found_error"), (answer.StatusCode, await ErrorTypeAsync(answer)));
        Assert.Contains("It has no results yet.", await MessageAsync(answer), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_it_cost_is_charged_once_to_the_key_that_began_it_when_its_results_are_read()
    {
        await using var gateway = await StartAsync(options => options.Storage.Ledger = "sqlite:never-opened.db");
        await BeginAsync(gateway);
        _upstream.ThenJson(Ended);
        using (await SendAsync(gateway, "GET", $"{Path}/msgbatch_1", "key-of-acme"))
            Assert.Empty(_ledger.Batches);
        for (var i = 0; i < 2; i++)
        {
            _upstream.ThenBytes(Encoding.UTF8.GetBytes(Results), "application/x-jsonl");
            using var results = await SendAsync(gateway, "GET", $"{Path}/msgbatch_1/results", "second-key-of-acme");
            Assert.Equal(Results, await results.Content.ReadAsStringAsync());
            await Wait.ForAsync(() => gateway.Engine.RunningCount == 0 && _ledger.Batches.Count > 0);
        }

        var entry = Assert.Single(_ledger.Batches);
        Assert.Equal(
            ("acme", "acme", "anthropic", "claude-haiku-4-5-1", "msgbatch_1", "batch"),
            (entry.Key, entry.Tenant, entry.Provider, entry.Model, entry.RequestId, entry.Operation));
        Assert.Equal((new TokenUsage { Input = 1000, Output = 100 }, 1_500_000L), (entry.Usage, entry.Cost.Total));
        Assert.Equal(1, _ledger.Asked);
    }

    [Fact]
    public async Task Every_search_of_a_large_batch_is_charged()
    {
        await using var gateway = await StartAsync(options =>
        {
            options.Storage.Ledger = "sqlite:never-opened.db";
            options.Prices.Models["anthropic/*"].Tools = new() { WebSearch = 0.01m };
            options.Budgets.Named["total"] = new() { Usd = 5000, Period = "lifetime" };
        });
        await BeginAsync(gateway);
        const string line = """
            {"result":{"message":{"model":"claude-haiku-4-5-1","usage":{"input_tokens":600,"output_tokens":60,"server_tool_use":{"web_search_requests":40000}}}}}

            """;
        _upstream.ThenBytes(Encoding.UTF8.GetBytes(line + line + line), "application/x-jsonl");
        using var results = await SendAsync(gateway, "GET", $"{Path}/msgbatch_1/results", "key-of-acme");
        await results.Content.ReadAsStringAsync();
        await Wait.ForAsync(() => gateway.Engine.RunningCount == 0 && _ledger.Batches.Count > 0);

        // 900,000 nano-dollars of tokens in each line, and 40,000 searches of a cent.
        const long cost = 3 * (900_000 + (40_000 * 10_000_000L));
        Assert.Equal((120_000L, 1800L, cost), (
            _ledger.Batches.Sum(entry => entry.Usage.WebSearches!.Value), _ledger.Batches.Sum(entry => entry.Usage.Input!.Value),
            _ledger.Batches.Sum(entry => entry.Cost.Total)));
        Assert.Equal(cost, gateway.Engine.Budgets.List().Single(account => account.Budget == "total").Spent);
        Assert.Equal(_ledger.Batches.Count, _ledger.Batches.Select(entry => (entry.Call, entry.Attempt)).Distinct().Count());
    }

    [Fact]
    public async Task A_client_that_leaves_before_the_last_byte_of_its_results_is_charged_for_all_of_them()
    {
        await using var gateway = await StartAsync(options => options.Storage.Ledger = "sqlite:never-opened.db");
        await BeginAsync(gateway);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{Path}/msgbatch_1/results");
        request.Headers.Add("x-api-key", "key-of-acme");

        await _leaving.ReadAsync(gateway, _upstream, request, Results, LeavingClient.Complete);
        await Wait.ForAsync(() => _ledger.Batches.Count > 0 && gateway.Engine.RunningCount == 0);

        var entry = Assert.Single(_ledger.Batches);
        Assert.Equal((new TokenUsage { Input = 1000, Output = 100 }, 1_500_000L), (entry.Usage, entry.Cost.Total));
    }

    [Fact]
    public async Task A_batch_is_refused_in_its_format_while_the_budget_of_its_key_is_used_up()
    {
        await using var gateway = await StartAsync(options =>
        {
            options.Storage.Ledger = "sqlite:never-opened.db";
            options.Keys["acme"].Budget = new() { Usd = 0.001m, Period = "lifetime" };
        });
        await SpendAsync(gateway);
        var sent = _upstream.Requests.Count;

        using var refused = await gateway.PostAsync(Path, Batch("claude-haiku-4-5"), ("x-api-key", "key-of-acme"));

        Assert.Equal((HttpStatusCode.PaymentRequired, "billing_error"), (refused.StatusCode, await ErrorTypeAsync(refused)));
        Assert.StartsWith(
            "The budget 'key:acme' has no room for this request: $0.0015 of $0.001 spent", await MessageAsync(refused),
            StringComparison.Ordinal);
        Assert.Equal(sent, _upstream.Requests.Count);
        await BeginAsync(gateway, "msgbatch_2", "second-key-of-acme");
    }

    [Fact]
    public async Task A_batch_is_refused_with_the_configured_status_while_the_budget_of_its_provider_is_used_up()
    {
        await using var gateway = await StartAsync(options =>
        {
            options.Storage.Ledger = "sqlite:never-opened.db";
            options.Budgets.Status = 429;
            options.Budgets.Named["claude"] = new() { Usd = 0.001m, Period = "lifetime", Provider = "anthropic" };
        });
        await SpendAsync(gateway);
        var sent = _upstream.Requests.Count;

        using var refused = await gateway.PostAsync(Path, Batch("claude-haiku-4-5"), ("x-api-key", "key-of-acme"));
        _upstream.ThenJson(Begun);
        using var elsewhere = await gateway.PostAsync(Path, Batch("two/m"), ("x-api-key", "key-of-acme"));

        Assert.Equal((HttpStatusCode.TooManyRequests, "rate_limit_error"), (refused.StatusCode, await ErrorTypeAsync(refused)));
        Assert.Equal((HttpStatusCode.OK, sent + 1), (elsewhere.StatusCode, _upstream.Requests.Count));
    }

    [Fact]
    public async Task In_process_only_batches_can_be_asked_for_in_this_format()
    {
        await using var gateway = await StartAsync();

        await Assert.ThrowsAsync<ArgumentException>(async () => await gateway.Engine.RunStoredAsync(
            new StoredRequest(CallOperation.File, StoredAction.List) { Dialect = DialectId.AnthropicMessages }));
    }

    private Task<GatewayHost> StartAsync(Action<SwitchyardOptions>? configure = null) => GatewayHost.StartAsync(
        options =>
        {
            options.Providers["anthropic"] = new() { BaseUrl = _upstream.BaseUrl, Key = "key-of-anthropic" };
            options.Providers["two"] =
                new() { BaseUrl = _upstream.BaseUrl, Key = "key-of-two", Dialect = "anthropic-messages", Models = ["m", "n"] };
            options.Providers["plain"] = new() { BaseUrl = _upstream.BaseUrl, Key = "key-of-plain", Models = ["gpt"] };
            options.Models["fast"] = new() { Targets = [new() { Model = "plain/gpt" }, new() { Model = "anthropic/claude-haiku-4-5" }] };
            options.Models["both"] = new() { Targets = [new() { Model = "anthropic/claude-haiku-4-5" }, new() { Model = "two/m" }] };
            options.Keys["acme"] = new() { Key = "key-of-acme", Tenant = "acme" };
            options.Keys["acme-2"] = new() { Key = "second-key-of-acme", Tenant = "acme" };
            options.Keys["other"] = new() { Key = "key-of-other", Tenant = "other" };
            options.Prices.Models["anthropic/*"] = new() { Input = 1, Output = 5 };
            configure?.Invoke(options);
        },
        builder => builder.Services.AddSingleton<IStoredOwners>(_owners).AddSingleton<ILedgerFactory>(_ledger),
        _leaving.Watch);

    private async Task BeginAsync(GatewayHost gateway, string id = "msgbatch_1", string key = "key-of-acme")
    {
        _upstream.ThenJson(Begun.Replace("msgbatch_1", id, StringComparison.Ordinal));
        using var begun = await gateway.PostAsync(Path, Batch("claude-haiku-4-5"), ("x-api-key", key));
        Assert.Equal(HttpStatusCode.OK, begun.StatusCode);
    }

    /// <summary>Begins a batch of 0.0015 dollars and reads its results.</summary>
    private async Task SpendAsync(GatewayHost gateway)
    {
        await BeginAsync(gateway);
        _upstream.ThenBytes(Encoding.UTF8.GetBytes(Results), "application/x-jsonl");
        using var results = await SendAsync(gateway, "GET", $"{Path}/msgbatch_1/results", "key-of-acme");
        Assert.Equal(Results, await results.Content.ReadAsStringAsync());
        await Wait.ForAsync(() => gateway.Engine.Budgets.List().Any(account => account.Spent > 0) && gateway.Engine.RunningCount == 0);
    }

    private static string Batch(params string[] models) => $"{{\"requests\":[{string.Join(", ", models.Select(One))}]}}";

    private static string One(string model) =>
        """{"custom_id":"1","params":{"max_tokens":5,"model":"MODEL","messages":[{"role":"user","content":"model"}]}}"""
            .Replace("MODEL", model, StringComparison.Ordinal);

    private static string Page(bool hasMore, params string[] ids) =>
        """{"data":[DATA],"first_id":"FIRST","last_id":"LAST","has_more":MORE}"""
            .Replace("DATA", string.Join(',', ids.Select(id => $"{{\"id\":\"{id}\"}}")), StringComparison.Ordinal)
            .Replace("FIRST", ids[0], StringComparison.Ordinal)
            .Replace("LAST", ids[^1], StringComparison.Ordinal)
            .Replace("MORE", hasMore ? "true" : "false", StringComparison.Ordinal);

    private static async Task<HttpResponseMessage> SendAsync(
        GatewayHost gateway, string method, string path, string key, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.Add("x-api-key", key);
        foreach (var (name, value) in headers)
            request.Headers.Add(name, value);
        return await gateway.Http.SendAsync(request);
    }

    private static async Task<string?> ErrorTypeAsync(HttpResponseMessage answer)
    {
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        Assert.Equal("error", json.RootElement.GetProperty("type").GetString());
        return json.RootElement.GetProperty("error").GetProperty("type").GetString();
    }

    private static async Task<string?> MessageAsync(HttpResponseMessage answer)
    {
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        return json.RootElement.GetProperty("error").GetProperty("message").GetString();
    }
}
