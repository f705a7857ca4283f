using System.Data.Common;
using System.Net;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Switchyard.Money;
using Switchyard.Storage.Databases;
using Switchyard.Storage.Ledger;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Storage.Tests;

/// <summary>The usage of batches, in SQLite and in PostgreSQL: recorded once, over restarts and for several gateways.</summary>
public sealed class BatchLedgerTests : IAsyncLifetime
{
    private const string Done = """{"id":"batch_1","object":"batch","status":"completed","output_file_id":"file-out"}""";

    private const string DoneAndTold = """
        {"id":"batch_1","object":"batch","status":"completed","output_file_id":"file-out","model":"m",
         "usage":{"input_tokens":4000,"output_tokens":400,"total_tokens":4400}}
        """;

    private const string Output = """
        {"custom_id":"1","response":{"status_code":200,"body":{"model":"m","usage":{"prompt_tokens":4000,"completion_tokens":400}}},"error":null}

        """;

    // 4,000 tokens at 1 dollar for a million and 400 at 4.
    private const long Cost = 5_600_000;

    private readonly TemporaryFolder _folder = new();
    private FakeUpstream _upstream = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _upstream = await FakeUpstream.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _upstream.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_batch_that_is_read_again_after_a_restart_counts_once()
    {
        var ledger = $"sqlite:{_folder["ledger.db"]}";
        await using (var gateway = await StartAsync(ledger, "one"))
        {
            await BeginAsync(gateway);
            await AskAsync(gateway, "GET", "/v1/batches/batch_1", Done);
            await AskAsync(gateway, "GET", "/v1/files/file-out/content", Output);
            await Wait.ForAsync(() => SpentOf(gateway) == Cost);
        }

        await using var again = await StartAsync(ledger, "one");
        await AskAsync(again, "GET", "/v1/files/file-out/content", Output);
        await AskAsync(again, "GET", "/v1/batches/batch_1", DoneAndTold);
        await AskAsync(again, "GET", "/v1/batches", $$"""{"object":"list","data":[{{DoneAndTold}}],"has_more":false}""");
        await Wait.ForAsync(() => again.Engine.RunningCount == 0);

        // The account was opened for the charge, with the amount spent before, and was not charged again.
        var account = Assert.Single(again.Engine.Budgets.List());
        Assert.Equal((Cost, 0), (account.Spent, account.Reserved));
        var entry = Assert.Single(await EntriesAsync(again));
        Assert.Equal(("batch_1", "batch", "ci", "m", Cost), (entry.RequestId, entry.Operation, entry.Key, entry.Model, entry.Cost.Total));
    }

    [Fact]
    public async Task Of_several_gateways_that_read_a_batch_one_writes_it_and_the_budget_has_spent_it_once()
    {
        Assert.SkipWhen(PostgresServer.Missing is not null, PostgresServer.Missing ?? "");
        var ledger = await (await PostgresServer.SharedAsync()).NewDatabaseAsync();
        await using var one = await StartAsync(ledger, "one");
        await using var two = await StartAsync(ledger, "two");
        await BeginAsync(one);

        await Task.WhenAll(
            AskAsync(one, "GET", "/v1/batches/batch_1", DoneAndTold), AskAsync(two, "GET", "/v1/batches/batch_1", DoneAndTold));
        await Wait.ForAsync(async () => (await EntriesAsync(one)).Count > 0);
        await Wait.ForAsync(() => (one.Engine.RunningCount, two.Engine.RunningCount) == (0, 0));

        Assert.Equal(Cost, Assert.Single(await EntriesAsync(two)).Cost.Total);
        Assert.Equal(Cost, Math.Max(SpentOf(one), SpentOf(two)));
        Assert.All(
            one.Engine.Budgets.List().Concat(two.Engine.Budgets.List()), account => Assert.Equal(0, account.Reserved));
    }

