using Switchyard.Calls;
using Switchyard.Targets;

namespace Switchyard.Money;

/// <summary>What one call has to do with money, from its reservation to its settlement.</summary>
/// <param name="id">The call's id in the ledger.</param>
/// <param name="facts">What it is known by.</param>
/// <param name="startedAt">When it began.</param>
internal sealed class MoneyCall(Guid id, MoneyFacts facts, DateTimeOffset startedAt)
{
    /// <summary>Where it stands on the call.</summary>
    public static readonly SlotKey<MoneyCall> Slot = new();

    private int _isSettled;

    /// <summary>The call's id in the ledger.</summary>
    public Guid Id => id;

    /// <summary>What it is known by.</summary>
    public MoneyFacts Facts => facts;

    /// <summary>When it began.</summary>
    public DateTimeOffset StartedAt => startedAt;

    /// <summary>What it holds of its budgets; null where it counts for none.</summary>
    public Reservation? Reservation { get; set; }

    /// <summary>How large it can be; only where it counts for a budget.</summary>
    public TokenBounds Bounds { get; set; }

    /// <summary>The limit of its answer that it was given because its budget has room for no more; null for none.</summary>
    public long? Cap { get; set; }

    /// <summary>Whether it is to be settled now: true once.</summary>
    public bool TakeSettlement() => Interlocked.Exchange(ref _isSettled, 1) == 0;

    /// <summary>The most tokens that its answer can have at a target.</summary>
    public long MostOutput(ModelCall call, Deployment target) => OutputBound.Of(call, target, Cap) * Bounds.Choices;
}
