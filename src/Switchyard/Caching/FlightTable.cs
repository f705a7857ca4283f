using Switchyard.Calls;

namespace Switchyard.Caching;

/// <summary>The flights that can be joined. Thread-safe.</summary>
internal sealed class FlightTable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<AnswerKey, Flight> _flights = [];

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
            return (null, _flights[key] = create(), null);
        }
    }

    /// <summary>Takes a flight out that has ended.</summary>
    public void Leave(AnswerKey key, Flight flight)
    {
        lock (_gate)
        {
            if (_flights.TryGetValue(key, out var entered) && ReferenceEquals(entered, flight))
                _flights.Remove(key);
        }
    }
}