    /// <summary>A claim alone would lose the usage if the process ended; an entry alone could count twice.</summary>
    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task What_is_written_once_is_claimed_and_written_together_or_not_at_all(string database)
    {
        const string Name = "batch|one|batch_1";
        await using var test = await TestLedger.OpenAsync(database);
        var address = LedgerAddress.Parse(test.Address);
        await using var ledger = address.Postgres is { } postgres
            ? await PostgresLedger.OpenAsync(_folder["own.db"], postgres, isDurable: false, TimeProvider.System, NullLogger.Instance, Stop)
            : SqliteLedger.Open(address.File!, isDurable: false, TimeProvider.System, NullLogger.Instance);
        var entry = SomeEntry.Finished() with { Budgets = ["total|lifetime"] };

        await test.ExecuteAsync("alter table entries rename to elsewhere");
        await Assert.ThrowsAnyAsync<DbException>(() => ledger.TrySettleOnceAsync(Name, [entry], Stop).AsTask());
        await test.ExecuteAsync("alter table elsewhere rename to entries");

        Assert.True(await ledger.TrySettleOnceAsync(Name, [entry], Stop));
        Assert.False(await ledger.TrySettleOnceAsync(Name, [entry with { Attempt = 1 }], Stop));
        Assert.Equal(1L, Assert.Single(await test.RowsAsync("select count(*) from entries"))[0]);
        Assert.Equal(entry.Cost.Total, Assert.Single(await test.RowsAsync("select spent from budget_accounts"))[0]);
        Assert.Equal(1L, Assert.Single(await test.RowsAsync("select cast(sum(lines) as bigint) from rollups"))[0]);
    }

    private Task<GatewayHost> StartAsync(string ledger, string name) => GatewayHost.StartAsync(
        options =>
        {
            options.Providers["one"] = new() { BaseUrl = _upstream.BaseUrl, Key = "key-of-one", Models = ["m"] };
            options.Keys["ci"] = new() { Key = "key-of-ci" };
            options.Prices.Models["one/m"] = new()
            {
                Input = 2,
                Output = 8,
                ServiceTiers = new(StringComparer.OrdinalIgnoreCase) { ["batch"] = new() { Input = 1, Output = 4 } },
            };
            options.Budgets.Named["total"] = new() { Usd = 1, Period = "lifetime" };
            options.Storage.Ledger = ledger;
            options.Storage.Journal = _folder[$"{name}.db"];
        },
        builder => builder.AddSwitchyardStorage());

    private async Task BeginAsync(GatewayHost gateway)
    {
        _upstream.ThenJson("""{"id":"file-1","object":"file"}""");
        using var form = new MultipartForm().Field("purpose", "batch").File("file", "{}\n"u8.ToArray(), "a.jsonl").ToContent();
        using var upload = new HttpRequestMessage(HttpMethod.Post, "/v1/files") { Content = form };
        upload.Headers.Authorization = new("Bearer", "key-of-ci");
        using var uploaded = await gateway.Http.SendAsync(upload, Stop);
        _upstream.ThenJson("""{"id":"batch_1","object":"batch","status":"validating"}""");
        using var begun = await gateway.PostAsync(
            "/v1/batches", """{"input_file_id":"file-1","endpoint":"/v1/chat/completions"}""", ("Authorization", "Bearer key-of-ci"));
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (uploaded.StatusCode, begun.StatusCode));
    }

    /// <summary>Sends a request; the provider gives this answer.</summary>
    private async Task AskAsync(GatewayHost gateway, string method, string path, string said)
    {
        _upstream.ThenBytes(Encoding.UTF8.GetBytes(said), "application/json");
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.Authorization = new("Bearer", "key-of-ci");
        using var answer = await gateway.Http.SendAsync(request, Stop);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    private static long SpentOf(GatewayHost gateway) => gateway.Engine.Budgets.List().Sum(account => account.Spent);

    private static async Task<List<LedgerEntry>> EntriesAsync(GatewayHost gateway)
    {
        List<LedgerEntry> entries = [];
        await foreach (var entry in gateway.Services.GetRequiredService<IUsageReader>().ReadAsync(new UsageFilter(), Stop))
            entries.Add(entry);
        return entries;
    }
}
