using Switchyard.Money;

namespace Switchyard.Storage.Ledger;

/// <summary>The part of one account's budget that this process holds. Thread-safe.</summary>
internal sealed class BudgetShare(BudgetAccount account)
{
    /// <summary>The recent past, in quarters of a second: 1 s.</summary>
    private const int Recent = 4;

    /// <summary>The quarters of a second without spending after which everything goes back: 5 s, the time of a lease.</summary>
    private const int IdleTicks = 20;

    /// <summary>The same if less than a tenth of the budget is left: half a second.</summary>
    private const int IdleTicksNearTheEnd = 2;

    /// <summary>Far from the limit a 64th of the budget is kept at hand, so that calls need not ask for more.</summary>
    private const int KeptPart = 64;

    private readonly Lock _gate = new();
    private readonly Queue<long> _recent = new();
    private Task? _asking;
    private long _need;
    private long _seen = account.OwnSpent;
    private long _left = long.MaxValue;
    private int _idle;

    // For a watched budget: when its entries were last summed, and the amount to add to the database's sum, which only grows.
    private DateTimeOffset _addedUp;
    private long? _offset;

    /// <summary>The account.</summary>
    public BudgetAccount Account => account;

    /// <summary>Whether the budget only warns.</summary>
    public bool IsWatched => !account.IsStrict;

    /// <summary>The length of a rolling period; null for any other period.</summary>
    public TimeSpan? Rolling { get; } = RollingAccount.LengthOf(account.Id);

    /// <summary>Whether less than a tenth of the budget is left.</summary>
    private bool IsNearTheEnd => _left < account.Limit / 10;

    /// <summary>Joins the request that is under way, or starts one.</summary>
    public Task Ask(long need, Func<Task> ask)
    {
        lock (_gate)
        {
            if (_asking is { IsCompleted: false } asking)
                return asking;
            _need = need;
            return _asking = ask();
        }
    }

    /// <summary>The amount to ask for.</summary>
    public long TakeNeed()
    {
        lock (_gate)
            return Math.Max(1, _need);
    }

    /// <summary>Applies a grant.</summary>
    public void Granted(BudgetGrant grant)
    {
        lock (_gate)
            _left = grant.Left;
        account.Grant(grant.Amount);
        account.SetSpentElsewhere(Math.Max(0, grant.Spent - account.OwnSpent));
    }

    /// <summary>Whether its entries must be summed again: some may have left the period by now.</summary>
    public bool IsToBeAddedUp(DateTimeOffset now) => Rolling is { } length && (now - _addedUp).Duration() >= length / RollingAccount.Parts;

    /// <summary>Records that its entries have been summed. If the database has no sum, nothing was ever spent.</summary>
    public void AddedUp(DateTimeOffset now)
    {
        _addedUp = now;
        _offset ??= 0;
    }

    /// <summary>Applies the sum of its entries.</summary>
    /// <param name="now">The time.</param>
    /// <param name="sum">The database's own sum.</param>
    /// <param name="within">The part of it that was spent within the period.</param>
    public void AddedUp(DateTimeOffset now, long sum, long within)
    {
        AddedUp(now);
        _offset = within - sum;
        Watched(sum);
    }

    /// <summary>Applies the database's sum of what all processes have spent.</summary>
    public void Watched(long sum)
    {
        // Until the entries have been summed, it is unknown how much of the earlier spending is still within a rolling period.
        _offset ??= Rolling is null ? 0 : -sum;
        account.SetSpentElsewhere(Math.Max(0, sum + _offset.Value - account.OwnSpent));
    }

    /// <summary>
    /// The amount to return, and the amount to ask for. Twice what was spent in the last second is kept at hand. Called every quarter of a
    /// second.
    /// </summary>
    public (long Surplus, long Lack) Look()
    {
        lock (_gate)
        {
            var spent = account.OwnSpent;
            _recent.Enqueue(spent - _seen);
            _idle = spent != _seen || account.Reserved > 0 ? 0 : _idle + 1;
            _seen = spent;
            if (_recent.Count > Recent)
                _recent.Dequeue();
            var atHand = account.InHand;
            if (!account.NeedsShare || _idle >= (IsNearTheEnd ? IdleTicksNearTheEnd : IdleTicks))
                return (atHand, 0);
            // The sum is negative if more left a rolling period than was spent.
            var wanted = Math.Max(0, 2 * _recent.Sum());
            var kept = IsNearTheEnd ? wanted : Math.Max(wanted, account.Limit / KeptPart);
            return atHand > 2 * kept ? (atHand - kept, 0) : atHand < wanted / 2 ? (0, wanted - atHand) : (0, 0);
        }
    }
}

/// <summary>A grant of the database.</summary>
/// <param name="Amount">Nano-dollars.</param>
/// <param name="Spent">What all processes have spent, as far as the database knows.</param>
/// <param name="Left">What the database could still grant.</param>
internal readonly record struct BudgetGrant(long Amount, long Spent, long Left);
