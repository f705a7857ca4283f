using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;
using Switchyard.Money;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Money;

/// <summary>An alert is sent once when a budget passes a threshold, to its recipients.</summary>
[Covers("B19")]
public sealed class BudgetAlertTests
{
    private readonly TestClock _clock = new();
    private readonly Observer _observer = new();

    [Covers("S003-72")]
    [Fact]
    public void Each_threshold_is_said_once_however_many_calls_follow()
    {
        using var sender = new WebhookSender(_clock);
        var alerts = new BudgetAlerts([_observer], sender, _clock);
        var account = Account(100);
        foreach (var spent in (long[])[70, 15, 5, 15, 10])
        {
            account.Settle(0, spent, _clock.GetUtcNow());
            alerts.Look(account);
            alerts.Look(account);
        }

        Assert.Equal([(0.8, 85), (1, 105)], _observer.Heard.Select(alert => (alert.Threshold, alert.Status.Spent)));
    }

    [Fact]
    public void Of_thresholds_passed_at_once_the_highest_is_said()
    {
        using var sender = new WebhookSender(_clock);
        var alerts = new BudgetAlerts([_observer], sender, _clock);
        var account = Account(100);
        account.Settle(0, 120, _clock.GetUtcNow());
        alerts.Look(account);
        alerts.Look(account);

        Assert.Equal(1, Assert.Single(_observer.Heard).Threshold);
    }

    [Fact]
    public void A_threshold_that_was_said_is_not_said_again_when_others_are_added()
    {
        using var sender = new WebhookSender(_clock);
        var alerts = new BudgetAlerts([_observer], sender, _clock);
        var account = Account(100);
        account.Settle(0, 85, _clock.GetUtcNow());
        alerts.Look(account);

        account.Follow(new() { Name = "total", Limit = 100, Period = new(BudgetPeriodKind.Day), Thresholds = [0.5, 0.8, 1] });
        alerts.Look(account);
        account.Settle(0, 20, _clock.GetUtcNow());
        alerts.Look(account);

        Assert.Equal([0.8, 1], _observer.Heard.Select(alert => alert.Threshold));
    }

    [Fact]
    public void What_others_have_said_is_not_said_again()
    {
        using var sender = new WebhookSender(_clock);
        var alerts = new BudgetAlerts([_observer], sender, _clock) { Ledger = new ClaimedLedger() };
        var account = Account(100);
        account.Settle(0, 120, _clock.GetUtcNow());
        alerts.Look(account);

        Assert.Empty(_observer.Heard);
    }

    [Fact]
    public void What_the_ledger_cannot_decide_is_said_rather_than_never()
    {
        using var sender = new WebhookSender(_clock);
        var alerts = new BudgetAlerts([_observer], sender, _clock) { Ledger = new ClaimedLedger(isAway: true) };
        var account = Account(100);
        account.Settle(0, 120, _clock.GetUtcNow());
        alerts.Look(account);
        alerts.Look(account);

        Assert.Single(_observer.Heard);
    }

    [Fact]
    public void Of_a_rolling_budget_it_is_said_again_when_it_was_below_the_threshold_and_once_in_its_length()
    {
        using var sender = new WebhookSender(_clock);
        var alerts = new BudgetAlerts([_observer], sender, _clock);
        var account = new BudgetAccount(
            Rule(100, new(BudgetPeriodKind.Rolling, TimeSpan.FromHours(24))), "total|rolling-86400s", null, _clock.GetUtcNow(),
            DateTimeOffset.MaxValue, 0, 0);

        Spend(85);
        Spend(5);
        _clock.Advance(TimeSpan.FromHours(25));
        Spend(10);
        Spend(75);
        Spend(5);

        Assert.Equal([(0.8, 85), (0.8, 85)], _observer.Heard.Select(alert => (alert.Threshold, alert.Status.Spent)));
        Assert.Equal(2, _observer.Heard.Select(alert => alert.Id).Distinct().Count());

        void Spend(long amount)
        {
            account.TryReserve(amount, _clock.GetUtcNow());
            account.Settle(amount, amount, _clock.GetUtcNow());
            alerts.Look(account);
        }
    }

    [Fact]
    public void What_an_unused_rolling_budget_has_spent_is_reported_as_of_now()
    {
        var account = new BudgetAccount(
            Rule(100, new(BudgetPeriodKind.Rolling, TimeSpan.FromHours(24))), "total|rolling-86400s", null, _clock.GetUtcNow(),
            DateTimeOffset.MaxValue, 0, 0);
        account.Settle(0, 85, _clock.GetUtcNow());

        Assert.Equal(85, BudgetStatus.Of(account, _clock.GetUtcNow().AddHours(23)).Spent);
        Assert.Equal(0, BudgetStatus.Of(account, _clock.GetUtcNow().AddHours(25)).Spent);
        Assert.Equal(_clock.GetUtcNow().AddHours(6), BudgetStatus.Of(account, _clock.GetUtcNow().AddHours(30)).Start);
    }

