using Switchyard.Money;

namespace Switchyard.Storage.Ledger;

/// <summary>What this process holds of one account. Thread-safe.</summary>
internal sealed class BudgetShare(BudgetAccount account)
{
    /// <summary>How many quarters of a second count as recent.</summary>
    private const int Recent = 4;

    /// <summary>After how many quarters of a second without spending everything goes back: 5 s, the time of a lease.</summary>
    private const int IdleTicks = 20;

    /// <summary>The same where little is left that others could use: half a second.</summary>
    private const int IdleTicksNearTheEnd = 2;

    /// <summary>Far from the limit a 64th of the budget is kept at hand, so that calls do not have to ask.</summary>
    private const int KeptPart = 64;

    private readonly Lock _gate = new();
    private readonly Queue<long> _recent = new();
    private Task? _asking;
    private long _need;
    private long _seen = account.OwnSpent;
    private long _left = long.MaxValue;
    private int _idle;

    // Of a budget that is watched: when its entries were last added up, and what is to be added to the database's sum, which only grows.
    private DateTimeOffset _addedUp;
    private long? _offset;

    /// <summary>The account.</summary>
    public BudgetAccount Account => account;

    /// <summary>Whether it only warns.</summary>
    public bool IsWatched => !account.IsStrict;

    /// <summary>The length of a rolling period; null for any other.</summary>
    public TimeSpan? Rolling { get; } = RollingAccount.LengthOf(account.Id);

    /// <summary>Less than a tenth of the budget is left.</summary>
    private bool IsNearTheEnd => _left < account.Limit / 10;

    /// <summary>Joins the question that is being asked, or asks.</summary>
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

    /// <summary>What is needed.</summary>
    public long TakeNeed()
    {
        lock (_gate)
            return Math.Max(1, _need);
    }

    /// <summary>Takes over what was granted.</summary>
    public void Granted(BudgetGrant grant)
    {
        lock (_gate)
            _left = grant.Left;
        account.Grant(grant.Amount);
        account.SpentElsewhere = Math.Max(0, grant.Spent - account.OwnSpent);
    }

    /// <summary>Whether its entries are to be added up: some of them may lie too long ago by now.</summary>
    public bool IsToBeAddedUp(DateTimeOffset now) => Rolling is { } length && (now - _addedUp).Duration() >= length / RollingAccount.Parts;

    /// <summary>Notes that its entries have been added up. Where the database has no sum, nothing was ever spent.</summary>
    public void AddedUp(DateTimeOffset now)
    {
        _addedUp = now;
        _offset ??= 0;
    }

    /// <summary>Takes over what its entries come to.</summary>
    /// <param name="now">The time.</param>
    /// <param name="sum">The database's own sum.</param>
    /// <param name="within">What of it was spent within the period.</param>
    public void AddedUp(DateTimeOffset now, long sum, long within)
    {
        AddedUp(now);
        _offset = within - sum;
        Watched(sum);
    }

    /// <summary>Takes over the database's sum of what all have spent.</summary>
    public void Watched(long sum)
    {
        // What a rolling period holds of what was spent before is not known until it has been added up.
        _offset ??= Rolling is null ? 0 : -sum;
        account.SpentElsewhere = Math.Max(0, sum + _offset.Value - account.OwnSpent);
    }

    /// <summary>
    /// What to give back, and what to ask for. Twice of what was spent in the last second is kept at hand. Called every quarter of a
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
            // Less than nothing, where a rolling period has let go of more than was spent.
            var wanted = Math.Max(0, 2 * _recent.Sum());
            var kept = IsNearTheEnd ? wanted : Math.Max(wanted, account.Limit / KeptPart);
            return atHand > 2 * kept ? (atHand - kept, 0) : atHand < wanted / 2 ? (0, wanted - atHand) : (0, 0);
        }
    }
}

/// <summary>What the database has given.</summary>
/// <param name="Amount">Nano-dollars.</param>
/// <param name="Spent">What all have spent, as far as it knows.</param>
/// <param name="Left">What it could still give.</param>
internal readonly record struct BudgetGrant(long Amount, long Spent, long Left);
