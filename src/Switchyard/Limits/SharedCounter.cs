namespace Switchyard.Limits;

/// <summary>
/// One rule of a limit that several nodes count together, as one of them sees it: what it holds in advance, and what it has yet to
/// report. Guarded by the lock of its <see cref="LimitState"/>.
/// </summary>
/// <param name="name">Its name, the same on all nodes.</param>
/// <param name="window">The window; zero for what runs at once.</param>
internal sealed class SharedCounter(string name, TimeSpan window)
{
    // What is held in advance is for so many ticks like the last ones, and never much of the whole.
    private const int TicksAhead = 3;
    private const int CallsAhead = 10;
    private const int ShareAhead = 10;
    private const int TicksWithoutWord = 5;
    private const int ShareWithoutWord = 100;

    private long _used;
    private long _correction;
    private long _usedLately;
    private int _ticks;

    // What nobody had used or held when the store answered last; and when it went away, what the node had used by then.
    private long? _left;
    private TimeSpan _leftAt;
    private long _ownUntilAlone;
    private TimeSpan _aloneAt;
    private int _timesAlone;

    /// <summary>Its name, the same on all nodes.</summary>
    public string Name => name;

    /// <summary>The window; zero for what runs at once.</summary>
    public TimeSpan Window => window;

    /// <summary>The most, by the configuration read last.</summary>
    public long Max { get; set; }

    /// <summary>What is held in advance.</summary>
    public long Credit { get; private set; }

    /// <summary>Until when nobody needs to ask: the store has said that there is no room.</summary>
    public TimeSpan FullUntil { get; set; }

    /// <summary>Takes of what is held in advance.</summary>
    public void Take(long amount)
    {
        Credit -= amount;
        _usedLately += amount;
        if (window > TimeSpan.Zero)
            _used += amount;
    }

    /// <summary>Takes what the store has granted to the call itself.</summary>
    public void TakeGranted(long amount) => _usedLately += amount;

    /// <summary>Takes while the store is away: it is told later.</summary>
    public void TakeAlone(long amount) => _correction += amount;

    /// <summary>Notes by how much more or less a call came to than was taken; of what runs at once, that it runs no longer (−1).</summary>
    public void Correct(long difference)
    {
        if (window > TimeSpan.Zero)
            _correction += difference;
        else
            Credit -= difference;
    }

    /// <summary>A second is over.</summary>
    /// <param name="running">How many run.</param>
    /// <returns>Whether there is something to tell the store now.</returns>
    public bool Tick(int running)
    {
        var ahead = Ahead(0);
        _usedLately /= 2;
        var unsaid = _used + Math.Abs(_correction);
        if (unsaid == 0 && Credit <= 0 && (window > TimeSpan.Zero || running == 0))
            return false;
        return ++_ticks >= TicksWithoutWord || unsaid > Max / ShareWithoutWord || Credit > ahead;
    }

    /// <summary>What to say and to ask. What is said has been said: if no answer comes, the node begins anew under another name.</summary>
    /// <param name="needed">What a call needs; 0 where none asks.</param>
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

    /// <summary>What the store says.</summary>
    /// <param name="grant">What it says.</param>
    /// <param name="now">The time.</param>
    public void Grant(SharedLimitGrant grant, TimeSpan now)
    {
        Credit += grant.Granted;
        (_left, _leftAt) = (grant.Left, now);
    }

    /// <summary>
    /// What is left for this node as the store said it last, with what the node holds in advance; null where it said nothing within a
    /// window: what was used then counts no more.
    /// </summary>
    public long? LeftAt(TimeSpan now) =>
        _left is { } left && now - _leftAt < window ? Math.Max(0, left) + Math.Max(0, Credit) : null;

    /// <summary>Forgets what the store said, which forgets it too.</summary>
    public void Forget() => _left = null;

    /// <summary>
    /// The most that a node alone may have in its window: for the first window what it had when the store went away, and its part of what
    /// was left then, so that all together stay within the limit; after that its share.
    /// </summary>
    /// <param name="alone">The node.</param>
    /// <param name="used">What it has in its window now.</param>
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
    /// The node begins anew under another name: it holds nothing. What it used alone is still to be told, and what runs is announced again.
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
