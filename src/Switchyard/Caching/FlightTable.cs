using Switchyard.Calls;

namespace Switchyard.Caching;

/// <summary>The running flights, and those of them that can be joined. Thread-safe.</summary>
internal sealed class FlightTable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<AnswerKey, Flight> _flights = [];
    private readonly HashSet<Flight> _wanted = [];

    /// <summary>
    /// Joins the flight of a key, enters a new one, or returns an answer that was kept since the caller looked: of two calls at once,
    /// one leads, and the other joins it or gets its kept answer.
    /// </summary>
    /// <param name="key">The key.</param>
    /// <param name="create">Makes a new flight.</param>
    /// <param name="kept">Looks once more for a kept answer; null if the caller wants a new one.</param>
    /// <param name="call">The call that asks.</param>
    public (KeptAnswer? Kept, Flight? Flight, FlightClient? Joined) Enter(
        AnswerKey key, Func<Flight> create, Func<KeptAnswer?>? kept, ModelCall call)
    {
        lock (_gate)
        {
            if (_flights.TryGetValue(key, out var running) && running.TryJoin(call) is { } joined)
                return (null, running, joined);
            if (kept?.Invoke() is { } answer)
                return (answer, null, null);
            var entered = create();
            _wanted.Add(entered);
            return (null, _flights[key] = entered, null);
        }
    }

    /// <summary>Enters a flight that no call can join.</summary>
    public void EnterAlone(Flight flight)
    {
        lock (_gate)
            _wanted.Add(flight);
    }

    /// <summary>Removes a flight that has ended, and keeps its answer unless the flight was forgotten meanwhile.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="flight">The flight.</param>
    /// <param name="keep">Keeps its answer; called before another flight may enter.</param>
    /// <returns>True if it was not forgotten.</returns>
    public bool Leave(AnswerKey key, Flight flight, Action? keep)
    {
        lock (_gate)
        {
            var isWanted = _wanted.Remove(flight);
            if (isWanted)
                keep?.Invoke();
            if (_flights.TryGetValue(key, out var entered) && ReferenceEquals(entered, flight))
                _flights.Remove(key);
            return isWanted;
        }
    }

    /// <summary>Forgets the running flights: no call joins them any more, and their answers are not kept.</summary>
    /// <param name="content">The hash of their request; null for all.</param>
    public void Forget(AnswerKey? content)
    {
        lock (_gate)
        {
            foreach (var (key, flight) in _flights)
            {
                if (content is null || flight.Content == content)
                    _flights.Remove(key);
            }

            _wanted.RemoveWhere(flight => content is null || flight.Content == content);
        }
    }
}
