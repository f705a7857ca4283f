using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Switchyard.Money;
using Switchyard.Storage.Databases;
using Switchyard.Storage.Ledger;
using Switchyard.Storage.Migrations;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Storage.Tests;

/// <summary>Several gateways that share one strict budget of a dollar.</summary>
[Covers("B1")]
public sealed class SharedBudgetTests : IDisposable
{
    private const long Dollar = 1_000_000_000;

    private const string AdminKey = "sixteen-letters-or-more";

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

        var state = await QuietAsync(ledger, isGivenBack: true);
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
        // From its file it knows its spending and returns the rest, which can be spent again.
        await two.StartAsync();
        await SpendAsync([one, two, three, four], clients: 60);
        var state = await QuietAsync(ledger, isGivenBack: true);

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
        await using var one = await StartAsync("one", upstream, ledger, redis: redis, budget: "usd: 1000, period: lifetime");
        const int Each = 100;
        // The first calls of a process are slow for other reasons.
        await LatenciesAsync(one, Each);
        var before = await LatenciesAsync(one, Each);

        await postgres.FreezeAsync();
        redis.Freeze();
        var frozen = await LatenciesAsync(one, Each, isPatient: false);

        // Only reported: on a busy machine the figure would prove nothing.
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"ms a call, median and 99 %: {before[Each / 2]:f1} and {before[^2]:f1}; with both away "
                + $"{frozen[Each / 2]:f1} and {frozen[^2]:f1}");
        redis.Thaw();
        await postgres.ThawAsync();
        var state = await QuietAsync(ledger, expected: 3 * Each * Call);
        Assert.Equal((3 * Each * Call, 3 * Each * Call), (state.Spent, state.Sum));
    }

    [Theory]
    [InlineData("lifetime")]
    [InlineData("24h")]
    public async Task A_budget_that_only_warns_counts_what_all_of_them_have_spent_over_a_restart_too(string period)
    {
        Assert.SkipWhen(PostgresServer.Missing is not null, PostgresServer.Missing ?? "");
        await using var upstream = await AnUpstreamAsync();
        var ledger = await (await PostgresServer.SharedAsync()).NewDatabaseAsync();
        await using var one = await StartAsync("one", upstream, ledger, budget: $"usd: 1, period: {period}, mode: warn");
        await using var two = await StartAsync("two", upstream, ledger, budget: $"usd: 1, period: {period}, mode: warn");
        await LatenciesAsync(one, 5);
        await LatenciesAsync(two, 1);

        Assert.Equal(6 * Call, await SpentAsync(two, expected: 6 * Call));

        await QuietAsync(ledger, expected: 6 * Call);
        await two.KillAsync();
        await two.StartAsync();
        await LatenciesAsync(two, 1);

        Assert.Equal(7 * Call, await SpentAsync(two, expected: 7 * Call));
    }

    [Fact]
    public async Task What_others_spent_of_a_rolling_budget_that_only_warns_counts_until_its_time_has_passed()
    {
        Assert.SkipWhen(PostgresServer.Missing is not null, PostgresServer.Missing ?? "");
        await using var upstream = await AnUpstreamAsync();
        var ledger = await (await PostgresServer.SharedAsync()).NewDatabaseAsync();
        await SpendAsync(ledger, secondsAgo: 20 * 60, 3 * Dollar);
        await SpendAsync(ledger, secondsAgo: 5, Dollar / 2);

        await using var one = await StartAsync("one", upstream, ledger, budget: "usd: 1, period: 10m, mode: warn");
        await LatenciesAsync(one, 1);

        Assert.Equal((Dollar / 2) + Call, await SpentAsync(one, expected: (Dollar / 2) + Call));
    }

    [Theory]
    [InlineData("{\"budgets.total.mode\":\"warn\"}")]
    [InlineData("{\"budgets.total\":null}")]
    public async Task What_a_gateway_holds_of_a_budget_that_is_strict_no_more_goes_back_at_once(string change)
    {
        Assert.SkipWhen(PostgresServer.Missing is not null, PostgresServer.Missing ?? "");
        await using var upstream = await AnUpstreamAsync();
        var ledger = await (await PostgresServer.SharedAsync()).NewDatabaseAsync();
        await using var source = NpgsqlDataSource.Create(LedgerAddress.Parse(ledger).Postgres!);
        var clock = new TestClock();
        await using var one = await GatewayHost.StartAsync(
            options =>
            {
                options.Providers["up"] = new() { BaseUrl = upstream.BaseUrl, Key = "k", Models = ["m"] };
                options.Prices.Models["up/*"] = new() { Input = 1, Output = 10 };
                options.Budgets.Named["total"] = new() { Usd = 1, Period = "lifetime" };
                options.Admin.Key = AdminKey;
                options.Storage.Ledger = ledger;
                options.Storage.Journal = $"{_directory}/one.db";
            },
            builder =>
            {
                builder.AddSwitchyardStorage();
                builder.Services.AddSingleton<TimeProvider>(clock);
            });
        await SpendOnceAsync(one, clock);
        Assert.True((await ReadAsync(source)).Reserved > 0);

        using var request = new HttpRequestMessage(HttpMethod.Patch, "/admin/config")
        {
            Content = new StringContent(change, Encoding.UTF8, "application/json"),
        };
        request.Headers.Authorization = new("Bearer", AdminKey);
        using var answer = await one.Http.SendAsync(request, Stop);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Stop));

        await Wait.ForAsync(() => one.Engine.RunningCount == 0);
        // Without spending the part goes back after 20 quarters of a second in any case: of the gateway's time only 8 pass. It looks after
        // its part once for all quarters that pass while it does so, and renews the lease each time.
        for (var quarters = 0; quarters < 8 && (await ReadAsync(source)).Reserved > 0; quarters++)
        {
            var before = await ExpiresAsync(source);
            clock.Advance(TimeSpan.FromMilliseconds(250));
            await Wait.ForAsync(async () => await ExpiresAsync(source) != before || (await ReadAsync(source)).Reserved == 0);
        }

        await Wait.ForAsync(async () => (await ReadAsync(source)).Reserved == 0);
    }

    [Fact]
    public async Task The_part_of_a_conversation_that_holds_nothing_is_not_renewed_for_ever()
    {
        Assert.SkipWhen(PostgresServer.Missing is not null, PostgresServer.Missing ?? "");
        await using var upstream = await AnUpstreamAsync();
        var ledger = await (await PostgresServer.SharedAsync()).NewDatabaseAsync();
        await using var source = NpgsqlDataSource.Create(LedgerAddress.Parse(ledger).Postgres!);
        await using var one = await StartAsync("one", upstream, ledger, budget: "usd: 1, period: lifetime, per: session");
        await LatenciesAsync(one, 1);
        await Wait.ForAsync(async () => await ReadAsync(source) is { Spent: Call, Reserved: 0 });

        // A part ends five seconds after it was last renewed: one that is renewed for ever never ends.
        await Wait.ForAsync(async () =>
        {
            await using var command = source.CreateCommand("select count(*) from budget_leases where expires > now()");
            return await command.ExecuteScalarAsync(Stop) is 0L;
        });
        Assert.Equal(HttpStatusCode.OK, await AskPatientlyAsync(one));
    }

    [Fact]
    public async Task A_part_whose_line_is_being_written_elsewhere_keeps_no_other_waiting()
    {
        Assert.SkipWhen(PostgresServer.Missing is not null, PostgresServer.Missing ?? "");
        await using var upstream = await AnUpstreamAsync();
        var ledger = await (await PostgresServer.SharedAsync()).NewDatabaseAsync();
        await using var source = NpgsqlDataSource.Create(LedgerAddress.Parse(ledger).Postgres!);
        await using var one = await StartAsync(
            "one", upstream, ledger, budget: "usd: 1, period: lifetime }, second: { usd: 1, period: lifetime");
        await LatenciesAsync(one, 1);
        // Once everything is written and returned, only the time of the rows is renewed.
        await Wait.ForAsync(async () => await ReadAsync(source) is { Spent: 2 * Call, Reserved: 0 });
        // The rows of empty parts are not renewed.
        await using (var hold = source.CreateCommand("update budget_leases set amount = 1"))
            await hold.ExecuteNonQueryAsync(Stop);
        await using var writing = await source.OpenConnectionAsync(Stop);
        await using var transaction = await writing.BeginTransactionAsync(Stop);
        await using var writes = new NpgsqlCommand(
            "select 1 from budget_leases where account = 'total|lifetime' for update", writing, transaction);
        Assert.Equal(1, await writes.ExecuteScalarAsync(Stop));

        var before = await ExpiresAsync();
        await Wait.ForAsync(async () => await ExpiresAsync() > before);

        async Task<DateTime> ExpiresAsync()
        {
            await using var command = source.CreateCommand("select expires from budget_leases where account = 'second|lifetime'");
            return (DateTime)(await command.ExecuteScalarAsync(Stop))!;
        }
    }

    [Fact]
    public async Task Whatever_a_client_calls_its_end_user_each_is_charged_for_itself_and_the_ledger_goes_on()
    {
        Assert.SkipWhen(PostgresServer.Missing is not null, PostgresServer.Missing ?? "");
        await using var upstream = await AnUpstreamAsync();
        var ledger = await (await PostgresServer.SharedAsync()).NewDatabaseAsync();
        await using var one = await StartAsync("one", upstream, ledger, budget: "usd: 1, period: lifetime, per: end_user");
        // Too large for an index; random, because PostgreSQL would compress a repetitive text.
        var random = new Random(7);
        var large = string.Concat(Enumerable.Range(0, 8000).Select(_ => (char)random.Next(0x4e00, 0x9f00)));
        string[] users = [large, "x\ntotal|lifetime|ada\ntotal|lifetime|ada", "\0", "ada"];

        foreach (var user in users)
            Assert.Equal(HttpStatusCode.OK, await AskPatientlyAsync(one, user));

        var state = await QuietAsync(ledger, expected: users.Length * Call);
        Assert.Equal((users.Length * Call, users.Length * Call), (state.Spent, state.Sum));
    }

    [Theory]
    [InlineData(20 * 60, HttpStatusCode.OK)]
    [InlineData(10, HttpStatusCode.PaymentRequired)]
    public async Task What_a_rolling_budget_spent_before_a_start_counts_until_its_time_has_passed(int secondsAgo, HttpStatusCode status)
    {
        Assert.SkipWhen(PostgresServer.Missing is not null, PostgresServer.Missing ?? "");
        await using var upstream = await AnUpstreamAsync();
        var ledger = await (await PostgresServer.SharedAsync()).NewDatabaseAsync();
        await SpendAsync(ledger, secondsAgo, Dollar);

        await using var one = await StartAsync("one", upstream, ledger, budget: "usd: 1, period: 10m");

        Assert.Equal(status, await AskPatientlyAsync(one));
    }

    /// <summary>Records another gateway's spending of the rolling budget of ten minutes, which is longer than any test takes.</summary>
    private static async Task SpendAsync(string ledger, int secondsAgo, long cost)
    {
        await using var connection = new NpgsqlConnection(LedgerAddress.Parse(ledger).Postgres);
        await connection.OpenAsync(Stop);
        await Migrator.ApplyAsync(connection, Stop);
        var now = DateTimeOffset.UtcNow;
        LedgerEntry[] spent =
        [
            SomeEntry.Finished(now.AddSeconds(-secondsAgo)) with { Budgets = ["total|rolling-600s"], Cost = new() { Request = cost } },
        ];
        await using var transaction = await connection.BeginTransactionAsync(Stop);
        await PostgresEntries.InsertAsync(connection, transaction, spent, Guid.NewGuid(), Stop);
        await PostgresEntries.SpendAsync(connection, transaction, spent, Guid.NewGuid(), now, Stop);
        await transaction.CommitAsync(Stop);
    }

    /// <summary>The spending of the budget that a gateway reports, once it has the expected value or 30 seconds have passed.</summary>
    private static async Task<long> SpentAsync(GatewayProcess gateway, long expected)
    {
        for (var tries = 0; ; tries++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/admin/budgets");
            request.Headers.Authorization = new("Bearer", AdminKey);
            using var answer = await gateway.Http.SendAsync(request, Stop);
            var spent = (long)(JsonElement.Parse(await answer.Content.ReadAsStringAsync(Stop))
                .GetProperty("data")[0].GetProperty("spent_usd").GetDecimal() * Dollar);
            if (spent == expected || tries == 120)
                return spent;
            await Task.Delay(250, Stop);
        }
    }

    /// <summary>Sends calls one by one, all of which must be answered; returns their durations in milliseconds, ascending.</summary>
    /// <param name="gateway">The gateway.</param>
    /// <param name="calls">The number of calls.</param>
    /// <param name="isPatient">Whether a call that PostgreSQL has kept waiting too long is sent again.</param>
    private static async Task<double[]> LatenciesAsync(GatewayProcess gateway, int calls, bool isPatient = true)
    {
        var took = new double[calls];
        for (var i = 0; i < calls; i++)
        {
            var begun = System.Diagnostics.Stopwatch.GetTimestamp();
            Assert.Equal(HttpStatusCode.OK, isPatient ? await AskPatientlyAsync(gateway) : await AskAsync(gateway, Stop));
            took[i] = System.Diagnostics.Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
        }

        return [.. took.Order()];
    }

    /// <summary>
    /// Sends a call, and again while the budget is unavailable: on a busy machine PostgreSQL may not answer within the second that a call
    /// waits for it, and is then asked again after a second of the gateway's time.
    /// </summary>
    private static async Task SpendOnceAsync(GatewayHost gateway, TestClock clock)
    {
        for (var tries = 0; ; tries++)
        {
            using var answer = await gateway.ChatAsync(Some.ChatRequest("up/m", extra: ",\"max_tokens\":50"));
            await answer.Content.LoadIntoBufferAsync(Stop);
            if (answer.StatusCode == HttpStatusCode.OK)
                return;
            Assert.True(answer.StatusCode == HttpStatusCode.ServiceUnavailable && tries < 30, $"{answer.StatusCode}");
            clock.Advance(TimeSpan.FromSeconds(1));
        }
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
        string name, FakeUpstream upstream, string ledger, RedisServer? redis = null, string budget = "usd: 1, period: lifetime") =>
        GatewayProcess.StartAsync($"{_directory}/{name}", $$"""
            providers: { up: { base_url: "{{upstream.BaseUrl}}", key: k, models: [ m ], max_retries: 0 } }
            prices: { "up/*": { input: 1, output: 10 } }
            budgets: { total: { {{budget}} } }
            admin: { key: {{AdminKey}} }
            health: { monitor: false }
            storage: { ledger: "{{ledger}}"{{(redis is null ? "" : $", redis: \"{redis.Address}\"")}} }
            {{(redis is null ? "" : "limits: { up: { rpm: 10000000, tpm: 100000000000 } }")}}
            """);

    /// <summary>Sends calls until the budget has refused each client twelve times in a row, for some 3 seconds; one call in 20 is left by
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
                catch (Exception e) when (
                    e is HttpRequestException or OperationCanceledException or SocketException && !Stop.IsCancellationRequested)
                {
                    // The client disconnected, or the gateway was killed; HttpClient throws a bare SocketException if that was just after
                    // it connected.
                    refused += e is OperationCanceledException ? 0 : 1;
                }
            }
        }));

    /// <summary>
    /// Sends a call, and again for half a minute while the budget is unavailable: on a busy machine PostgreSQL may not answer within the
    /// second that a call waits for it.
    /// </summary>
    private static async Task<HttpStatusCode> AskPatientlyAsync(GatewayProcess gateway, string user = "")
    {
        for (var tries = 0; ; tries++)
        {
            var status = await AskAsync(gateway, Stop, user);
            if (status != HttpStatusCode.ServiceUnavailable || tries == 120)
                return status;
            await Task.Delay(250, Stop);
        }
    }

    private static async Task<HttpStatusCode> AskAsync(GatewayProcess gateway, CancellationToken cancellation, string user = "")
    {
        var named = user.Length == 0 ? "" : $",\"user\":{JsonSerializer.Serialize(user)}";
        using var content = new StringContent(
            Some.ChatRequest("up/m", extra: $",\"max_tokens\":50{named}"), Encoding.UTF8, "application/json");
        using var answer = await gateway.Http.PostAsync(new Uri("/v1/chat/completions", UriKind.Relative), content, cancellation);
        await answer.Content.ReadAsByteArrayAsync(cancellation);
        return answer.StatusCode;
    }

    /// <summary>The value in the database once it has not changed for two seconds, within at most a minute.</summary>
    /// <param name="ledger">The database.</param>
    /// <param name="expected">What has then been spent; null for anything.</param>
    /// <param name="isGivenBack">Whether the gateways then hold only what calls whose end is not known may have cost.</param>
    private static async Task<SharedState> QuietAsync(string ledger, long? expected = null, bool isGivenBack = false)
    {
        await using var source = NpgsqlDataSource.Create(LedgerAddress.Parse(ledger).Postgres!);
        SharedState last = default;
        for (int tries = 0, same = 0; tries < 240 && same < 8; tries++)
        {
            await Task.Delay(250, Stop);
            var now = await ReadAsync(source);
            var isReached = (expected is null || now.Spent == expected) && (!isGivenBack || now.Reserved == now.Unknown);
            same = now == last && isReached ? same + 1 : 0;
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

    /// <summary>When the last lease of a part of a budget expires.</summary>
    private static async Task<string?> ExpiresAsync(NpgsqlDataSource source)
    {
        await using var command = source.CreateCommand("select max(expires)::text from budget_leases");
        return await command.ExecuteScalarAsync(Stop) as string;
    }

    private readonly record struct SharedState(long Spent, long Sum, long Reserved, long Unknown);
}
