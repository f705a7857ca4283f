namespace Switchyard.Limits;

/// <summary>
/// One node's view of a rule that several nodes count together: its credit, and the use it has yet to report. Guarded by the lock of its
/// <see cref="LimitState"/>.
/// </summary>
/// <param name="name">Its name, the same on all nodes.</param>
/// <param name="window">The window; zero for concurrency.</param>
internal sealed class SharedCounter(string name, TimeSpan window)
{
    // The credit covers this many ticks at the recent rate, and never a large part of the limit.
    private const int TicksAhead = 3;
    private const int CallsAhead = 10;
    private const int ShareAhead = 10;
    private const int TicksWithoutWord = 5;
    private const int ShareWithoutWord = 100;

    private long _used;
    private long _correction;
    private long _usedLately;
    private int _ticks;

    // The amount unused and unreserved at the store's last answer; and this node's use when the store became unavailable.
    private long? _left;
    private TimeSpan _leftAt;
    private long _ownUntilAlone;
    private TimeSpan _aloneAt;
    private int _timesAlone;

    /// <summary>Its name, the same on all nodes.</summary>
    public string Name => name;

    /// <summary>The window; zero for concurrency.</summary>
    public TimeSpan Window => window;

    /// <summary>The maximum, by the latest configuration.</summary>
    public long Max { get; set; }

    /// <summary>The credit reserved in advance for this node.</summary>
    public long Credit { get; private set; }

    /// <summary>Until when the store need not be asked, because it answered that there is no room.</summary>
    public TimeSpan FullUntil { get; set; }

    /// <summary>Takes from the credit.</summary>
    public void Take(long amount)
    {
        Credit -= amount;
        _usedLately += amount;
        if (window > TimeSpan.Zero)
            _used += amount;
    }

    /// <summary>Counts an amount that the store granted for the call itself.</summary>
    public void TakeGranted(long amount) => _usedLately += amount;

    /// <summary>Takes while the store is unavailable; reported later.</summary>
    public void TakeAlone(long amount) => _correction += amount;

    /// <summary>Records the difference between a call's actual use and the amount taken; for concurrency, −1 when a call ends.</summary>
    public void Correct(long difference)
    {
        if (window > TimeSpan.Zero)
            _correction += difference;
        else
            Credit -= difference;
    }

    /// <summary>Called once a second.</summary>
    /// <param name="running">The number of running calls.</param>
    /// <returns>Whether there is something to report to the store now.</returns>
    public bool Tick(int running)
    {
        var ahead = Ahead(0);
        _usedLately /= 2;
        var unsaid = _used + Math.Abs(_correction);
        if (unsaid == 0 && Credit <= 0 && (window > TimeSpan.Zero || running == 0))
            return false;
        return ++_ticks >= TicksWithoutWord || unsaid > Max / ShareWithoutWord || Credit > ahead;
    }

    /// <summary>The report and request to the store, sent once: if no answer comes, the node restarts under a new name.</summary>
    /// <param name="needed">The amount a call needs; 0 if no call asks.</param>
    public SharedLimitAsk Ask(long needed)
    {
        var ahead = Ahead(needed);
        var back = Math.Max(0, Credit - ahead);
        Credit -= back;
        var ask = new SharedLimitAsk(name, Max, window)
        {
            Used = _used,
            GivenBack = back,
            Correction = _correction,
            Needed = needed,
            Wished = Math.Max(0, ahead - Credit),
        };
        (_used, _correction, _ticks) = (0, 0, 0);
        return ask;
    }

    /// <summary>Applies the store's answer.</summary>
    /// <param name="grant">The answer.</param>
    /// <param name="now">The time.</param>
    public void Grant(SharedLimitGrant grant, TimeSpan now)
    {
        Credit += grant.Granted;
        (_left, _leftAt) = (grant.Left, now);
    }

    /// <summary>
    /// The amount left for this node by the store's last answer, with its credit; null if that answer is older than a window.
    /// </summary>
    public long? LeftAt(TimeSpan now) =>
        _left is { } left && now - _leftAt < window ? Math.Max(0, left) + Math.Max(0, Credit) : null;

    /// <summary>Forgets the store's last answer, after a reset of the store.</summary>
    public void Forget() => _left = null;

    /// <summary>
    /// The maximum for a node that counts alone: in the first window its use when the store became unavailable plus its part of the rest,
    /// so that all nodes together stay within the limit; then its share.
    /// </summary>
    /// <param name="alone">The node.</param>
    /// <param name="used">The amount in its window now.</param>
    /// <param name="now">The time.</param>
    public long MostAlone(SharedCounting alone, long used, TimeSpan now)
    {
        if (_timesAlone != alone.TimesAlone)
            (_timesAlone, _aloneAt, _ownUntilAlone) = (alone.TimesAlone, now, used + Math.Max(0, Credit));
        return _left is { } left && now - _aloneAt < window
            ? Math.Min(_ownUntilAlone + (Math.Max(0, left) / alone.Nodes), Math.Max(_ownUntilAlone, alone.ShareOf(Max)))
            : alone.ShareOf(Max);
    }

    /// <summary>
    /// Restarts under a new node name, without credit. The use while alone is still to be reported, and running calls are reported again.
    /// </summary>
    public void BeginAnew(int running)
    {
        (Credit, _used, FullUntil) = (0, 0, TimeSpan.Zero);
        if (window == TimeSpan.Zero)
            _correction = running;
    }

    private long Ahead(long needed) =>
        Math.Min(Math.Max(_usedLately * TicksAhead, needed * CallsAhead), Math.Max(1, Max / ShareAhead));
}
