using System.Runtime.CompilerServices;
using Switchyard.Experiments;

namespace Switchyard.Shadowing;

/// <summary>
/// Counts the copies of one shadow: running ones, those of this minute, and calls that were not copied. Kept across reloads with its
/// outcomes. Thread-safe.
/// </summary>
internal sealed class ShadowGate(TimeProvider time)
{
    private static readonly TimeSpan s_minute = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private long _minuteStart;
    private int _inMinute;
    private int _running;
    private long _copied;
    private long _busy;
    private long _overRate;
    private long _tooLarge;

    public CopyCounts Counts
    {
        get
        {
            lock (_gate)
                return new() { Copied = _copied, Busy = _busy, OverRate = _overRate, TooLarge = _tooLarge };
        }
    }

    /// <summary>Takes a place if there is one; <see cref="Leave"/> releases it.</summary>
    public bool TryEnter(int concurrency, int? maxPerMinute)
    {
        lock (_gate)
        {
            if (_running >= concurrency)
            {
                _busy++;
                return false;
            }

            var now = time.GetTimestamp();
            if (_inMinute == 0 || time.GetElapsedTime(_minuteStart, now) >= s_minute)
                (_minuteStart, _inMinute) = (now, 0);
            if (_inMinute >= maxPerMinute)
            {
                _overRate++;
                return false;
            }

            _inMinute++;
            _running++;
            _copied++;
            return true;
        }
    }

    /// <summary>Releases the place of a copy that has ended.</summary>
    public void Leave()
    {
        lock (_gate)
            _running--;
    }

    /// <summary>Releases the place of a call that turned out to be too large to copy.</summary>
    public void LeaveUnused()
    {
        lock (_gate)
        {
            _running--;
            _inMinute--;
            _copied--;
            _tooLarge++;
        }
    }
}

/// <summary>The gate of each shadow's state, for the lifetime of the state. Thread-safe.</summary>
internal sealed class ShadowGates(TimeProvider time)
{
    private readonly ConditionalWeakTable<ExperimentState, ShadowGate> _gates = [];

    public ShadowGate Of(ExperimentState state) => _gates.GetValue(state, _ => new ShadowGate(time));

    /// <summary>The counts of a shadow; null for other comparisons.</summary>
    public CopyCounts? CountsOf(ExperimentState state) => _gates.TryGetValue(state, out var gate) ? gate.Counts : null;
}
