using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Switchyard.Canonical;

namespace Switchyard.Money;

/// <summary>
/// Says once for each threshold of each period that a budget has passed it: in the log, to the host's observers and to the budget's
/// webhook. Of several gateways one does; over a restart it is not said again. Of a rolling budget it is said again when the budget was
/// below the threshold in between, once in its length. Thread-safe.
/// </summary>
internal sealed partial class BudgetAlerts(
    IEnumerable<IBudgetAlertObserver> observers, WebhookSender webhooks, TimeProvider time, ILogger<BudgetAlerts>? logger = null)
{
    private readonly IBudgetAlertObserver[] _observers = [.. observers];
    private readonly ILogger _logger = logger ?? NullLogger<BudgetAlerts>.Instance;
    private readonly ConcurrentDictionary<string, bool> _said = new(StringComparer.Ordinal);

    /// <summary>The ledger, which knows what was said before and by others; null without one.</summary>
    public ILedger? Ledger { get; set; }

    /// <summary>Looks whether an account has passed a threshold that nothing was said of yet.</summary>
    public void Look(BudgetAccount account)
    {
        // Mostly there is none, or it is far.
        if (account.TakeThreshold() is { } threshold)
            _ = SayAsync(account, threshold);
    }

    private async Task SayAsync(BudgetAccount account, double threshold)
    {
        try
        {
            var now = time.GetUtcNow();
            var id = IdOf(account, threshold, now);
            if (!_said.TryAdd(id, true) || !await IsMineAsync(id).ConfigureAwait(false))
                return;
            var alert = new BudgetAlert(id, threshold, now, BudgetStatus.Of(account, now));
            Log(alert, account.Rule);
            foreach (var observer in _observers)
                Tell(observer, alert);
            if (account.Rule.Webhook is { } address)
                await webhooks.SendAsync(address, account.Rule.WebhookSecret, alert).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            LogFailed(e, account.Id);
        }
    }

    /// <summary>Whether nobody else says it. A ledger that is away cannot tell, and then it is said twice rather than never.</summary>
    private async Task<bool> IsMineAsync(string id)
    {
        try
        {
            return Ledger is not { } ledger || await ledger.TryClaimAsync(id, default).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            LogUnclaimed(id, e.GetType().Name);
            return true;
        }
    }

    private static string IdOf(BudgetAccount account, double threshold, DateTimeOffset now)
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"{account.Id}|{threshold:0.####}");
        // A rolling period never begins anew: the time goes by in lengths of it, of an hour at least.
        return account.Rule.Period is { Kind: BudgetPeriodKind.Rolling, Length: var length }
            ? string.Create(CultureInfo.InvariantCulture, $"{id}|{now.UtcTicks / Math.Max(length.Ticks, TimeSpan.TicksPerHour)}")
            : id;
    }

    private void Tell(IBudgetAlertObserver observer, BudgetAlert alert)
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

    [LoggerMessage(3, LogLevel.Error, "The alert of {Account} could not be told")]
    private partial void LogFailed(Exception e, string account);

    [LoggerMessage(4, LogLevel.Warning, "The ledger cannot say whether others have told of {Alert} ({Reason}): it is told of here")]
    private partial void LogUnclaimed(string alert, string reason);
}
