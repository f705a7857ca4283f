namespace Switchyard.Money;

/// <summary>A budget has passed one of its thresholds. Immutable.</summary>
public sealed record BudgetAlert
{
    /// <summary>The same for every delivery of this alert: the account and the threshold.</summary>
    public required string Id { get; init; }

    /// <summary>The spent share of the limit: 0.8 for 80 %.</summary>
    public required double Threshold { get; init; }

    /// <summary>When it was passed.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The budget at that time.</summary>
    public required BudgetStatus Status { get; init; }
}

/// <summary>Receives every alert in this process. Must be thread-safe and fast; an exception is logged and otherwise ignored.</summary>
public interface IBudgetAlertObserver
{
    /// <summary>Called once for each threshold of each period, in the process that claimed the alert first.</summary>
    void OnAlert(BudgetAlert alert);
}
