namespace Switchyard.Targets;

/// <summary>
/// A circuit breaker: closed, it admits every attempt; open, none; when its time is over it is half-open and admits exactly one attempt as
/// a probe, whose success closes it and whose failure opens it again. Thread-safe; a closed circuit takes no lock.
/// </summary>
internal sealed class CircuitBreaker
{
    private readonly Lock _gate = new();
    private volatile bool _isTripped;
    private bool _isProbing;
    private TimeSpan _openedAt;
    private TimeSpan _openUntil;

    /// <summary>Whether it has tripped, and has not been closed since. Both open and half-open circuits have.</summary>
    public bool IsTripped => _isTripped;

    /// <summary>The time at which it last opened.</summary>
    public TimeSpan OpenedAt
    {
        get
        {
            lock (_gate)
                return _openedAt;
        }
    }

    /// <summary>The state at a time.</summary>
    public CircuitState StateAt(TimeSpan now)
    {
        if (!_isTripped)
            return CircuitState.Closed;
        lock (_gate)
            return !_isTripped ? CircuitState.Closed : now < _openUntil ? CircuitState.Open : CircuitState.HalfOpen;
    }

    /// <summary>Whether an attempt would be admitted now. Unlike <see cref="Enter"/> it reserves nothing.</summary>
    public bool Admits(TimeSpan now)
    {
        if (!_isTripped)
            return true;
        lock (_gate)
            return !_isTripped || (now >= _openUntil && !_isProbing);
    }

    /// <summary>The time until a probe is possible; zero if one is possible now or running.</summary>
    public TimeSpan WaitAt(TimeSpan now)
    {
        lock (_gate)
            return _isTripped && now < _openUntil ? _openUntil - now : TimeSpan.Zero;
    }

    /// <summary>Admits an attempt, or refuses it. A probe must be ended by exactly one of the methods below.</summary>
    public CircuitPass Enter(TimeSpan now)
    {
        if (!_isTripped)
            return CircuitPass.Ordinary;
        lock (_gate)
        {
            if (!_isTripped)
                return CircuitPass.Ordinary;
            if (now < _openUntil || _isProbing)
                return CircuitPass.Refused;
            _isProbing = true;
            return CircuitPass.Probe;
        }
    }

    /// <summary>Records a success. An attempt admitted before the circuit opened proves nothing now, and is ignored.</summary>
    public void Succeeded(CircuitPass pass)
    {
        if (pass is not (CircuitPass.Probe or CircuitPass.LastResort))
            return;
        lock (_gate)
        {
            _isTripped = false;
            _isProbing = false;
        }
    }

    /// <summary>Records a failure.</summary>
    /// <param name="pass">How it was admitted.</param>
    /// <param name="trips">Whether the failures so far open a closed circuit.</param>
    /// <param name="now">The time.</param>
    /// <param name="open">How long the circuit stays open.</param>
    /// <returns>Whether this failure opened the circuit.</returns>
    public bool Failed(CircuitPass pass, bool trips, TimeSpan now, TimeSpan open)
    {
        if (pass != CircuitPass.Probe && (!trips || _isTripped))
            return false;
        lock (_gate)
        {
            if (pass == CircuitPass.Probe)
                _isProbing = false;
            else if (_isTripped)
                return false;
            _isTripped = true;
            _openedAt = now;
            _openUntil = now + open;
            return true;
        }
    }

    /// <summary>Records an attempt without a verdict, because its client left. A probe's place becomes free.</summary>
    public void Released(CircuitPass pass)
    {
        if (pass != CircuitPass.Probe)
            return;
        lock (_gate)
            _isProbing = false;
    }
}

/// <summary>The state of a circuit breaker. The values are those of the metric.</summary>
public enum CircuitState
{
    /// <summary>Attempts are admitted.</summary>
    Closed = 0,

    /// <summary>One attempt is admitted as a probe.</summary>
    HalfOpen = 1,

    /// <summary>No attempt is admitted.</summary>
    Open = 2,
}

/// <summary>How a circuit breaker answered an attempt.</summary>
internal enum CircuitPass : byte
{
    /// <summary>Admitted by a closed circuit, or without a circuit.</summary>
    Ordinary,

    /// <summary>Admitted by a half-open circuit, as its only probe.</summary>
    Probe,

    /// <summary>Admitted despite an open circuit, because no other target of its route is left.</summary>
    LastResort,

    /// <summary>Not admitted.</summary>
    Refused,
}
