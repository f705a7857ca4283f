using Switchyard.Calls;

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
/// A chunk only notes the time; the <see cref="ClockWheel"/> looks at every clock ten times a second, so nothing is set anew for a chunk.
/// </summary>
internal sealed class AttemptClock : IDisposable
{
    private const int Running = 0, RanOut = 1, ClientLeft = 2, Ended = 3;

    private readonly ClockWheel _wheel;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _source;
    private readonly CancellationTokenRegistration _aborted;
    private readonly TimeSpan _total;
    private readonly long _totalDeadline;
    private long _phaseStart;
    private long _phaseLimit = long.MaxValue;
    private ClockPhase _phase = ClockPhase.Total;
    private int _state;

    /// <param name="wheel">Looks at the clock.</param>
    /// <param name="left">What is left of the call's total.</param>
    /// <param name="total">The call's total, for the message.</param>
    /// <param name="aborted">Fires when the client leaves.</param>
    public AttemptClock(ClockWheel wheel, TimeSpan left, TimeSpan total, CancellationToken aborted)
    {
        _wheel = wheel;
        _time = wheel.Time;
        _total = total;
        _totalDeadline = _time.GetTimestamp() + ToTicks(left > TimeSpan.Zero ? left : TimeSpan.Zero);
        _source = wheel.RentSource();
        Token = _source.Token;
        _aborted = aborted.UnsafeRegister(static state => ((AttemptClock)state!).Cancel(ClientLeft), this);
        wheel.Add(this);
        if (left <= TimeSpan.Zero)
            Check(_totalDeadline);
    }

    /// <summary>The clock of an attempt that begins now.</summary>
    public AttemptClock(ClockWheel wheel, ModelCall call)
        : this(wheel, call.Snapshot.Clocks.Total - call.Elapsed, call.Snapshot.Clocks.Total, call.Aborted)
    {
    }

    /// <summary>Fires when the attempt must stop.</summary>
    public CancellationToken Token { get; }

    /// <summary>The clock that ran out; null when none has.</summary>
    public ClockPhase? Expired { get; private set; }

    /// <summary>The limit of the clock that ran out.</summary>
    public TimeSpan ExpiredLimit { get; private set; }

    /// <summary>Its place in the wheel; the wheel's own.</summary>
    internal WheelPlace Place { get; set; }

    /// <summary>Starts a phase with a limit of its own beside the total.</summary>
    public void Enter(ClockPhase phase, TimeSpan limit)
    {
        _phase = phase;
        Volatile.Write(ref _phaseStart, _time.GetTimestamp());
        Volatile.Write(ref _phaseLimit, ToTicks(limit));
    }

    /// <summary>Starts the current phase's time again: something happened that counts.</summary>
    public void Touch() => Volatile.Write(ref _phaseStart, _time.GetTimestamp());

    public void Dispose()
    {
        _aborted.Dispose();
        Place.Part?.Remove(this);
        // A source that has fired, or is about to, is not used again.
        if (Interlocked.CompareExchange(ref _state, Ended, Running) == Running)
            _wheel.Return(_source);
    }

    /// <summary>Fires when a limit has been reached. Called by the wheel.</summary>
    internal void Check(long now)
    {
        if (now >= _totalDeadline)
            Expire(ClockPhase.Total, _total);
        else if (Volatile.Read(ref _phaseLimit) is var limit && limit != long.MaxValue && now - Volatile.Read(ref _phaseStart) >= limit)
            Expire(_phase, TimeSpan.FromSeconds((double)limit / _time.TimestampFrequency));
    }

    private void Expire(ClockPhase phase, TimeSpan limit)
    {
        if (Volatile.Read(ref _state) != Running)
            return;
        // Written before the token fires: whoever sees it fire then reads why.
        (Expired, ExpiredLimit) = (phase, limit);
        if (!Cancel(RanOut))
            Expired = null;
    }

    private bool Cancel(int reason)
    {
        if (Interlocked.CompareExchange(ref _state, reason, Running) != Running)
            return false;
        _source.Cancel();
        return true;
    }

    private long ToTicks(TimeSpan span) => (long)(span.TotalSeconds * _time.TimestampFrequency);
}
