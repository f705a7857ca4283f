using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Canonical;
using Switchyard.Configuration;
using Switchyard.Money;
using Switchyard.Stored;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Stored;

/// <summary>The usage of batches: recorded in the ledger once, for the key that began them, and charged to its budgets.</summary>
public sealed class BatchChargeTests : IAsyncLifetime
{
    private const string Output = """
        {"custom_id":"1","response":{"status_code":200,"body":{"model":"m","usage":{"prompt_tokens":1000,"completion_tokens":100}}},"error":null}
        {"custom_id":"2","response":{"status_code":200,"body":{"model":"m","usage":{"prompt_tokens":3000,"completion_tokens":300}}},"error":null}
        {"custom_id":"3","response":{"status_code":200,"body":{"model":"other","usage":{"prompt_tokens":1000,"completion_tokens":0}}},"error":null}

        """;

    private const string Done = """{"id":"batch_1","object":"batch","status":"completed","output_file_id":"file-out","error_file_id":"file-err"}""";

    private const string DoneAndTold = """
        {"id":"batch_1","object":"batch","status":"completed","output_file_id":"file-out","model":"m",
         "usage":{"input_tokens":4000,"input_tokens_details":{"cached_tokens":0},"output_tokens":400,"total_tokens":4400}}
        """;

    // 4,000 tokens at 1 dollar for a million and 400 at 4; and 1,000 at 2, of a model without a price for batches.
    private const long OfM = 5_600_000;
    private const long OfOther = 2_000_000;

    private readonly MemoryOwners _owners = new();
    private readonly ClaimedLedger _ledger = new();
    private readonly LeavingClient _leaving = new();
    private FakeUpstream _upstream = null!;

    public async ValueTask InitializeAsync() => _upstream = await FakeUpstream.StartAsync();

    public async ValueTask DisposeAsync() => await _upstream.DisposeAsync();

    [Fact]
    public async Task What_an_output_says_is_charged_to_the_key_that_began_the_batch_whichever_key_reads_it()
    {
        await using var gateway = await StartAsync();
        await BeginAsync(gateway, "key-of-ci");
        await ReadAsync(gateway, Done, "key-of-dev");
        Assert.Empty(_ledger.Batches);

        Assert.Equal(Output, await DownloadAsync(gateway, "file-out", Output, "key-of-dev"));
        await Wait.ForAsync(() => _ledger.Batches.Count == 2 && SpentOf(gateway, "total") > 0);

        var (one, other) = (_ledger.Batches[0], _ledger.Batches[1]);
        Assert.Equal(("ci", "acme", "one", "m", "m", "batch"), (one.Key, one.Tenant, one.Provider, one.Model, one.Alias, one.Operation));
        Assert.Equal(("batch_1", 0, LedgerOutcome.Finished), (one.RequestId, one.Attempt, one.Outcome));
        Assert.Equal((new TokenUsage { Input = 4000, Output = 400 }, OfM, Unpriced.None), (one.Usage, one.Cost.Total, one.Unpriced));
        Assert.EndsWith(" batch", one.PriceVersion, StringComparison.Ordinal);
        Assert.Equal((one.Call, 1, "other", OfOther), (other.Call, other.Attempt, other.Model, other.Cost.Total));
        Assert.DoesNotContain("batch", other.PriceVersion, StringComparison.Ordinal);
        string[] ofAll = ["key:ci|lifetime", "tenant:acme|lifetime", "total|lifetime"];
        Assert.Equal([ofAll[0], "m|lifetime", ofAll[1], ofAll[2]], one.Budgets.Order(StringComparer.Ordinal));
        Assert.Equal(ofAll, other.Budgets.Order(StringComparer.Ordinal));
        await Wait.ForAsync(() => gateway.Engine.Budgets.List().All(account => account is { Spent: > 0, Reserved: 0 }));
        Assert.Equal(
            (OfM + OfOther, OfM + OfOther, OfM + OfOther, OfM),
            (SpentOf(gateway, "total"), SpentOf(gateway, "tenant:acme"), SpentOf(gateway, "key:ci"), SpentOf(gateway, "m")));
    }

