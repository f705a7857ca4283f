using System.Diagnostics;
using System.Globalization;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Money;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Dashboard.Tests;

/// <summary>
/// Every page over a large ledger with many keys. The short form shows that pages are complete and match the ledger; with
/// <c>SWITCHYARD_LEDGER_ROWS=10000000</c> it is the long one, which measures: its figures are in docs/dashboard.md. With
/// <c>SWITCHYARD_LEDGER_IN=postgres</c> the ledger is in PostgreSQL, and with <c>SWITCHYARD_LEDGER_FOLDER</c> the file is kept for the
/// next time on the same day.
/// </summary>
public sealed class ScaleTests(ITestOutputHelper output)
{
    private const long Long = 10_000_000;

    private static readonly long s_rows =
        long.Parse(Environment.GetEnvironmentVariable("SWITCHYARD_LEDGER_ROWS") ?? "50000", CultureInfo.InvariantCulture);

    private static readonly bool s_inPostgres = Environment.GetEnvironmentVariable("SWITCHYARD_LEDGER_IN") == "postgres";

    private static readonly string? s_folder = Environment.GetEnvironmentVariable("SWITCHYARD_LEDGER_FOLDER");

    private static readonly TimeSpan s_providerTakes = TimeSpan.FromMilliseconds(200);

    private static readonly string[] s_pages =
    [
        .. PageTests.Pages().Select(page => page.Data),
        "calls?q=key-77", "calls?q=no-such-word", "calls?q=rare", "calls?q=tenant:tenant-3", "calls?q=outcome:failed",
        "calls?q=alias:alias-3%20outcome:abandoned", "calls?q=model:provider-3/model-3%20key:key-3", "calls?q=end_user:user-77",
        "calls?q=session:session-1000", "calls?q=tag:tag-7", "calls?q=provider:provider-2%20since:today", "call?id=request-000000777",
        "spend?since=today&by=key", "spend?since=yesterday&by=tenant", "spend?since=month&by=key", "spend?since=month&by=tenant",
        "spend?since=7d&by=alias", "spend?since=7d&by=key", "spend?since=7d&by=tenant", "spend?since=30d&by=model",
        "spend?since=30d&by=provider", "spend?since=30d&by=key", "spend?since=30d&by=tenant", "spend?since=30d&by=tag",
        "spend?since=30d&by=end_user",
    ];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_page_of_a_large_ledger_is_there_in_a_moment()
    {
        using var folder = new TemporaryFolder();
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, folder);
        using var visitor = WebVisitor.Open(gateway);
        (await WebVisitor.SignInAsync(visitor, Site.AdminKey)).Dispose();

        var slowest = 0d;
        foreach (var page in s_pages)
        {
            var times = new List<double>();
            var bytes = 0;
            for (var round = 0; round < (s_rows >= Long ? 4 : 1); round++)
            {
                var clock = Stopwatch.StartNew();
                using var answer = await visitor.GetAsync($"/dashboard/{page}", Stop);
                var shown = await answer.Content.ReadAsStringAsync(Stop);
                times.Add(clock.Elapsed.TotalMilliseconds);
                bytes = shown.Length;
                Assert.Equal((page, HttpStatusCode.OK), (page, answer.StatusCode));
                Assert.False(shown.Contains("class=\"problem\"", StringComparison.Ordinal), $"{page} says what is wrong:\n{shown}");
                // The limit is longer than a useful page.
                Assert.InRange(bytes, 0, 1_000_000);
            }

            // The first request compiles the page.
            var worst = times.Skip(1).DefaultIfEmpty(times[0]).Max();
            Say($"| {page} | {times[0]:0} | {worst:0} | {bytes / 1000} |");
            slowest = Math.Max(slowest, worst);
        }

