namespace Switchyard.Egress.Exchange;

/// <summary>Which clock of an attempt is running.</summary>
internal enum ClockPhase
{
    FirstToken,
    Idle,
    Total,
}

/// <summary>
/// The clocks of one attempt behind one token: it fires when the client leaves, when the current phase runs out, or when the total does.
/// One timer serves them all: a chunk only notes the time, and the timer, when it fires early, sets itself again. Setting a timer anew
/// on each of a stream's chunks would cost more than the chunk.
/// </summary>
internal sealed class AttemptClock : IDisposable
{
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _source = new();
    private readonly CancellationTokenRegistration _aborted;
    private readonly ITimer _timer;
    private readonly long _totalDeadline;
    private long _phaseStart;
    private long _phaseLimit;
    private ClockPhase _phase;
    private int _expired = -1;

    /// <param name="time">The clock.</param>
    /// <param name="left">What is left of the call's total.</param>
    /// <param name="total">The call's total, for the message.</param>
    /// <param name="aborted">Fires when the client leaves.</param>
    public AttemptClock(TimeProvider time, TimeSpan left, TimeSpan total, CancellationToken aborted)
    {
        _time = time;
        Total = total;
        left = left > TimeSpan.Zero ? left : TimeSpan.Zero;
        _totalDeadline = time.GetTimestamp() + ToTicks(left);
        _phase = ClockPhase.Total;
        _phaseLimit = long.MaxValue;
        _timer = time.CreateTimer(static state => ((AttemptClock)state!).OnTimer(), this, left, Timeout.InfiniteTimeSpan);
        _aborted = aborted.UnsafeRegister(static state => ((AttemptClock)state!)._source.Cancel(), this);
    }

    /// <summary>Fires when the attempt must stop.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>The clock that ran out; null when none has.</summary>
    public ClockPhase? Expired => Volatile.Read(ref _expired) is >= 0 and var phase ? (ClockPhase)phase : null;

    /// <summary>The limit of the clock that ran out.</summary>
    public TimeSpan ExpiredLimit { get; private set; }

    private TimeSpan Total { get; }

    /// <summary>Starts a phase with a limit of its own beside the total.</summary>
    public void Enter(ClockPhase phase, TimeSpan limit)
    {
        _phase = phase;
        Volatile.Write(ref _phaseStart, _time.GetTimestamp());
        Volatile.Write(ref _phaseLimit, ToTicks(limit));
        Arm();
    }

    /// <summary>Starts the current phase's time again: something happened that counts.</summary>
    public void Touch() => Volatile.Write(ref _phaseStart, _time.GetTimestamp());

    public void Dispose()
    {
        _aborted.Dispose();
        _timer.Dispose();
        _source.Dispose();
    }

    private void OnTimer()
    {
        var now = _time.GetTimestamp();
        if (now >= _totalDeadline)
            Expire(ClockPhase.Total, Total);
        else if (PhaseDeadline() <= now)
            Expire(_phase, ToTimeSpan(Volatile.Read(ref _phaseLimit)));
        else
            Arm();
    }

    private void Expire(ClockPhase phase, TimeSpan limit)
    {
        ExpiredLimit = limit;
        if (Interlocked.CompareExchange(ref _expired, (int)phase, -1) != -1)
            return;
        try
        {
            _source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The attempt ended while its timer was firing.
        }
    }

    private void Arm()
    {
        var due = ToTimeSpan(Math.Min(PhaseDeadline(), _totalDeadline) - _time.GetTimestamp());
        try
        {
            // A little late is right; a little early would only set the timer again.
            _timer.Change(due < TimeSpan.Zero ? TimeSpan.Zero : due + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
        }
        catch (ObjectDisposedException)
        {
            // The attempt ended while its timer was firing.
        }
    }

    private long PhaseDeadline()
    {
        var limit = Volatile.Read(ref _phaseLimit);
        return limit == long.MaxValue ? long.MaxValue : Volatile.Read(ref _phaseStart) + limit;
    }

    private long ToTicks(TimeSpan span) => (long)(span.TotalSeconds * _time.TimestampFrequency);

    private TimeSpan ToTimeSpan(long ticks) => TimeSpan.FromSeconds((double)ticks / _time.TimestampFrequency);
}
