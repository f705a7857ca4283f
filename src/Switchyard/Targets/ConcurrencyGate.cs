namespace Switchyard.Targets;

/// <summary>Limits concurrency, with a bounded first-come, first-served queue. The limit may change at any time. Thread-safe.</summary>
internal sealed class ConcurrencyGate
{
    private readonly Lock _gate = new();
    private readonly LinkedList<TaskCompletionSource> _waiting = [];
    private int _running;
    private int _limit = int.MaxValue;

    /// <summary>The number of places taken.</summary>
    public int Running => Volatile.Read(ref _running);

    /// <summary>The number of waiting callers.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
                return _waiting.Count;
        }
    }

    /// <summary>Whether a place is free at once.</summary>
    public bool HasRoom(int limit)
    {
        lock (_gate)
            return _running < limit && _waiting.Count == 0;
    }

    /// <summary>Takes a place if one is free and no caller waits for it.</summary>
    public bool TryEnter(int limit)
    {
        lock (_gate)
        {
            _limit = limit;
            if (_running >= limit || _waiting.Count > 0)
                return false;
            _running++;
            return true;
        }
    }

    /// <summary>Takes a place, waiting for one if the queue has room.</summary>
    /// <param name="limit">The maximum number of places.</param>
    /// <param name="queue">The maximum length of the queue.</param>
    /// <param name="patience">The longest wait.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>False if the queue is full or the wait was too long; then no place is taken.</returns>
    /// <exception cref="OperationCanceledException">The wait was cancelled; no place is taken.</exception>
    public async ValueTask<bool> EnterAsync(
        int limit, int queue, TimeSpan patience, TimeProvider time, CancellationToken cancellationToken)
    {
        LinkedListNode<TaskCompletionSource> place;
        lock (_gate)
        {
            _limit = limit;
            if (_running < limit && _waiting.Count == 0)
            {
                _running++;
                return true;
            }

            if (_waiting.Count >= queue || patience <= TimeSpan.Zero)
                return false;
            place = _waiting.AddLast(new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        try
        {
            await place.Value.Task.WaitAsync(patience, time, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            // A place assigned in this very moment is kept.
            return !Forget(place);
        }
        catch (OperationCanceledException)
        {
            if (!Forget(place))
                Leave();
            throw;
        }
    }

    /// <summary>Releases a place to the caller that has waited longest.</summary>
    /// <param name="limit">The limit, if it may have changed since the last entry.</param>
    public void Leave(int? limit = null)
    {
        lock (_gate)
        {
            _running--;
            _limit = limit ?? _limit;
            while (_running < _limit && _waiting.First is { } next)
            {
                _waiting.RemoveFirst();
                _running++;
                next.Value.SetResult();
            }
        }
    }

    /// <summary>Removes a waiting caller; false if it got a place meanwhile.</summary>
    private bool Forget(LinkedListNode<TaskCompletionSource> place)
    {
        lock (_gate)
        {
            if (place.List is null)
                return false;
            _waiting.Remove(place);
            return true;
        }
    }
}
