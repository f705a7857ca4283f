using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Npgsql;
using Switchyard.Storage.Databases;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Storage.Tests;

/// <summary>Several gateways that share one strict budget of a dollar.</summary>
[Covers("B1")]
public sealed class SharedBudgetTests : IDisposable
{
    private const long Dollar = 1_000_000_000;

    // 40 tokens in at $1 and 50 out at $10 for a million.
    private const long Call = 540_000;

    private readonly string _directory = Directory.CreateTempSubdirectory("switchyard-shared-").FullName;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Two_gateways_spend_a_dollar_together_never_more_and_almost_all_of_it()
    {
        Assert.SkipWhen(PostgresServer.Missing is not null, PostgresServer.Missing ?? "");
        await using var upstream = await AnUpstreamAsync();
        var ledger = await (await PostgresServer.SharedAsync()).NewDatabaseAsync();
        await using var one = await StartAsync("one", upstream, ledger);
        await using var two = await StartAsync("two", upstream, ledger);

        await SpendAsync([one, two], clients: 200);

        var state = await QuietAsync(ledger);
        Assert.True(state.Spent >= Dollar * 9 / 10 && state.Spent <= Dollar, $"{state}");
        Assert.Equal(state.Spent, state.Sum);
        Assert.Equal(0, state.Reserved);
    }

    [Fact]
    public async Task Three_with_one_killed_Redis_emptied_and_a_fourth_joining_late_never_spend_more()
    {
        Assert.SkipWhen(PostgresServer.Missing is not null, PostgresServer.Missing ?? "");
        Assert.SkipWhen(RedisServer.Missing is not null, RedisServer.Missing ?? "");
        await using var upstream = await AnUpstreamAsync();
        await using var redis = await RedisServer.StartAsync();
        var ledger = await (await PostgresServer.SharedAsync()).NewDatabaseAsync();
        await using var one = await StartAsync("one", upstream, ledger, redis: redis);
        await using var two = await StartAsync("two", upstream, ledger, redis: redis);
        await using var three = await StartAsync("three", upstream, ledger, redis: redis);
        var early = SpendAsync([one, two, three], clients: 100);
        await Task.Delay(500, Stop);
        await two.KillAsync();
        await redis.KillAsync();
        await redis.RestartAsync();
        await using var four = await StartAsync("four", upstream, ledger, redis: redis);
        await Task.WhenAll(early, SpendAsync([one, three, four], clients: 100));

        Assert.InRange((await QuietAsync(ledger)).Spent, 0, Dollar);
        // With its file it knows what it spent, gives the rest back, and the rest can be spent.
        await two.StartAsync();
        await SpendAsync([one, two, three, four], clients: 60);
        var state = await QuietAsync(ledger);

        Assert.InRange(state.Spent + state.Unknown, Dollar * 9 / 10, Dollar);
        Assert.Equal(state.Spent, state.Sum);
        Assert.Equal(state.Unknown, state.Reserved);
    }

