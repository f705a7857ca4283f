using Switchyard.Calls;

namespace Switchyard.Egress.Exchange;

/// <summary>The timeouts of an attempt beside connect.</summary>
internal enum ClockPhase
{
    /// <summary>The first content frame of a stream.</summary>
    FirstToken,

    /// <summary>An answer that is not streamed.</summary>
    Attempt,

    /// <summary>Half of the call's remaining time, if another target may follow.</summary>
    Share,

    /// <summary>The client's own limit for this call.</summary>
    Wished,

    /// <summary>The next frame of an open stream.</summary>
    Idle,

    /// <summary>The whole call.</summary>
    Total,

    /// <summary>Not a timeout: the host stops.</summary>
    Stopped,

    /// <summary>Not a timeout: the call was ended from outside.</summary>
    Ended,
}

/// <summary>
/// The timeouts of one attempt behind one cancellation token: it fires when the answer is no longer needed, or when the current phase or
/// the total runs out. A chunk only stores the time; the <see cref="ClockWheel"/> checks every clock each 100 ms, so no timer is reset for
/// a chunk.
/// </summary>
internal sealed class AttemptClock : IDisposable
{
    private const long NotPaused = long.MinValue;
    private const int Running = 0, RanOut = 1, Aborted = 2, Ended = 3;

    private readonly ClockWheel _wheel;
    private readonly ModelCall? _call;
    private readonly CancellationTokenSource _source;
    private readonly CancellationTokenRegistration _aborted;
    private readonly TimeSpan _total;
    private readonly long _totalDeadline;
    private long _phaseStart;
    private long _phaseLimit = long.MaxValue;
    private long _pausedAt = NotPaused;
    private ClockPhase _phase = ClockPhase.Total;
    private int _state;

    /// <param name="wheel">Checks the clock periodically.</param>
    /// <param name="left">The rest of the call's total time.</param>
    /// <param name="total">The call's total time, for the message.</param>
    /// <param name="aborted">Cancelled when the answer is no longer needed.</param>
    /// <param name="call">The call it is an attempt of; null for none.</param>
    public AttemptClock(ClockWheel wheel, TimeSpan left, TimeSpan total, CancellationToken aborted, ModelCall? call = null)
    {
        _wheel = wheel;
        _call = call;
        _total = total;
        _totalDeadline = Time.GetTimestamp() + ToTicks(left > TimeSpan.Zero ? left : TimeSpan.Zero);
        _source = wheel.RentSource();
        Token = _source.Token;
        _aborted = aborted.UnsafeRegister(static state => ((AttemptClock)state!).Cancel(Aborted), this);
        wheel.Add(this);
        if (call?.EndedWith is not null)
            End();
        if (left <= TimeSpan.Zero)
            Check(_totalDeadline);
    }

    /// <summary>Creates the clock of an attempt that begins now.</summary>
    public AttemptClock(ClockWheel wheel, ModelCall call, Attempt attempt)
        : this(wheel, call.Snapshot.Clocks.Total - call.Elapsed, call.Snapshot.Clocks.Total, attempt.Aborted, call)
    {
    }

    /// <summary>Cancelled when the attempt must stop.</summary>
    public CancellationToken Token { get; }

    /// <summary>Whether the answer is no longer needed: the client has left, or another attempt has answered first.</summary>
    public bool IsAborted => Volatile.Read(ref _state) == Aborted;

    /// <summary>The timeout that ran out; null if none has.</summary>
    public ClockPhase? Expired { get; private set; }

    /// <summary>The limit of the timeout that ran out.</summary>
    public TimeSpan ExpiredLimit { get; private set; }

    /// <summary>The position in the wheel. Only the wheel writes it, under its lock.</summary>
    internal WheelPlace Place { get; set; }

    private TimeProvider Time => _wheel.Time;

    /// <summary>Starts a phase, which has its own limit beside the total.</summary>
    public void Enter(ClockPhase phase, TimeSpan limit)
    {
        _phase = phase;
        Volatile.Write(ref _pausedAt, NotPaused);
        Volatile.Write(ref _phaseStart, Time.GetTimestamp());
        Volatile.Write(ref _phaseLimit, ToTicks(limit));
    }

    /// <summary>Restarts the time between two frames, after one. That of the first token runs until a frame has content.</summary>
    public void Touch()
    {
        if (_phase == ClockPhase.Idle)
            Restart();
    }

    /// <summary>Restarts the time of the current phase, whichever it is.</summary>
    public void Restart() => Volatile.Write(ref _phaseStart, Time.GetTimestamp());

    /// <summary>Stops the time of the phase: the reader of the answer is working, and its slowness is not the provider's fault.</summary>
    public void Pause() => Volatile.Write(ref _pausedAt, Time.GetTimestamp());

    /// <summary>Resumes the time of the phase: the attempt waits for the provider again.</summary>
    public void Resume()
    {
        if (_pausedAt == NotPaused)
            return;
        // In this order: the wheel may look in between, and must then see the phase still paused.
        Volatile.Write(ref _phaseStart, _phaseStart + (Time.GetTimestamp() - _pausedAt));
        Volatile.Write(ref _pausedAt, NotPaused);
    }

    public void Dispose()
    {
        _aborted.Dispose();
        Place.Part?.Remove(this);
        // A source that has been cancelled, or is about to be, is not reused.
        if (Interlocked.CompareExchange(ref _state, Ended, Running) == Running)
            _wheel.Return(_source);
    }

    /// <summary>Cancels the token because the host stops.</summary>
    internal void Stop() => Expire(ClockPhase.Stopped, TimeSpan.Zero);

    /// <summary>Cancels the token because the call was ended from outside.</summary>
    internal void End() => Expire(ClockPhase.Ended, TimeSpan.Zero);

    /// <summary>Whether the clock belongs to an attempt of the call.</summary>
    internal bool IsOf(ModelCall call) => ReferenceEquals(_call, call);

    /// <summary>Cancels the token when a limit has been reached. Called by the wheel.</summary>
    internal void Check(long now)
    {
        if (now >= _totalDeadline)
            Expire(ClockPhase.Total, _total);
        else if (Volatile.Read(ref _pausedAt) == NotPaused
            && Volatile.Read(ref _phaseLimit) is var limit && limit != long.MaxValue && now - Volatile.Read(ref _phaseStart) >= limit)
            Expire(_phase, TimeSpan.FromSeconds((double)limit / Time.TimestampFrequency));
    }

    private void Expire(ClockPhase phase, TimeSpan limit)
    {
        if (Volatile.Read(ref _state) != Running)
            return;
        // Written before cancelling, because the code that observes the cancellation then reads the reason.
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

    private long ToTicks(TimeSpan span) => (long)(span.TotalSeconds * Time.TimestampFrequency);
}
