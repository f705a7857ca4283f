using Switchyard.Calls;

namespace Switchyard.Plugins;

/// <summary>The statistics of a plugin: its runs, its failures, and whether it is switched off because of them. Thread-safe.</summary>
/// <param name="mostFailures">The number of consecutive failures after which it is switched off.</param>
internal sealed class PluginRecord(int mostFailures)
{
    private readonly Lock _gate = new();
    private long _runs;
    private readonly InFlight _running = new();
    private long _failures;
    private long _timeouts;
    private long _lost;
    private int _inARow;
    private string? _last;
    private volatile bool _isOff;

    /// <summary>Whether it is switched off.</summary>
    public bool IsOff => _isOff;

    /// <summary>The number of runs.</summary>
    public long Runs => Interlocked.Read(ref _runs);

    /// <summary>The number of runs that have not ended, including abandoned ones.</summary>
    public long Running => _running.Count;

    /// <summary>The number of call records that its sinks did not receive because they are too slow.</summary>
    public long Lost => Interlocked.Read(ref _lost);

    public (long Failures, long Timeouts, int InARow, string? Last) Failures
    {
        get
        {
            lock (_gate)
                return (_failures, _timeouts, _inARow, _last);
        }
    }

    public void Enter()
    {
        Interlocked.Increment(ref _runs);
        _running.EnterAgain();
    }

    public void Leave() => _running.Leave();

    /// <summary>Completes when every run has ended. Called once, when no new run can begin.</summary>
    public Task IdleAsync() => _running.CloseAsync();

    public void Lose() => Interlocked.Increment(ref _lost);

    /// <summary>Records a successful run.</summary>
    public void Succeed()
    {
        // Read without the lock: a count that is being set to 1 now may stay, and the next run clears it.
        if (_inARow == 0)
            return;
        lock (_gate)
            _inARow = 0;
    }

    /// <summary>Records a failed run.</summary>
    /// <returns>Whether this failure switched it off.</returns>
    public bool Fail(PluginTrouble trouble, string what)
    {
        lock (_gate)
        {
            _failures++;
            if (trouble == PluginTrouble.TooSlow)
                _timeouts++;
            _last = what;
            _inARow++;
            if (_isOff || _inARow < mostFailures)
                return false;
            return _isOff = true;
        }
    }

    /// <summary>Switches it on again.</summary>
    /// <returns>Whether it was off.</returns>
    public bool SwitchOn()
    {
        lock (_gate)
        {
            var was = _isOff;
            (_isOff, _inARow) = (false, 0);
            return was;
        }
    }
}

/// <summary>The kind of a plugin's failure.</summary>
internal enum PluginTrouble
{
    /// <summary>It threw.</summary>
    Threw,

    /// <summary>It did not return in time.</summary>
    TooSlow,
}
