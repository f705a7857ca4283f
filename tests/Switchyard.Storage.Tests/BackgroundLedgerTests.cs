using System.Net;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Canonical;
using Switchyard.Money;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Storage.Tests;

/// <summary>
/// The usage of answers that providers make in the background, in SQLite and in PostgreSQL: a second line of the call that asked for one.
/// </summary>
public sealed class BackgroundLedgerTests : IAsyncLifetime
{
    private const string Queued =
        """{"id":"resp_1","object":"response","status":"queued","background":true,"model":"m","output":[],"usage":null}""";

    private const string Completed = """
        {"id":"resp_1","object":"response","status":"completed","background":true,"model":"m","output":[],
         "usage":{"input_tokens":4000,"output_tokens":400,"total_tokens":4400}}
        """;

    // 4,000 tokens at 2 dollars for a million and 400 at 8.
    private const long Cost = 11_200_000;

    private readonly TemporaryFolder _folder = new();
    private FakeUpstream _upstream = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _upstream = await FakeUpstream.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _upstream.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task An_answer_that_several_clients_read_is_one_request_with_two_lines_and_is_spent_once(string database)
    {
        Assert.SkipWhen(database == "postgres" && PostgresServer.Missing is not null, PostgresServer.Missing ?? "");
        var ledger = database == "sqlite"
            ? $"sqlite:{_folder["ledger.db"]}"
            : await (await PostgresServer.SharedAsync()).NewDatabaseAsync();
        await using (var gateway = await StartAsync(ledger))
        {
            await BeginAsync(gateway);
            await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => ReadAsync(gateway)));
            await ReadAsync(gateway);
            await Wait.ForAsync(async () => (await EntriesAsync(gateway)).Count == 2 && gateway.Engine.RunningCount == 0);

            var account = Assert.Single(gateway.Engine.Budgets.List());
            Assert.Equal((Cost, 0), (account.Spent, account.Reserved));
        }

        // Everything is written by now.
        await using var again = await StartAsync(ledger);
        var entries = await EntriesAsync(again);
        Assert.Equal(2, entries.Count);
        Assert.Equal(entries[0].Call, entries[1].Call);
        var (begun, read) = (entries.Single(entry => entry.Attempt == 0), entries.Single(entry => entry.Attempt == 1));
        Assert.Equal((Unpriced.NoUsage, 0L, false), (begun.Unpriced, begun.Cost.Total, begun.IsEstimate));
        Assert.Equal((4000L, 400L, Cost, "ci"), (read.Usage.Input, read.Usage.Output, read.Cost.Total, read.Key));
        var figures = (await again.Services.GetRequiredService<IUsageReader>().SummarizeAsync(new(), Stop)).Total;
        Assert.Equal((1L, 2L, Cost), (figures.Requests, figures.Lines, figures.Cost.Total));
    }

    private Task<GatewayHost> StartAsync(string ledger) => GatewayHost.StartAsync(
        options =>
        {
            options.Providers["one"] = new()
            {
                BaseUrl = _upstream.BaseUrl, Key = "key-of-one", Models = ["m"], Dialect = "openai-responses",
            };
            options.Keys["ci"] = new() { Key = "key-of-ci" };
            options.Prices.Models["one/m"] = new() { Input = 2, Output = 8 };
            options.Budgets.Named["total"] = new() { Usd = 1, Period = "lifetime" };
            options.Storage.Ledger = ledger;
            options.Storage.Journal = _folder["one.db"];
        },
        builder => builder.AddSwitchyardStorage());

    private async Task BeginAsync(GatewayHost gateway)
    {
        _upstream.ThenJson(Queued);
        using var begun = await gateway.PostAsync(
            "/v1/responses", """{"model":"one/m","input":"Find it out.","background":true,"max_output_tokens":1000}""",
            ("Authorization", "Bearer key-of-ci"));
        Assert.Equal((HttpStatusCode.OK, Queued), (begun.StatusCode, await begun.Content.ReadAsStringAsync(Stop)));
        await Wait.ForAsync(() => gateway.Engine.RunningCount == 0);
    }

    private async Task ReadAsync(GatewayHost gateway)
    {
        _upstream.ThenBytes(Encoding.UTF8.GetBytes(Completed), "application/json");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/responses/resp_1");
        request.Headers.Authorization = new("Bearer", "key-of-ci");
        using var answer = await gateway.Http.SendAsync(request, Stop);
        Assert.Equal((HttpStatusCode.OK, Completed), (answer.StatusCode, await answer.Content.ReadAsStringAsync(Stop)));
    }

    private static async Task<List<LedgerEntry>> EntriesAsync(GatewayHost gateway)
    {
        List<LedgerEntry> entries = [];
        await foreach (var entry in gateway.Services.GetRequiredService<IUsageReader>().ReadAsync(new UsageFilter(), Stop))
            entries.Add(entry);
        return entries;
    }
}