    [Fact]
    public async Task While_neither_database_answers_calls_go_on_and_nothing_is_lost()
    {
        Assert.SkipWhen(PostgresServer.Missing is not null, PostgresServer.Missing ?? "");
        Assert.SkipWhen(RedisServer.Missing is not null, RedisServer.Missing ?? "");
        await using var upstream = await AnUpstreamAsync();
        await using var postgres = await PostgresServer.StartAsync();
        await using var redis = await RedisServer.StartAsync();
        var ledger = await postgres.NewDatabaseAsync();
        await using var one = await StartAsync("one", upstream, ledger, usd: 1000, redis: redis);
        const int Each = 100;
        // The first calls of a process are slow for reasons of their own.
        await LatenciesAsync(one, Each);
        var before = await LatenciesAsync(one, Each);

        await postgres.FreezeAsync();
        redis.Freeze();
        var frozen = await LatenciesAsync(one, Each);

        // For a quiet machine to be read, not for a busy one to be judged by.
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"ms a call, median and 99 %: {before[Each / 2]:f1} and {before[^2]:f1}; with both away "
                + $"{frozen[Each / 2]:f1} and {frozen[^2]:f1}");
        redis.Thaw();
        await postgres.ThawAsync();
        var state = await QuietAsync(ledger, expected: 3 * Each * Call);
        Assert.Equal((3 * Each * Call, 3 * Each * Call), (state.Spent, state.Sum));
    }

    /// <summary>Asks one after the other, each of which must be answered; how long each took, in milliseconds, rising.</summary>
    private static async Task<double[]> LatenciesAsync(GatewayProcess gateway, int calls)
    {
        var took = new double[calls];
        for (var i = 0; i < calls; i++)
        {
            var begun = System.Diagnostics.Stopwatch.GetTimestamp();
            Assert.Equal(HttpStatusCode.OK, await AskAsync(gateway, Stop));
            took[i] = System.Diagnostics.Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
        }

        return [.. took.Order()];
    }

    private static async Task<FakeUpstream> AnUpstreamAsync()
    {
        var upstream = await FakeUpstream.StartAsync();
        return upstream.Then(async http =>
        {
            await Task.Delay(Random.Shared.Next(0, 10), CancellationToken.None);
            http.Response.ContentType = "application/json";
            await http.Response.WriteAsync(
                """
                {"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,
                "message":{"role":"assistant","content":"ok"},"finish_reason":"stop"}],"usage":{"prompt_tokens":40,"completion_tokens":50,"total_tokens":90}}
                """,
                CancellationToken.None);
        });
    }

    private Task<GatewayProcess> StartAsync(
        string name, FakeUpstream upstream, string ledger, int usd = 1, RedisServer? redis = null) =>
        GatewayProcess.StartAsync($"{_directory}/{name}", $$"""
            providers: { up: { base_url: "{{upstream.BaseUrl}}", key: k, models: [ m ], max_retries: 0 } }
            prices: { "up/*": { input: 1, output: 10 } }
            budgets: { total: { usd: {{usd}}, period: lifetime } }
            health: { monitor: false }
            storage: { ledger: "{{ledger}}"{{(redis is null ? "" : $", redis: \"{redis.Address}\"")}} }
            {{(redis is null ? "" : "limits: { up: { rpm: 10000000, tpm: 100000000000 } }")}}
            """);

    /// <summary>Asks until the budget has refused each client twelve times in a row, for some three seconds; one call in twenty is left by
    /// its client.</summary>
    private static Task SpendAsync(IReadOnlyList<GatewayProcess> gateways, int clients) =>
        Task.WhenAll(Enumerable.Range(0, clients).Select(async client =>
        {
            var random = new Random(client);
            for (var refused = 0; refused < 12;)
            {
                using var leave = CancellationTokenSource.CreateLinkedTokenSource(Stop);
                if (random.Next(20) == 0)
                    leave.CancelAfter(random.Next(1, 10));
                try
                {
                    var status = await AskAsync(gateways[random.Next(gateways.Count)], leave.Token);
                    refused = status == HttpStatusCode.OK ? 0 : refused + 1;
                    if (status != HttpStatusCode.OK)
                        await Task.Delay(200, Stop);
                }
                catch (Exception e) when (e is HttpRequestException or OperationCanceledException && !Stop.IsCancellationRequested)
                {
                    // It left, or the gateway was killed.
                    refused += e is HttpRequestException ? 1 : 0;
                }
            }
        }));

    private static async Task<HttpStatusCode> AskAsync(GatewayProcess gateway, CancellationToken cancellation)
    {
        using var content = new StringContent(
            Some.ChatRequest("up/m", extra: ",\"max_tokens\":50"), Encoding.UTF8, "application/json");
        using var answer = await gateway.Http.PostAsync(new Uri("/v1/chat/completions", UriKind.Relative), content, cancellation);
        await answer.Content.ReadAsByteArrayAsync(cancellation);
        return answer.StatusCode;
    }

    /// <summary>What the database says once it says the same for a second, at most half a minute from now.</summary>
    private static async Task<SharedState> QuietAsync(string ledger, long? expected = null)
    {
        await using var source = NpgsqlDataSource.Create(LedgerAddress.Parse(ledger).Postgres!);
        SharedState last = default;
        for (int tries = 0, same = 0; tries < 120 && same < 8; tries++)
        {
            await Task.Delay(250, Stop);
            var now = await ReadAsync(source);
            same = now == last && (expected is null || now.Spent == expected) ? same + 1 : 0;
            last = now;
        }

        return last;
    }

    private static async Task<SharedState> ReadAsync(NpgsqlDataSource source)
    {
        await using var command = source.CreateCommand(
            """
            select coalesce((select sum(spent) from budget_accounts), 0)::bigint, coalesce((select sum(cost) from entries), 0)::bigint,
              coalesce((select sum(amount) from budget_leases), 0)::bigint,
              coalesce((select sum(worst_case) from entries where outcome = 0), 0)::bigint
            """);
        await using var reader = await command.ExecuteReaderAsync(Stop);
        await reader.ReadAsync(Stop);
        return new(reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3));
    }

    private readonly record struct SharedState(long Spent, long Sum, long Reserved, long Unknown);
}
