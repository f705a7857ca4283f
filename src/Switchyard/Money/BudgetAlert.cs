namespace Switchyard.Money;

/// <summary>A budget has passed one of its thresholds. Immutable.</summary>
/// <param name="Id">The same for every delivery of this alert: the account and the threshold.</param>
/// <param name="Threshold">The spent share of the limit: 0.8 for 80 %.</param>
/// <param name="At">When it was passed.</param>
/// <param name="Status">The budget at that time.</param>
public sealed record BudgetAlert(string Id, double Threshold, DateTimeOffset At, BudgetStatus Status);

/// <summary>Receives every alert in this process. Must be thread-safe and fast; an exception is logged and otherwise ignored.</summary>
public interface IBudgetAlertObserver
{
    /// <summary>Called once for each threshold of each period, in the process that claimed the alert first.</summary>
    void OnAlert(BudgetAlert alert);
}
