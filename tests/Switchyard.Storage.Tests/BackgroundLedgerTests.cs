using System.IO.Compression;
using System.Net;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Canonical;
using Switchyard.Hosting;
using Switchyard.Money;
using Switchyard.Storage.Databases;
using Switchyard.Storage.Stored;
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

    private const string Working =
        """{"id":"resp_1","object":"response","status":"in_progress","background":true,"model":"m","output":[],"usage":null}""";

    private const string Completed = """
        {"id":"resp_1","object":"response","status":"completed","background":true,"model":"m",
         "output":[{"type":"message","id":"msg_1","role":"assistant","status":"completed",
           "content":[{"type":"output_text","text":"Found.","annotations":[]}]}],
         "usage":{"input_tokens":4000,"output_tokens":400,"total_tokens":4400}}
        """;

    private const string Request =
        """{"model":"one/m","input":"Find it out.","background":true,"max_output_tokens":1000,"user":"u-1"}""";

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
        var ledger = await LedgerAsync(database);
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

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task After_a_restart_an_answer_is_its_owners_and_is_charged_once_to_the_call_that_asked_for_it(string database)
    {
        var ledger = await LedgerAsync(database);
        await using (var before = await StartAsync(ledger))
            await BeginAsync(before, ("x-switchyard-tag", "eu"), ("x-switchyard-session", "s-1"));
        await using (var after = await StartAsync(ledger))
        {
            Assert.Equal(HttpStatusCode.NotFound, await StatusOfAsync(after, "GET", "key-of-other"));
            await ReadAsync(after);
            await ReadAsync(after);
            await Wait.ForAsync(async () => (await EntriesAsync(after)).Count == 2 && after.Engine.RunningCount == 0);
            Assert.Equal(Cost, Assert.Single(after.Engine.Budgets.List()).Spent);
        }

        await using var again = await StartAsync(ledger);
        await ReadAsync(again);
        await Wait.ForAsync(() => again.Engine.RunningCount == 0);
        var entries = await EntriesAsync(again);
        Assert.Equal(2, entries.Count);
        var (begun, read) = (entries.Single(entry => entry.Attempt == 0), entries.Single(entry => entry.Attempt == 1));
        Assert.Equal((begun.Call, begun.RequestId, begun.Key, begun.Tag, begun.Session, begun.EndUser, begun.Alias),
            (read.Call, read.RequestId, read.Key, read.Tag, read.Session, read.EndUser, read.Alias));
        Assert.Equal(("ci", "s-1", "u-1"), (read.Key, read.Session, read.EndUser));
        Assert.Equal((4000L, 400L, Cost), (read.Usage.Input, read.Usage.Output, read.Cost.Total));
        var figures = (await again.Services.GetRequiredService<IUsageReader>().SummarizeAsync(new(), Stop)).Total;
        Assert.Equal((1L, 2L, Cost), (figures.Requests, figures.Lines, figures.Cost.Total));
    }

    [Fact]
    public async Task Of_two_gateways_that_read_an_answer_at_once_one_charges_it()
    {
        var ledger = await LedgerAsync("postgres");
        await using var one = await StartAsync(ledger);
        await using var two = await StartAsync(ledger, "two.db");
        await BeginAsync(one);

        await Task.WhenAll(ReadAsync(one), ReadAsync(two), ReadAsync(two), ReadAsync(one));
        await ReadAsync(two);
        await Wait.ForAsync(async () => (await EntriesAsync(one)).Count == 2 && one.Engine.RunningCount + two.Engine.RunningCount == 0);

        Assert.Equal(Cost, (await EntriesAsync(two)).Sum(entry => entry.Cost.Total));
        var spent = one.Engine.Budgets.List().Concat(two.Engine.Budgets.List()).Select(account => (account.Spent, account.Reserved));
        Assert.All(spent, account => Assert.Equal(0, account.Reserved));
        var figures = (await two.Services.GetRequiredService<IUsageReader>().SummarizeAsync(new(), Stop)).Total;
        Assert.Equal((1L, 2L, Cost), (figures.Requests, figures.Lines, figures.Cost.Total));
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task A_call_that_continues_an_answer_after_a_restart_goes_to_its_account_and_only_for_its_owner(string database)
    {
        var ledger = await LedgerAsync(database);
        await using (var before = await StartAsync(ledger))
            await BeginAsync(before);
        await using var after = await StartAsync(ledger, twoKeys: true);
        var sent = _upstream.Requests.Count;

        Assert.Equal(HttpStatusCode.BadRequest, await GoOnAsync(after, "key-of-other"));
        Assert.Equal(sent, _upstream.Requests.Count);
        for (var times = 0; times < 4; times++)
            Assert.Equal(HttpStatusCode.OK, await GoOnAsync(after, "key-of-ci"));

        Assert.All(_upstream.Requests.Skip(sent), request => Assert.Equal("Bearer key-of-one", request.Headers["Authorization"]));
    }

    /// <summary>It is killed while the provider's answer to the read is under way: the next read charges it.</summary>
    [Theory]
    [InlineData("sqlite", "relaxed")]
    [InlineData("sqlite", "strict")]
    [InlineData("postgres", "relaxed")]
    public async Task Whenever_a_gateway_is_killed_an_answer_is_charged_once(string database, string durability)
    {
        var ledger = database == "sqlite" ? "sqlite:ledger.db" : await LedgerAsync(database);
        await using var gateway = await GatewayProcess.StartAsync(_folder["killed"], $$"""
            providers: { one: { base_url: "{{_upstream.BaseUrl}}", key: k, models: [ m ], dialect: openai-responses, max_retries: 0 } }
            prices: { "one/m": { input: 2, output: 8 } }
            keys: { ci: { key: key-of-ci } }
            health: { monitor: false }
            storage: { ledger: "{{ledger}}", journal: journal.db, durability: {{durability}} }
            """);
        _upstream.ThenJson(Queued);
        using (var begun = await SendAsync(gateway.Http, "POST", "/v1/responses", "key-of-ci", Request))
            Assert.Equal(Queued, await begun.Content.ReadAsStringAsync(Stop));
        await gateway.KillAsync();
        await gateway.StartAsync();
        _upstream.ThenHang();
        var hanging = SendAsync(gateway.Http, "GET", "/v1/responses/resp_1", "key-of-ci");
        await Wait.ForAsync(() => _upstream.Requests.Count(request => request.Method == "GET") == 1);
        await gateway.KillAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => hanging);

        await gateway.StartAsync();
        await ReadAsync(gateway.Http);
        await gateway.KillAsync();
        await gateway.StartAsync();
        await ReadAsync(gateway.Http);

        await using var reader = database == "sqlite" ? null : await StartAsync(ledger);
        await gateway.KillAsync();
        await using var after = reader is null ? await StartAsync($"sqlite:{_folder["killed"]}/ledger.db") : null;
        // The client gets its answer before it is charged: a process that is killed in between leaves that to the next one.
        await ReadAsync(reader ?? after!);
        await Wait.ForAsync(async () => (await EntriesAsync(reader ?? after!)).Count == 2);
        var entries = await EntriesAsync(reader ?? after!);
        Assert.Equal(Cost, entries.Sum(entry => entry.Cost.Total));
        Assert.DoesNotContain(entries, entry => entry.Outcome == LedgerOutcome.Unknown);
    }

    /// <summary>Its process was killed after it had written the line, and before it recorded that nothing is owed.</summary>
    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task An_answer_that_was_charged_but_is_still_recorded_as_owed_is_not_charged_again(string database)
    {
        var ledger = await LedgerAsync(database);
        BackgroundRecord owed;
        await using (var before = await StartAsync(ledger))
        {
            await BeginAsync(before);
            owed = (await before.Services.GetRequiredService<IBackgroundStore>().FindAsync("resp_1", Stop))!;
            await ReadAsync(before);
            await Wait.ForAsync(async () => (await EntriesAsync(before)).Count == 2 && before.Engine.RunningCount == 0);
        }

        await using var after = await StartAsync(ledger);
        var store = after.Services.GetRequiredService<IBackgroundStore>();
        Assert.Null((await store.FindAsync("resp_1", Stop))!.Owed);
        await store.AddAsync(owed, owed.At, Stop);
        Assert.NotNull((await store.FindAsync("resp_1", Stop))!.Owed);
        await ReadAsync(after);
        await Wait.ForAsync(async () => (await store.FindAsync("resp_1", Stop))!.Owed is null && after.Engine.RunningCount == 0);

        Assert.Equal(Cost, (await EntriesAsync(after)).Sum(entry => entry.Cost.Total));
        Assert.Equal(Cost, Assert.Single(after.Engine.Budgets.List()).Spent);
    }

    /// <summary>The client has its answer; the call is open until the answer is recorded, and unknown if the process ends before.</summary>
    [Fact]
    public async Task A_call_whose_answer_could_not_be_recorded_as_owed_is_unknown_until_the_answer_is_read()
    {
        var ledger = await LedgerAsync("sqlite");
        await using (var before = await StartAsync(
            ledger, build: builder => builder.Services.AddSingleton<IBackgroundStore>(new SilentStore(ledger))))
            await BeginAsync(before);

        await using var after = await StartAsync(ledger);
        Assert.Equal(LedgerOutcome.Unknown, Assert.Single(await EntriesAsync(after)).Outcome);
        await ReadAsync(after);
        await Wait.ForAsync(async () => (await EntriesAsync(after)).Count == 2 && after.Engine.RunningCount == 0);

        var entries = await EntriesAsync(after);
        Assert.Equal([(0, LedgerOutcome.Resolved, 0L), (1, LedgerOutcome.Finished, Cost)],
            entries.OrderBy(entry => entry.Attempt).Select(entry => (entry.Attempt, entry.Outcome, entry.Cost.Total)));
        var account = Assert.Single(after.Engine.Budgets.List());
        Assert.Equal((Cost, 0), (account.Spent, account.Reserved));
    }

    [Fact]
    public async Task The_provider_is_asked_for_an_answer_that_no_client_reads()
    {
        var clock = new TestClock();
        await using var gateway = await StartAsync(
            await LedgerAsync("sqlite"), build: builder => builder.Services.AddSingleton<TimeProvider>(clock));
        await BeginAsync(gateway);
        _upstream.ThenJson(Working);
        _upstream.ThenJson(Completed);
        clock.Advance(TimeSpan.FromMinutes(9));
        Assert.Single(_upstream.Requests);

        await PassAsync(gateway, clock, TimeSpan.FromMinutes(3), 2);
        Assert.Single(await EntriesAsync(gateway));
        await PassAsync(gateway, clock, TimeSpan.FromMinutes(11), 3);
        await Wait.ForAsync(async () => (await EntriesAsync(gateway)).Count == 2 && gateway.Engine.RunningCount == 0);
        await PassAsync(gateway, clock, TimeSpan.FromHours(2), 3);

        Assert.Equal(Cost, Assert.Single(gateway.Engine.Budgets.List()).Spent);
        Assert.Equal("ci", (await EntriesAsync(gateway)).Single(entry => entry.Attempt == 1).Key);
    }

    /// <summary>A cancelled answer never says what it used: without an end to it, its provider would be asked 37 times.</summary>
    [Fact]
    public async Task An_answer_that_has_ended_without_usage_is_asked_for_once_more_and_then_recorded_without_usage()
    {
        var clock = new TestClock();
        await using var gateway = await StartAsync(
            await LedgerAsync("sqlite"), build: builder => builder.Services.AddSingleton<TimeProvider>(clock));
        await BeginAsync(gateway);
        var cancelled = Working.Replace("in_progress", "cancelled", StringComparison.Ordinal);
        // Too early to know: some providers count a moment after the end.
        _upstream.ThenJson(cancelled);
        using (var read = await SendAsync(gateway.Http, "GET", "/v1/responses/resp_1", "key-of-ci"))
            Assert.Equal(cancelled, await read.Content.ReadAsStringAsync(Stop));
        await Wait.ForAsync(() => gateway.Engine.RunningCount == 0);
        Assert.NotNull((await gateway.Services.GetRequiredService<IBackgroundStore>().FindAsync("resp_1", Stop))!.Owed);

        _upstream.ThenJson(cancelled);
        await PassAsync(gateway, clock, TimeSpan.FromMinutes(12), 3);
        await Wait.ForAsync(async () => (await EntriesAsync(gateway)).Count == 2 && gateway.Engine.RunningCount == 0);
        await PassAsync(gateway, clock, TimeSpan.FromHours(2), 3);

        Assert.Null((await gateway.Services.GetRequiredService<IBackgroundStore>().FindAsync("resp_1", Stop))!.Owed);
        Assert.All(await EntriesAsync(gateway), entry => Assert.Equal((Unpriced.NoUsage, 0L), (entry.Unpriced, entry.Cost.Total)));
        Assert.Equal(0, Assert.Single(gateway.Engine.Budgets.List()).Spent);
    }

    /// <summary>Of the answer that is read before, nothing may be left in the one that the client gets.</summary>
    [Fact]
    public async Task An_answer_that_is_deleted_unread_is_charged_before()
    {
        const string Deleted = """{"id":"resp_1","object":"response","deleted":true}""";
        await using var gateway = await StartAsync(await LedgerAsync("sqlite"));
        await BeginAsync(gateway);
        _upstream.Then(async http =>
        {
            http.Response.ContentType = "application/json";
            http.Response.ContentLength = Encoding.UTF8.GetByteCount(Completed);
            await http.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(Completed), CancellationToken.None);
        });
        _upstream.Then(async http =>
        {
            http.Response.ContentType = "application/json";
            http.Response.Headers.ContentEncoding = "gzip";
            await using var gzip = new GZipStream(http.Response.Body, CompressionMode.Compress);
            await gzip.WriteAsync(Encoding.UTF8.GetBytes(Deleted), CancellationToken.None);
        });

        using (var deleted = await SendAsync(gateway.Http, "DELETE", "/v1/responses/resp_1", "key-of-ci"))
            Assert.Equal((HttpStatusCode.OK, Deleted), (deleted.StatusCode, await deleted.Content.ReadAsStringAsync(Stop)));
        await Wait.ForAsync(async () => (await EntriesAsync(gateway)).Count == 2 && gateway.Engine.RunningCount == 0);

        Assert.Equal(["POST", "GET", "DELETE"], _upstream.Requests.Select(request => request.Method));
        Assert.Equal(Cost, Assert.Single(gateway.Engine.Budgets.List()).Spent);
    }

    /// <summary>The client knows the id from the first event, and reads on after the restart.</summary>
    [Fact]
    public async Task The_owner_of_a_stream_is_recorded_as_soon_as_it_is_open()
    {
        var ledger = await LedgerAsync("sqlite");
        await using var gateway = await StartAsync(ledger);
        _upstream.ThenStreamAndHang(
            "event: response.created\ndata: {\"type\":\"response.created\",\"sequence_number\":0,\"response\":" + Queued + "}\n\n",
            "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"sequence_number\":1,"
                + "\"item_id\":\"msg_1\",\"output_index\":0,\"content_index\":0,\"delta\":\"Hi\"}\n\n");
        using var begun = await gateway.PostAsync(
            "/v1/responses", Request.Replace("{", "{\"stream\":true,", StringComparison.Ordinal), ("Authorization", "Bearer key-of-ci"));
        Assert.Equal(HttpStatusCode.OK, begun.StatusCode);

        var record = await gateway.Services.GetRequiredService<IBackgroundStore>().FindAsync("resp_1", Stop);

        Assert.Equal(("one", "m", "key ci", null), (record!.Provider, record.Model, record.Holder, record.Owed));
    }

    private async Task<string> LedgerAsync(string database)
    {
        Assert.SkipWhen(database == "postgres" && PostgresServer.Missing is not null, PostgresServer.Missing ?? "");
        return database == "sqlite"
            ? $"sqlite:{_folder["ledger.db"]}"
            : await (await PostgresServer.SharedAsync()).NewDatabaseAsync();
    }

    private Task<GatewayHost> StartAsync(
        string ledger, string journal = "one.db", bool twoKeys = false, Action<SwitchyardBuilder>? build = null) => GatewayHost.StartAsync(
        options =>
        {
            options.Providers["one"] = new()
            {
                BaseUrl = _upstream.BaseUrl, Key = "key-of-one", Models = ["m"], Dialect = "openai-responses",
            };
            if (twoKeys)
            {
                options.Providers["one"].Key = null;
                options.Providers["one"].Keys = [new() { Key = "key-of-another" }, new() { Key = "key-of-one" }];
            }

            options.Keys["ci"] = new() { Key = "key-of-ci" };
            options.Keys["other"] = new() { Key = "key-of-other" };
            options.Prices.Models["one/m"] = new() { Input = 2, Output = 8 };
            options.Budgets.Named["total"] = new() { Usd = 1, Period = "lifetime" };
            options.Storage.Ledger = ledger;
            options.Storage.Journal = _folder[journal];
        },
        builder =>
        {
            builder.AddSwitchyardStorage();
            build?.Invoke(builder);
        });

    private async Task BeginAsync(GatewayHost gateway, params (string Name, string Value)[] headers)
    {
        _upstream.ThenJson(Queued);
        using var begun = await gateway.PostAsync("/v1/responses", Request, [("Authorization", "Bearer key-of-ci"), .. headers]);
        Assert.Equal((HttpStatusCode.OK, Queued), (begun.StatusCode, await begun.Content.ReadAsStringAsync(Stop)));
        await Wait.ForAsync(() => gateway.Engine.RunningCount == 0);
    }

    private Task ReadAsync(GatewayHost gateway) => ReadAsync(gateway.Http);

    private async Task ReadAsync(HttpClient http)
    {
        _upstream.ThenBytes(Encoding.UTF8.GetBytes(Completed), "application/json");
        using var answer = await SendAsync(http, "GET", "/v1/responses/resp_1", "key-of-ci");
        Assert.Equal((HttpStatusCode.OK, Completed), (answer.StatusCode, await answer.Content.ReadAsStringAsync(Stop)));
    }

    private static async Task<HttpStatusCode> StatusOfAsync(GatewayHost gateway, string method, string key)
    {
        using var answer = await SendAsync(gateway.Http, method, "/v1/responses/resp_1", key);
        return answer.StatusCode;
    }

    private async Task<HttpStatusCode> GoOnAsync(GatewayHost gateway, string key)
    {
        _upstream.ThenJson(Completed.Replace("resp_1", $"resp_{Guid.NewGuid():n}", StringComparison.Ordinal));
        using var answer = await SendAsync(
            gateway.Http, "POST", "/v1/responses", key,
            """{"model":"one/m","input":"Go on.","previous_response_id":"resp_1","max_output_tokens":200}""");
        await answer.Content.ReadAsStringAsync(Stop);
        return answer.StatusCode;
    }

    private static async Task<HttpResponseMessage> SendAsync(
        HttpClient http, string method, string path, string key, string? json = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.Authorization = new("Bearer", key);
        if (json is not null)
            request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        return await http.SendAsync(request, Stop);
    }

    /// <summary>Lets time pass by the minute until the provider has got so many requests, at most for the given time.</summary>
    private async Task PassAsync(GatewayHost gateway, TestClock clock, TimeSpan time, int requests)
    {
        for (var passed = TimeSpan.Zero; passed < time; passed += TimeSpan.FromMinutes(1))
        {
            clock.Advance(TimeSpan.FromMinutes(1));
            await Task.Yield();
            // The clock stands while a request runs: minutes that pass meanwhile would end it at its time limit.
            await Wait.ForAsync(() => gateway.Engine.RunningCount == 0);
        }

        await Wait.ForAsync(() => _upstream.Requests.Count == requests);
    }

    private static async Task<List<LedgerEntry>> EntriesAsync(GatewayHost gateway)
    {
        List<LedgerEntry> entries = [];
        await foreach (var entry in gateway.Services.GetRequiredService<IUsageReader>().ReadAsync(new UsageFilter(), Stop))
            entries.Add(entry);
        return entries;
    }

    /// <summary>A store that writes answers and does not report it, as if its process were killed in between.</summary>
    private sealed class SilentStore(string ledger) : IBackgroundStore, IDisposable
    {
        private readonly SqlBackgroundAnswers _store = new(LedgerAddress.Parse(ledger));

        public async Task AddAsync(BackgroundRecord answer, DateTimeOffset due, CancellationToken cancellationToken)
        {
            await _store.AddAsync(answer, due, cancellationToken);
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }

        public Task<BackgroundRecord?> FindAsync(string id, CancellationToken cancellationToken) => _store.FindAsync(id, cancellationToken);

        public Task CloseAsync(string id, CancellationToken cancellationToken) => _store.CloseAsync(id, cancellationToken);

        public Task<IReadOnlyList<BackgroundRecord>> TakeDueAsync(
            DateTimeOffset now, TimeSpan again, TimeSpan longest, int most, IReadOnlyCollection<string> except,
            CancellationToken cancellationToken) =>
            _store.TakeDueAsync(now, again, longest, most, except, cancellationToken);

        public Task<IReadOnlyList<BackgroundRecord>> DeleteAsync(DateTimeOffset before, CancellationToken cancellationToken) =>
            _store.DeleteAsync(before, cancellationToken);

        public void Dispose() => _store.Dispose();
    }
}
