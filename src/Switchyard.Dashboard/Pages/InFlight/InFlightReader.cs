using Switchyard.Calls;
using Switchyard.Dashboard.Liveness;
using Switchyard.Engine;

namespace Switchyard.Dashboard.Pages.InFlight;

/// <summary>Reads the running calls, once for all users. Thread-safe.</summary>
internal sealed class InFlightReader
{
    private readonly Shared<IReadOnlyList<RunningCall>> _shared;

    public InFlightReader(SwitchyardEngine engine, TimeProvider time) => _shared = new(time, _ => Task.FromResult(engine.ListRunning()));

    /// <summary>The running calls, the oldest first.</summary>
    public Task<IReadOnlyList<RunningCall>> ReadAsync() => _shared.GetAsync();
}
