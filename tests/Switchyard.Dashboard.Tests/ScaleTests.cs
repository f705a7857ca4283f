using System.Diagnostics;
using System.Globalization;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Money;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Dashboard.Tests;

/// <summary>
/// Every page over a large ledger with many keys. The short form shows that pages stay whole and say what the ledger says; with
/// <c>SWITCHYARD_LEDGER_ROWS=10000000</c> it is the long one, which measures: its figures stand in docs/dashboard.md.
/// </summary>
public sealed class ScaleTests(ITestOutputHelper output)
{
    private const long Long = 10_000_000;

    private static readonly long s_rows =
        long.Parse(Environment.GetEnvironmentVariable("SWITCHYARD_LEDGER_ROWS") ?? "100000", CultureInfo.InvariantCulture);

    private static readonly TimeSpan s_providerTakes = TimeSpan.FromMilliseconds(200);

    private static readonly string[] s_pages =
    [
        .. PageTests.Pages().Select(page => page.Data),
        "calls?q=key-77", "calls?q=no-such-word", "calls?q=rare", "calls?q=tenant:tenant-3", "calls?q=outcome:failed",
        "calls?q=alias:alias-3%20outcome:abandoned", "calls?q=model:provider-3/model-3%20key:key-3", "calls?q=end_user:user-77",
        "calls?q=session:session-1000", "calls?q=tag:tag-7", "calls?q=provider:provider-2%20since:today", "call?id=request-000000777",
        "spend?since=today&by=key", "spend?since=yesterday&by=tenant", "spend?since=month&by=key", "spend?since=month&by=tenant",
        "spend?since=7d&by=alias", "spend?since=30d&by=model", "spend?since=30d&by=provider",
    ];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_page_of_a_large_ledger_is_there_in_a_moment()
    {
        using var folder = new TemporaryFolder();
        await using var upstream = await FakeUpstream.StartAsync();
        var large = new LargeLedger(s_rows, (int)(s_rows / 100));
        var clock = Stopwatch.StartNew();
        await large.WriteAsync(folder["ledger.db"]);
        var (written, migrated) = (clock.Elapsed.TotalSeconds, large.Migrated.TotalSeconds);
        Say($"{s_rows} entries of {s_rows / 100} keys written in {written:0} s, migrated in {migrated:0.0} s of it");
        clock.Restart();
        await using var gateway = await Site.StartAsync(upstream, folder, null);
        await Wait.ForAsync(() => gateway.Engine.Keys.ListKeys().Count > s_rows / 100);
        Say($"gateway with all keys after {clock.Elapsed.TotalSeconds:0.0} s, {Environment.WorkingSet / 1e6:0} MB");
        using var visitor = WebVisitor.Open(gateway);
        (await WebVisitor.SignInAsync(visitor, Site.AdminKey)).Dispose();

        var slowest = 0d;
        foreach (var page in s_pages)
        {
            var times = new List<double>();
            var bytes = 0;
            for (var round = 0; round < (s_rows >= Long ? 4 : 1); round++)
            {
                clock.Restart();
                using var answer = await visitor.GetAsync($"/dashboard/{page}", Stop);
                var shown = await answer.Content.ReadAsStringAsync(Stop);
                times.Add(clock.Elapsed.TotalMilliseconds);
                bytes = shown.Length;
                Assert.Equal((page, HttpStatusCode.OK), (page, answer.StatusCode));
                Assert.False(shown.Contains("class=\"problem\"", StringComparison.Ordinal), $"{page} says what is wrong:\n{shown}");
                // Longer than anybody reads.
                Assert.InRange(bytes, 0, 1_000_000);
            }

            // The first time a page is compiled.
            var worst = times.Skip(1).DefaultIfEmpty(times[0]).Max();
            Say($"| {page} | {times[0]:0} | {worst:0} | {bytes / 1000} |");
            slowest = Math.Max(slowest, worst);
        }

        var month = new UsageFilter { Since = TimeProvider.System.GetUtcNow().AddDays(-31) };
        var ledger = gateway.Services.GetRequiredService<IUsageReader>();
        var byModel = await ledger.SummarizeAsync(new() { Filter = month, By = [UsageGrouping.Model] }, Stop);
        var byKey = await ledger.SummarizeAsync(new() { Filter = month, By = [UsageGrouping.Key], Limit = 10_000 }, Stop);
        Assert.Equal(s_rows, byModel.Total.Requests);
        Assert.Equal(byModel.Total, byKey.Total);
        Assert.Equal(byModel.Total.Requests, byModel.Groups.Sum(group => group.Figures.Requests));
        if (s_rows < Long)
            return;
        Assert.InRange(slowest, 0, 1000);
        await CompareCallsAsync(gateway, upstream, visitor);
    }

    /// <summary>How long calls take while all pages are loaded one after the other, beside how long they take without.</summary>
    private async Task CompareCallsAsync(GatewayHost gateway, FakeUpstream upstream, HttpClient visitor)
    {
        await MeasureAsync(gateway, upstream, null);
        for (var round = 0; round < 3; round++)
        {
            var alone = await MeasureAsync(gateway, upstream, null);
            var beside = await MeasureAsync(gateway, upstream, visitor);
            Say($"p99 of calls: {alone:0.0} ms alone, {beside:0.0} ms while pages are loaded ({(beside - alone) / alone:+0.0%;-0.0%})");
        }
    }

    private static async Task<double> MeasureAsync(GatewayHost gateway, FakeUpstream upstream, HttpClient? visitor)
    {
        const int PerSecond = 50;
        const int Seconds = 10;
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var looks = visitor is null ? Task.CompletedTask : LookAsync(visitor, ends.Token);
        var calls = new List<Task<double>>();
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1d / PerSecond));
        while (calls.Count < PerSecond * Seconds && await timer.WaitForNextTickAsync(Stop))
            calls.Add(CallAsync(gateway, upstream, calls.Count));
        var times = (await Task.WhenAll(calls)).Order().ToList();
        await ends.CancelAsync();
        await looks;
        return times[times.Count * 99 / 100];
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

    private static async Task LookAsync(HttpClient visitor, CancellationToken stop)
    {
        for (var next = 0; !stop.IsCancellationRequested; next++)
            await visitor.GetStringAsync($"/dashboard/{s_pages[next % s_pages.Length]}", CancellationToken.None);
    }

    private void Say(FormattableString line)
    {
        var text = line.ToString(CultureInfo.InvariantCulture);
        output.WriteLine(text);
        if (s_rows >= Long)
            TestContext.Current.SendDiagnosticMessage(text);
    }
}
