using Switchyard.Targets;

namespace Switchyard.Engine;

/// <content>The circuits of targets.</content>
public sealed partial class SwitchyardEngine
{
    /// <summary>
    /// The circuits that have opened since the engine began, and when they opened and closed, by provider and model. Circuits that never
    /// opened are not included.
    /// </summary>
    public IReadOnlyList<CircuitStatus> GetCircuits()
    {
        var (now, clock) = (_time.GetUtcNow(), _time.GetElapsedTime(0));
        return
        [
            .. _providers.States.Where(pair => pair.State.CircuitHistory is not null)
                .OrderBy(pair => pair.Key.Provider, StringComparer.Ordinal).ThenBy(pair => pair.Key.Model, StringComparer.Ordinal)
                .ThenBy(pair => pair.Key.Account, StringComparer.Ordinal)
                .Select(pair => new CircuitStatus
                {
                    Provider = pair.Key.Provider,
                    Model = pair.Key.Model,
                    State = pair.State.Circuit.StateAt(clock),
                    ProbeIn = pair.State.Circuit.WaitAt(clock),
                    // Circuits use a clock that is never set back.
                    Changes =
                    [
                        .. pair.State.CircuitHistory!.Read().Select(change => new CircuitChange(now - (clock - change.At), change.Opened)),
                    ],
                }),
        ];
    }
}
