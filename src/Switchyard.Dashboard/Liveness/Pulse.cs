namespace Switchyard.Dashboard.Liveness;

/// <summary>
/// One timer for all open pages; without any it is stopped. A beat skips a page whose last turn has not ended, so that a slow page delays
/// no other page and builds up no queue. Thread-safe.
/// </summary>
internal sealed class Pulse(TimeProvider time) : IDisposable
{
    /// <summary>The interval at which pages read again.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly List<Listener> _listeners = [];
    private ITimer? _timer;

    /// <summary>The number of pages that listen.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _listeners.Count;
        }
    }

    /// <summary>Runs a callback with every beat, until the returned object is disposed.</summary>
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
        private readonly Lock _turning = new();
        private Task _last = Task.CompletedTask;

        // Called only by the timer, every 2 seconds; on a busy machine a beat begins before the last one has ended.
        public void Turn()
        {
            if (!_turning.TryEnter())
                return;
            try
            {
                if (_last.IsCompleted)
                    _last = turn();
            }
            finally
            {
                _turning.Exit();
            }
        }

        public void Dispose() => pulse.Leave(this);
    }
}
