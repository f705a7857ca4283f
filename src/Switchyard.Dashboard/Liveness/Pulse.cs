namespace Switchyard.Dashboard.Liveness;

/// <summary>
/// One timer for all pages that are looked at; without any it stands still. A page whose last turn is not over is passed by, so that a slow
/// one holds up no other and gathers no queue. Thread-safe.
/// </summary>
internal sealed class Pulse(TimeProvider time) : IDisposable
{
    /// <summary>How often pages are told to read anew.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly List<Listener> _listeners = [];
    private ITimer? _timer;

    /// <summary>How many pages listen.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _listeners.Count;
        }
    }

    /// <summary>Calls back with every beat, until what is returned is disposed.</summary>
    public IDisposable Listen(Func<Task> turn)
    {
        var listener = new Listener(this, turn);
        lock (_gate)
        {
            _listeners.Add(listener);
            _timer ??= time.CreateTimer(static pulse => ((Pulse)pulse!).Beat(), this, Period, Period);
        }

        return listener;
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _listeners.Clear();
            _timer?.Dispose();
            _timer = null;
        }
    }

    private void Beat()
    {
        Listener[] all;
        lock (_gate)
            all = [.. _listeners];
        foreach (var listener in all)
            listener.Turn();
    }

    private void Leave(Listener listener)
    {
        lock (_gate)
        {
            if (!_listeners.Remove(listener) || _listeners.Count > 0)
                return;
            _timer?.Dispose();
            _timer = null;
        }
    }

    private sealed class Listener(Pulse pulse, Func<Task> turn) : IDisposable
    {
        private Task _last = Task.CompletedTask;

        // Called by the timer alone, one beat after the other.
        public void Turn()
        {
            if (_last.IsCompleted)
                _last = turn();
        }

        public void Dispose() => pulse.Leave(this);
    }
}
