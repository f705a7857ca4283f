using Switchyard.Calls;

namespace Switchyard.Plugins;

/// <summary>How a plugin has done: its runs, its failures, and whether it is switched off because of them. Thread-safe.</summary>
/// <param name="mostFailures">After how many failures in a row it is switched off.</param>
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

    /// <summary>How often it was run.</summary>
    public long Runs => Interlocked.Read(ref _runs);

    /// <summary>How many of its runs have not ended, those that nobody waits for included.</summary>
    public long Running => _running.Count;

    /// <summary>Records of calls that its sinks were not told of, because they are too slow.</summary>
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

    /// <summary>Completes when every run has ended. Called once, when nothing begins another.</summary>
    public Task IdleAsync() => _running.CloseAsync();

    public void Lose() => Interlocked.Increment(ref _lost);

    /// <summary>A run was as it should be.</summary>
    public void Succeed()
    {
        // Read without the lock: a count that is just being set to 1 may stay, and the next run clears it.
        if (_inARow == 0)
            return;
        lock (_gate)
            _inARow = 0;
    }

    /// <summary>A run has failed.</summary>
    /// <returns>Whether it is switched off by this.</returns>
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

/// <summary>What a plugin did wrong.</summary>
internal enum PluginTrouble
{
    /// <summary>It threw.</summary>
    Threw,

    /// <summary>It did not come back in its time.</summary>
    TooSlow,
}
