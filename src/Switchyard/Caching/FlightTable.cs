using Switchyard.Calls;

namespace Switchyard.Caching;

/// <summary>The flights under way, and those of them that can be joined. Thread-safe.</summary>
internal sealed class FlightTable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<AnswerKey, Flight> _flights = [];
    private readonly HashSet<Flight> _wanted = [];

    /// <summary>
    /// Joins the flight of a key, or enters a new one. An answer that was kept since the caller looked is neither: of two that ask at once,
    /// one leads, one joins or is given what the first has brought.
    /// </summary>
    /// <param name="key">The key.</param>
    /// <param name="create">Makes a new flight.</param>
    /// <param name="kept">Looks once more for a kept answer; null where the caller wants a new one.</param>
    /// <param name="call">The call that asks.</param>
    public (KeptAnswer? Kept, Flight? Flight, Party? Joined) Enter(
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

    /// <summary>Enters a flight that nobody joins, and that joins none.</summary>
    public void EnterAlone(Flight flight)
    {
        lock (_gate)
            _wanted.Add(flight);
    }

    /// <summary>Takes a flight out that has ended, and keeps what it brings unless it was forgotten meanwhile.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="flight">The flight.</param>
    /// <param name="keep">Keeps what it brings; called before anybody may enter another.</param>
    /// <returns>Whether it was not forgotten.</returns>
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

    /// <summary>Forgets the flights under way: nobody joins them any more, and what they bring is not kept.</summary>
    /// <param name="content">The hash of what they ask; null for all.</param>
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
