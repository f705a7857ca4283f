using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Switchyard.Canonical;
using Switchyard.Common;

namespace Switchyard.Money;

/// <summary>
/// Reports once for each threshold of each period that a budget has passed it: in the log, to the host's observers and to the budget's
/// webhook. Only one of several gateways reports it, and a restart does not repeat it. A rolling budget is reported again if it was below
/// the threshold in between, at most once in its length. Thread-safe.
/// </summary>
internal sealed partial class BudgetAlerts(
    IEnumerable<IBudgetAlertObserver> observers, WebhookSender webhooks, TimeProvider time, ILogger<BudgetAlerts>? logger = null)
{
    private readonly IBudgetAlertObserver[] _observers = [.. observers];
    private readonly ILogger _logger = logger ?? NullLogger<BudgetAlerts>.Instance;

    /// <summary>The ledger, which records the alerts already reported by any process; null if none.</summary>
    public ILedger? Ledger { get; set; }

    /// <summary>Checks whether an account has passed a threshold that was not reported yet.</summary>
    public void Look(BudgetAccount account)
    {
        // Usually there is no threshold, or it is far.
        if (account.TakeThreshold() is { } threshold)
            _ = SayAsync(account, threshold);
    }

    private async Task SayAsync(BudgetAccount account, double threshold)
    {
        try
        {
            var now = time.GetUtcNow();
            var id = IdOf(account, threshold, now);
            if (!account.TryNote(threshold, id) || !await IsMineAsync(id).ConfigureAwait(false))
                return;
            var alert = new BudgetAlert { Id = id, Threshold = threshold, At = now, Status = BudgetStatus.Of(account, now) };
            Log(alert, account.Rule);
            foreach (var observer in _observers)
                Report(observer, alert);
            if (account.Rule.Webhook is { } address)
                await webhooks.SendAsync(address, account.Rule.WebhookSecret, alert).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            LogFailed(e, account.Id);
        }
    }

    /// <summary>
    /// Whether this process reports it. If the ledger is unavailable the answer is yes: an alert is sent twice rather than never.
    /// </summary>
    private async Task<bool> IsMineAsync(string id)
    {
        try
        {
            return Ledger is not { } ledger || await ledger.TryClaimAsync(id, default).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            LogUnclaimed(id, FailureWords.Of(e));
            return true;
        }
    }

    private static string IdOf(BudgetAccount account, double threshold, DateTimeOffset now)
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"{account.Id}|{threshold:0.####}");
        // A rolling period has no start, so the id counts time in units of its length, of at least an hour.
        return account.Rule.Period is { Kind: BudgetPeriodKind.Rolling, Length: var length }
            ? string.Create(CultureInfo.InvariantCulture, $"{id}|{now.UtcTicks / Math.Max(length.Ticks, TimeSpan.TicksPerHour)}")
            : id;
    }

    private void Report(IBudgetAlertObserver observer, BudgetAlert alert)
    {
        try
        {
            observer.OnAlert(alert);
        }
        catch (Exception e)
        {
            LogFailed(e, alert.Id);
        }
    }

    private void Log(BudgetAlert alert, BudgetRule rule)
    {
        var (status, spent) = (alert.Status, TokenCost.ToDollars(alert.Status.Spent));
        if (alert.Threshold >= 1)
        {
            var period = rule.Period.Kind switch
            {
                BudgetPeriodKind.Day => "Daily budget",
                BudgetPeriodKind.Week => "Weekly budget",
                BudgetPeriodKind.Month => "Monthly budget",
                _ => "Budget",
            };
            LogExceeded(period, status.Id, spent, TokenCost.ToDollars(status.Limit));
        }
        else
        {
            LogPassed(
                status.Id, alert.Threshold, spent, TokenCost.ToDollars(status.Limit),
                status.UsedUpAt?.ToString("dddd yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) ?? "not in this period");
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "{Period} limit exceeded! {Account}: {Spent} of {Limit} USD spent")]
    private partial void LogExceeded(string period, string account, decimal spent, decimal limit);

    [LoggerMessage(2, LogLevel.Warning,
        "{Account} has passed {Threshold:P0}: {Spent} of {Limit} USD spent; used up at this rate: {UsedUp}")]
    private partial void LogPassed(string account, double threshold, decimal spent, decimal limit, string usedUp);

    [LoggerMessage(3, LogLevel.Error, "The alert of {Account} could not be sent")]
    private partial void LogFailed(Exception e, string account);

    [LoggerMessage(4, LogLevel.Warning, "The ledger cannot say whether another process has sent {Alert} ({Reason}): this one sends it")]
    private partial void LogUnclaimed(string alert, string reason);
}