    [Fact]
    public async Task A_budget_that_a_batch_has_used_up_refuses_the_next_call()
    {
        await using var gateway = await StartAsync(options => options.Keys["ci"].Budget!.Usd = 0.005m);
        await BeginAsync(gateway, "key-of-ci");
        await ReadAsync(gateway, DoneAndTold, "key-of-dev");
        await Wait.ForAsync(() => SpentOf(gateway, "key:ci") == OfM);
        _upstream.ThenJson(Some.ChatCompletion());

        using var refused = await gateway.ChatAsync(Some.ChatRequest("one/m"), ("Authorization", "Bearer key-of-ci"));
        using var answered = await gateway.ChatAsync(Some.ChatRequest("one/m"), ("Authorization", "Bearer key-of-dev"));

        Assert.Equal((HttpStatusCode.PaymentRequired, HttpStatusCode.OK), (refused.StatusCode, answered.StatusCode));
    }

    [Theory]
    [InlineData("key:ci")]
    [InlineData("tenant:acme")]
    [InlineData("total")]
    [InlineData("one")]
    public async Task A_batch_is_not_begun_while_a_budget_that_it_counts_for_is_used_up(string budget)
    {
        await using var gateway = await StartAsync(options =>
        {
            options.Budgets.Named["one"] = new() { Usd = 1, Period = "lifetime", Provider = "one" };
            var small = budget switch
            {
                "key:ci" => options.Keys["ci"].Budget!,
                "tenant:acme" => options.Tenants["acme"].Budget!,
                _ => options.Budgets.Named[budget],
            };
            small.Usd = 0.005m;
        });
        await BeginAsync(gateway, "key-of-ci");
        await ReadAsync(gateway, DoneAndTold, "key-of-ci");
        await Wait.ForAsync(() => SpentOf(gateway, budget) == OfM && gateway.Engine.RunningCount == 0);
        var sent = _upstream.Requests.Count;

        using var refused = await gateway.PostAsync(
            "/v1/batches", """{"input_file_id":"file-1","endpoint":"/v1/chat/completions"}""", ("Authorization", "Bearer key-of-ci"));

        using var json = JsonDocument.Parse(await refused.Content.ReadAsStringAsync());
        var error = json.RootElement.GetProperty("error");
        Assert.Equal(
            (HttpStatusCode.PaymentRequired, "insufficient_quota"), (refused.StatusCode, error.GetProperty("type").GetString()));
        Assert.StartsWith(
            $"The budget '{budget}' has no room for this request: $0.0056 of $0.005 spent, $0 reserved by running requests",
            error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(sent, _upstream.Requests.Count);
        Assert.All(gateway.Engine.Budgets.List(), account => Assert.Equal(0, account.Reserved));
    }

    [Fact]
    public async Task A_budget_that_only_warns_and_one_of_another_key_refuse_no_batch_and_a_batch_holds_nothing()
    {
        await using var gateway = await StartAsync(options =>
        {
            options.Keys["ci"].Budget!.Usd = 0.005m;
            (options.Budgets.Named["total"].Usd, options.Budgets.Named["total"].Mode) = (0.005m, "warn");
        });
        await BeginAsync(gateway, "key-of-ci");
        await ReadAsync(gateway, DoneAndTold, "key-of-ci");
        await Wait.ForAsync(
            () => (SpentOf(gateway, "key:ci"), SpentOf(gateway, "total")) == (OfM, OfM) && gateway.Engine.RunningCount == 0);

        await BeginAsync(gateway, "key-of-dev");

        Assert.All(gateway.Engine.Budgets.List(), account => Assert.Equal(0, account.Reserved));
    }

    [Fact]
    public async Task A_batch_that_says_what_it_used_is_charged_once_however_often_it_is_read_and_by_whichever_gateway()
    {
        await using var gateway = await StartAsync();
        await using var second = await StartAsync();
        await BeginAsync(gateway, "key-of-ci");
        await ReadAsync(gateway, DoneAndTold, "key-of-ci");
        await Wait.ForAsync(() => SpentOf(gateway, "total") == OfM);

        await ReadAsync(gateway, DoneAndTold, "key-of-dev");
        await AskAsync(gateway, "GET", "/v1/batches", $$"""{"object":"list","data":[{{DoneAndTold}}],"has_more":false}""", "key-of-ci");
        await AskAsync(gateway, "POST", "/v1/batches/batch_1/cancel", DoneAndTold, "key-of-ci");
        await DownloadAsync(gateway, "file-out", Output, "key-of-ci");
        await AskAsync(second, "GET", "/v1/batches", $$"""{"object":"list","data":[{{DoneAndTold}}],"has_more":false}""", "key-of-ci");
        await Wait.ForAsync(() => (gateway.Engine.RunningCount, second.Engine.RunningCount) == (0, 0));

        Assert.Equal(2, _ledger.Asked);
        Assert.All(second.Engine.Budgets.List(), account => Assert.Equal((0, 0), (account.Spent, account.Reserved)));

        var entry = Assert.Single(_ledger.Batches);
        Assert.Equal((OfM, "ci"), (entry.Cost.Total, entry.Key));
        Assert.Equal((OfM, 0), (SpentOf(gateway, "total"), SpentOf(second, "total")));
    }

    [Fact]
    public async Task A_download_that_breaks_off_writes_nothing_and_the_next_whole_one_all_of_it()
    {
        await using var gateway = await StartAsync();
        await BeginAsync(gateway, "key-of-ci");
        await ReadAsync(gateway, Done, "key-of-ci");
        var bytes = Encoding.UTF8.GetBytes(Output);
        _upstream.Then(async http =>
        {
            (http.Response.ContentType, http.Response.ContentLength) = ("application/octet-stream", bytes.Length);
            await http.Response.Body.WriteAsync(bytes.AsMemory(0, bytes.Length / 2));
            await http.Response.Body.FlushAsync();
            throw FakeUpstream.Cut();
        });
        await Assert.ThrowsAnyAsync<HttpRequestException>(
            () => SendAsync(gateway, "GET", "/v1/files/file-out/content", "key-of-ci"));

        await DownloadAsync(gateway, "file-out", Output, "key-of-ci");
        await Wait.ForAsync(() => _ledger.Batches.Count > 0);

        Assert.Equal(1, _ledger.Asked);
        Assert.Equal([(4000L, 400L), (1000L, 0L)], _ledger.Batches.Select(entry => (entry.Usage.Input!.Value, entry.Usage.Output!.Value)));
    }

    [Fact]
    public async Task A_client_that_leaves_before_the_last_byte_of_an_output_is_charged_for_all_of_it()
    {
        await using var gateway = await StartAsync();
        await BeginAsync(gateway, "key-of-ci");
        await ReadAsync(gateway, Done, "key-of-ci");

        await LeaveAsync(gateway, LeavingClient.Complete);
        await Wait.ForAsync(() => _ledger.Batches.Count == 2 && gateway.Engine.RunningCount == 0);

        Assert.Equal([(4000L, 400L), (1000L, 0L)], _ledger.Batches.Select(entry => (entry.Usage.Input!.Value, entry.Usage.Output!.Value)));
        Assert.Equal((OfM + OfOther, 1), (SpentOf(gateway, "key:ci"), _ledger.Asked));
    }

    [Fact]
    public async Task An_output_that_breaks_off_after_its_client_has_left_is_charged_when_it_is_next_read()
    {
        await using var gateway = await StartAsync();
        await BeginAsync(gateway, "key-of-ci");
        await ReadAsync(gateway, Done, "key-of-ci");

        await LeaveAsync(gateway, (http, _) =>
        {
            http.Abort();
            return Task.CompletedTask;
        });
        await Wait.ForAsync(() => gateway.Engine.RunningCount == 0);
        Assert.Equal(0, _ledger.Asked);
        await LeaveAsync(gateway, LeavingClient.Complete);
        await Wait.ForAsync(() => _ledger.Batches.Count == 2);

        Assert.Equal(1, _ledger.Asked);
    }

    [Fact]
    public async Task A_download_whose_client_has_left_takes_no_place_and_an_operator_can_end_it()
    {
        await using var gateway = await StartAsync(options => options.Routing.Concurrency = 1);
        await BeginAsync(gateway, "key-of-ci");
        await ReadAsync(gateway, Done, "key-of-ci");

        await LeaveAsync(gateway, (http, _) => _upstream.HangAsync(http));
        await Wait.ForAsync(() => gateway.Engine.RunningCount == 1);
        await ReadAsync(gateway, Done, "key-of-ci");
        await Wait.ForAsync(() => gateway.Engine.RunningCount == 1);
        Assert.Equal(1, gateway.Engine.EndCalls(gateway.Engine.ListRunning()[0].Id));
        await Wait.ForAsync(() => gateway.Engine.RunningCount == 0 && _upstream.ClientLeft.IsCompleted);

        Assert.Equal(0, _ledger.Asked);
    }

    [Fact]
    public async Task What_runs_was_begun_without_a_ledger_or_is_no_output_is_not_charged()
    {
        await using var gateway = await StartAsync();
        await _owners.AddAsync(
            new() { Id = "batch_0", Kind = "batch", Provider = "one", Account = "account", Holder = "tenant acme", At = default }, default);
        await _owners.AddAsync(
            new() { Id = "file-0", Kind = "file", Provider = "one", Account = "account", Holder = "tenant acme", At = default }, default);
        await BeginAsync(gateway, "key-of-ci");

        var before = DoneAndTold.Replace("batch_1", "batch_0", StringComparison.Ordinal)
            .Replace("file-out", "file-before", StringComparison.Ordinal);
        await AskAsync(gateway, "GET", "/v1/batches/batch_0", before, "key-of-ci");
        await DownloadAsync(gateway, "file-before", Output, "key-of-ci");
        await ReadAsync(gateway, before, "key-of-ci");
        await ReadAsync(gateway, DoneAndTold.Replace("completed", "in_progress", StringComparison.Ordinal), "key-of-ci");
        await ReadAsync(gateway, Done, "key-of-ci");
        await DownloadAsync(gateway, "file-0", Output, "key-of-ci");
        await DownloadAsync(gateway, "file-err", Output, "key-of-ci");
        await Wait.ForAsync(() => gateway.Engine.RunningCount == 0);
        Assert.Equal(0, _ledger.Asked);
        await ReadAsync(gateway, DoneAndTold, "key-of-ci");
        await Wait.ForAsync(() => _ledger.Batches.Count > 0);

        Assert.Equal((1, "batch_1"), (_ledger.Asked, Assert.Single(_ledger.Batches).RequestId));
    }

    [Fact]
    public async Task While_the_ledger_is_away_nothing_is_counted_and_it_is_tried_again()
    {
        await using var gateway = await StartAsync();
        await BeginAsync(gateway, "key-of-ci");
        _ledger.IsAway = true;
        await ReadAsync(gateway, DoneAndTold, "key-of-ci");
        await Wait.ForAsync(() => gateway.Log.GetSnapshot().Any(
            line => line.Message.StartsWith("The usage of batch batch_1 could not be written", StringComparison.Ordinal)));
        Assert.All(gateway.Engine.Budgets.List(), account => Assert.Equal((0, 0), (account.Spent, account.Reserved)));
        Assert.DoesNotContain(
            gateway.Log.GetSnapshot(), line => line.Message.Contains("secret of a database", StringComparison.Ordinal));

        _ledger.IsAway = false;
        await ReadAsync(gateway, DoneAndTold, "key-of-ci");
        await Wait.ForAsync(() => SpentOf(gateway, "total") > 0);

        Assert.Equal(OfM, Assert.Single(_ledger.Batches).Cost.Total);
    }

    [Fact]
    public async Task Lines_that_cannot_be_read_are_logged_and_the_others_count()
    {
        await using var gateway = await StartAsync();
        await BeginAsync(gateway, "key-of-ci");
        await ReadAsync(gateway, Done, "key-of-ci");

        await DownloadAsync(gateway, "file-out", Output + "no JSON\n", "key-of-ci");
        await Wait.ForAsync(() => _ledger.Batches.Count == 2);

        Assert.Contains(
            gateway.Log.GetSnapshot(), line => line.Message.StartsWith("1 lines of the output of batch batch_1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_is_noted_of_a_batch_cannot_be_read_and_goes_with_its_file()
    {
        await using var gateway = await StartAsync();
        await BeginAsync(gateway, "key-of-ci");
        await ReadAsync(gateway, Done, "key-of-ci");
        var sent = _upstream.Requests.Count;

        using var batch = await SendAsync(gateway, "GET", "/v1/batches/batch_1%23begun", "key-of-ci");
        using var file = await SendAsync(gateway, "GET", "/v1/files/file-out%23output/content", "key-of-ci");

        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.NotFound), (batch.StatusCode, file.StatusCode));
        Assert.Equal(sent, _upstream.Requests.Count);
        Assert.NotNull(await _owners.FindAsync("file-out#output", default));
        await AskAsync(gateway, "DELETE", "/v1/files/file-out", """{"id":"file-out","object":"file","deleted":true}""", "key-of-ci");
        Assert.Null(await _owners.FindAsync("file-out#output", default));
    }

    [Fact]
    public async Task Without_a_ledger_nothing_is_noted_and_nothing_is_read()
    {
        await using var gateway = await StartAsync(options => options.Storage.Ledger = null);
        await BeginAsync(gateway, "key-of-ci");
        await ReadAsync(gateway, DoneAndTold, "key-of-ci");
        Assert.Equal(Output, await DownloadAsync(gateway, "file-out", Output, "key-of-ci"));

        Assert.Null(await _owners.FindAsync("batch_1#begun", default));
        Assert.Null(await _owners.FindAsync("file-out#output", default));
        Assert.Equal((0, 0), (_ledger.Asked, _ledger.Batches.Count));
        Assert.All(gateway.Engine.Budgets.List(), account => Assert.Equal(0, account.Spent));
    }

    private Task<GatewayHost> StartAsync(Action<SwitchyardOptions>? configure = null) => GatewayHost.StartAsync(
        options =>
        {
            options.Providers["one"] = new() { BaseUrl = _upstream.BaseUrl, Key = "key-of-one", Models = ["m", "other"] };
            options.Keys["ci"] = new() { Key = "key-of-ci", Tenant = "acme", Budget = new() { Usd = 1, Period = "lifetime" } };
            options.Keys["dev"] = new() { Key = "key-of-dev", Tenant = "acme" };
            options.Tenants["acme"] = new() { Budget = new() { Usd = 1, Period = "lifetime" } };
            options.Prices.Models["one/*"] = new() { Input = 2, Output = 8 };
            options.Prices.Models["one/m"] = new()
            {
                Input = 2,
                Output = 8,
                ServiceTiers = new(StringComparer.OrdinalIgnoreCase) { ["batch"] = new() { Input = 1, Output = 4 } },
            };
            options.Budgets.Named["total"] = new() { Usd = 1, Period = "lifetime" };
            options.Budgets.Named["m"] = new() { Usd = 1, Period = "lifetime", Model = "one/m" };
            options.Storage.Ledger = "sqlite:never-opened.db";
            configure?.Invoke(options);
        },
        builder => builder.Services.AddSingleton<IStoredOwners>(_owners).AddSingleton<ILedgerFactory>(_ledger),
        _leaving.Watch);

    /// <summary>Begins a batch.</summary>
    private async Task BeginAsync(GatewayHost gateway, string key)
    {
        await _owners.AddAsync(
            new() { Id = "file-1", Kind = "file", Provider = "one", Account = "account", Holder = "tenant acme", At = default }, default);
        _upstream.ThenJson("""{"id":"batch_1","object":"batch","status":"validating"}""");
        using var begun = await gateway.PostAsync(
            "/v1/batches", """{"input_file_id":"file-1","endpoint":"/v1/chat/completions"}""", ("Authorization", $"Bearer {key}"));
        Assert.Equal(HttpStatusCode.OK, begun.StatusCode);
    }

    private Task ReadAsync(GatewayHost gateway, string said, string key) => AskAsync(gateway, "GET", "/v1/batches/batch_1", said, key);

    /// <summary>Asks for something; the provider answers this.</summary>
    private async Task AskAsync(GatewayHost gateway, string method, string path, string said, string key)
    {
        _upstream.ThenJson(said);
        using var answer = await SendAsync(gateway, method, path, key);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await answer.Content.ReadAsStringAsync();
    }

    /// <summary>Downloads all of the output but its last byte, and leaves.</summary>
    private async Task LeaveAsync(GatewayHost gateway, Func<HttpContext, ReadOnlyMemory<byte>, Task> rest)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/files/file-out/content");
        request.Headers.Authorization = new("Bearer", "key-of-ci");
        await _leaving.ReadAsync(gateway, _upstream, request, Output, rest);
    }

    private async Task<string> DownloadAsync(GatewayHost gateway, string file, string content, string key)
    {
        _upstream.ThenBytes(Encoding.UTF8.GetBytes(content), "application/octet-stream");
        using var answer = await SendAsync(gateway, "GET", $"/v1/files/{file}/content", key);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadAsStringAsync();
    }

    private static async Task<HttpResponseMessage> SendAsync(GatewayHost gateway, string method, string path, string key)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.Authorization = new("Bearer", key);
        return await gateway.Http.SendAsync(request);
    }

    private static long SpentOf(GatewayHost gateway, string budget) =>
        gateway.Engine.Budgets.List().Where(account => account.Budget == budget).Sum(account => account.Spent);
}