    [Covers("S003-120")]
    [Fact]
    public async Task A_webhook_is_tried_until_it_answers_with_the_same_id_and_a_signature_that_can_be_checked()
    {
        var handler = new Receiver(HttpStatusCode.InternalServerError, HttpStatusCode.Redirect, HttpStatusCode.OK);
        using var sender = new WebhookSender(_clock, handler: handler);
        var account = Account(1_000_000_000);
        account.Settle(0, 900_000_000, _clock.GetUtcNow());
        var alert = new BudgetAlert
        {
            Id = "total|d|0.8",
            Threshold = 0.8,
            At = _clock.GetUtcNow(),
            Status = BudgetStatus.Of(account, _clock.GetUtcNow()),
        };

        var sending = sender.SendAsync("https://hooks.example/budget", "the secret", alert);
        while (!sending.IsCompleted)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Equal(3, handler.Bodies.Count);
        Assert.Single(handler.Bodies.Distinct());
        var body = JsonElement.Parse(handler.Bodies[0]);
        Assert.Equal(
            ("total|d|0.8", "budget.threshold", "total", 0.9m, 1m),
            (body.GetProperty("id").GetString(), body.GetProperty("event").GetString(), body.GetProperty("budget").GetString(),
                body.GetProperty("spent_usd").GetDecimal(), body.GetProperty("limit_usd").GetDecimal()));
        var signature = handler.Signatures[^1];
        var at = DateTimeOffset.FromUnixTimeSeconds(long.Parse(signature.Split(',')[0][2..]));
        Assert.Equal(WebhookSender.Sign(Encoding.UTF8.GetBytes(handler.Bodies[0]), "the secret", at), signature);
    }

    [Fact]
    public async Task A_webhook_on_this_machine_is_reached_without_the_proxy_and_others_through_it()
    {
        await using var proxy = await FakeUpstream.StartAsync();
        await using var here = await FakeUpstream.StartAsync();
        proxy.ThenJson("{}");
        here.ThenJson("{}");
        using var sender = new WebhookSender(_clock, proxy: new WebProxy(proxy.BaseUrl));
        var alert = new BudgetAlert
        {
            Id = "total|d|0.8",
            Threshold = 0.8,
            At = _clock.GetUtcNow(),
            Status = BudgetStatus.Of(Account(100), _clock.GetUtcNow()),
        };

        await sender.SendAsync(here.BaseUrl, null, alert);
        Assert.Single(here.Requests);
        Assert.Empty(proxy.Requests);
        await sender.SendAsync("http://hooks.example/budget", null, alert);

        Assert.Single(here.Requests);
        Assert.Single(proxy.Requests);
    }

    [Fact]
    public void The_forecast_goes_on_at_the_rate_of_the_period_so_far()
    {
        var start = _clock.GetUtcNow();
        var account = new BudgetAccount(Rule(100), "total|month", null, start, start.AddDays(30), 50, 0);

        Assert.Equal(start.AddDays(20), BudgetStatus.Of(account, start.AddDays(10)).UsedUpAt);
        // At this rate half of it is left at the end.
        Assert.Null(BudgetStatus.Of(account, start.AddDays(29)).UsedUpAt);
        Assert.Null(BudgetStatus.Of(account, start.AddMinutes(1)).UsedUpAt);
    }

    private BudgetAccount Account(long limit) =>
        new(Rule(limit), "total|d", null, _clock.GetUtcNow(), _clock.GetUtcNow().AddDays(1), 0, 0);

    private static BudgetRule Rule(long limit, BudgetPeriod? period = null) => new()
    {
        Name = "total",
        Limit = limit,
        Period = period ?? new(BudgetPeriodKind.Day),
        Thresholds = [0.8, 1],
    };

    private sealed class Observer : IBudgetAlertObserver
    {
        public ConcurrentQueue<BudgetAlert> Heard { get; } = new();

        public void OnAlert(BudgetAlert alert) => Heard.Enqueue(alert);
    }

    private sealed class Receiver(params HttpStatusCode[] answers) : HttpMessageHandler
    {
        public List<string> Bodies { get; } = [];

        public List<string> Signatures { get; } = [];

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Bodies.Add(await request.Content!.ReadAsStringAsync(cancellationToken));
            Signatures.Add(request.Headers.GetValues(WebhookSender.SignatureHeader).Single());
            return new HttpResponseMessage(answers[Bodies.Count - 1]);
        }
    }

    /// <summary>A ledger in which everything has been claimed, or which fails.</summary>
    private sealed class ClaimedLedger(bool isAway = false) : ILedger
    {
        public LedgerState Opening => LedgerState.Empty;

        public IBudgetShares? Shares => null;

        public ValueTask<bool> TryClaimAsync(string name, CancellationToken cancellationToken) =>
            isAway ? throw new TimeoutException() : ValueTask.FromResult(false);

        public void Begin(LedgerEntry intent) => throw new NotSupportedException();

        public void Settle(IReadOnlyList<LedgerEntry> entries) => throw new NotSupportedException();

        public ValueTask SettleDurablyAsync(IReadOnlyList<LedgerEntry> entries) => throw new NotSupportedException();

        public ValueTask<IReadOnlyList<LedgerEntry>> FindUnknownAsync(CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public ValueTask<bool> ResolveAsync(Guid call, long cost, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<IReadOnlyList<LedgerEntry>> BookUnknownAsync(DateTimeOffset startedBefore, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