        var month = new UsageFilter { Since = TimeProvider.System.GetUtcNow().AddDays(-31) };
        var ledger = gateway.Services.GetRequiredService<IUsageReader>();
        var byModel = await ledger.SummarizeAsync(new() { Filter = month, By = [UsageGrouping.Model] }, Stop);
        var byKey = await ledger.SummarizeAsync(new() { Filter = month, By = [UsageGrouping.Key] }, Stop);
        var byTenant = await ledger.SummarizeAsync(new() { Filter = month, By = [UsageGrouping.Tenant], Limit = 10_000 }, Stop);
        Assert.Equal(s_rows, byModel.Total.Requests);
        Assert.Equal(byModel.Total, byKey.Total);
        Assert.Equal(byModel.Total, byTenant.Total);
        Assert.Equal(byModel.Total.Requests, byModel.Groups.Sum(group => group.Figures.Requests));
        if (s_rows >= Long)
            Assert.InRange(slowest, 0, 1000);
    }

    /// <summary>
    /// Latency of calls while all pages are loaded one after the other, compared with the latency without: run it on a machine that
    /// does nothing else, <c>-explicit only -class '*ScaleTests'</c>.
    /// </summary>
    [Fact(Explicit = true)]
    public async Task Calls_take_hardly_longer_while_all_pages_are_loaded()
    {
        const int Rounds = 8;
        using var folder = new TemporaryFolder();
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, folder, isWritten: true);
        using var visitor = WebVisitor.Open(gateway);
        (await WebVisitor.SignInAsync(visitor, Site.AdminKey)).Dispose();
        await MeasureAsync(gateway, upstream, visitor);

        var (alone, beside) = (new List<double>(), new List<double>());
        var pages = 0;
        for (var round = 0; round < Rounds; round++)
        {
            // Alternating, so that other work on the machine affects both.
            alone.AddRange((await MeasureAsync(gateway, upstream, null)).Times);
            var (times, seen) = await MeasureAsync(gateway, upstream, visitor);
            beside.AddRange(times);
            pages += seen;
        }

        foreach (var share in (double[])[0.5, 0.9, 0.99])
            Say($"p{share * 100:0} of {alone.Count} calls: {At(alone, share):0.0} ms, while pages are loaded {At(beside, share):0.0} ms");
        var grows = (At(beside, 0.99) / At(alone, 0.99)) - 1;
        Say($"p99 grows by {grows:0.0%}, {pages} pages loaded");
        Assert.InRange(grows, -1, 0.05);

        static double At(List<double> times, double share) => times.Order().ElementAt((int)(times.Count * share));
    }

    /// <summary>A gateway over a large ledger, once it has loaded every key. A kept file is copied if calls will write to it.</summary>
    private async Task<GatewayHost> StartAsync(FakeUpstream upstream, TemporaryFolder folder, bool isWritten = false)
    {
        var clock = Stopwatch.StartNew();
        var large = new LargeLedger(s_rows, (int)(s_rows / 100));
        var kept = s_folder is null
            ? folder["ledger.db"]
            : Path.Combine(Directory.CreateDirectory(s_folder).FullName, $"{s_rows}.db");
        var address = $"sqlite:{kept}";
        if (s_inPostgres)
        {
            Assert.SkipWhen(PostgresServer.Missing is not null, PostgresServer.Missing ?? "");
            address = await (await PostgresServer.SharedAsync()).NewDatabaseAsync();
            await large.WriteAsync(address);
        }
        else if (!File.Exists(kept))
        {
            await large.WriteAsync(address);
        }

        if (isWritten && !s_inPostgres && s_folder is not null)
        {
            File.Copy(kept, folder["ledger.db"]);
            address = $"sqlite:{folder["ledger.db"]}";
        }

        var (migrated, gathered) = (large.Migrated.TotalSeconds, large.Gathered.TotalSeconds);
        var took = clock.Elapsed.TotalSeconds;
        Say($"{s_rows} entries of {s_rows / 100} keys in {took:0} s: migrated in {migrated:0.0} s, gathered in {gathered:0.0} s");
        clock.Restart();
        var gateway = await Site.StartAsync(upstream, folder, options =>
        {
            options.Storage.Ledger = address;
            options.Storage.Journal = folder["journal"];
            // The cost of ten million entries is spent already, and thousands of calls are added.
            options.Budgets.Named["total"].Usd = 1_000_000_000;
            options.Limits["up"].RequestsPerMinute = 1_000_000;
        });
        await Wait.ForAsync(() => gateway.Engine.Keys.ListKeys().Count > s_rows / 100);
        Say($"gateway with all keys after {clock.Elapsed.TotalSeconds:0.0} s, {Environment.WorkingSet / 1e6:0} MB");
        return gateway;
    }

    private static async Task<(IReadOnlyList<double> Times, int Pages)> MeasureAsync(
        GatewayHost gateway, FakeUpstream upstream, HttpClient? visitor)
    {
        const int PerSecond = 50;
        const int Seconds = 10;
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var looks = visitor is null ? Task.FromResult(0) : LookAsync(visitor, ends.Token);
        var calls = new List<Task<double>>();
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1d / PerSecond));
        while (calls.Count < PerSecond * Seconds && await timer.WaitForNextTickAsync(Stop))
            calls.Add(CallAsync(gateway, upstream, calls.Count));
        var times = await Task.WhenAll(calls);
        await ends.CancelAsync();
        return (times, await looks);
    }

    private static async Task<double> CallAsync(GatewayHost gateway, FakeUpstream upstream, int number)
    {
        upstream.Then(async http =>
        {
            await Task.Delay(s_providerTakes, http.RequestAborted);
            await FakeUpstream.WriteAsync(http, 200, "application/json", Some.ChatCompletion());
        });
        var clock = Stopwatch.GetTimestamp();
        using var answer = await gateway.ChatAsync(
            Some.ChatRequest("fast", $"{number} {clock}"), ("Authorization", $"Bearer {Site.ClientKey}"));
        await answer.Content.ReadAsStringAsync(Stop);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return Stopwatch.GetElapsedTime(clock).TotalMilliseconds;
    }

    private static async Task<int> LookAsync(HttpClient visitor, CancellationToken stop)
    {
        var seen = 0;
        for (; !stop.IsCancellationRequested; seen++)
            await visitor.GetStringAsync($"/dashboard/{s_pages[seen % s_pages.Length]}", CancellationToken.None);
        return seen;
    }

    private void Say(FormattableString line)
    {
        var text = line.ToString(CultureInfo.InvariantCulture);
        output.WriteLine(text);
        if (s_rows >= Long)
            TestContext.Current.SendDiagnosticMessage(text);
    }
}
