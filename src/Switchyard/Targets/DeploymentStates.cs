using System.Collections.Concurrent;

namespace Switchyard.Targets;

/// <summary>
/// The state of every deployment, by provider, model and credential, held by weak references: a reload keeps the state of a deployment
/// that stays, and the states of model names that clients make up are garbage collected with their calls. Thread-safe.
/// </summary>
internal sealed class DeploymentStates
{
    private const int FirstSweep = 1024;

    private readonly ConcurrentDictionary<DeploymentKey, WeakReference<DeploymentState>> _states = new();
    private int _sweepAt = FirstSweep;

    /// <summary>The number of keys, those of collected states included until the next sweep.</summary>
    public int Count => _states.Count;

    public DeploymentState Get(DeploymentKey key)
    {
        while (true)
        {
            if (_states.TryGetValue(key, out var held))
            {
                if (held.TryGetTarget(out var state))
                    return state;
                _states.TryRemove(new(key, held));
            }

            var fresh = new DeploymentState();
            if (!_states.TryAdd(key, new(fresh)))
                continue;
            if (_states.Count > Volatile.Read(ref _sweepAt))
                Sweep();
            return fresh;
        }
    }

    /// <summary>How many attempts run on a provider, all its models and credentials together. For reports: it looks at every
    /// state.</summary>
    public int InFlightOf(string provider) => _states
        .Where(pair => string.Equals(pair.Key.Provider, provider, StringComparison.OrdinalIgnoreCase))
        .Sum(pair => pair.Value.TryGetTarget(out var state) ? state.InFlight : 0);

    private void Sweep()
    {
        foreach (var pair in _states)
        {
            if (!pair.Value.TryGetTarget(out _))
                _states.TryRemove(pair);
        }

        // Sweeping next at twice the live count keeps the cost of each key constant, however many names clients ask for.
        Volatile.Write(ref _sweepAt, Math.Max(FirstSweep, _states.Count * 2));
    }
}

/// <summary>The identity of a deployment.</summary>
/// <param name="Provider">The provider's registered name.</param>
/// <param name="Model">The provider's own model id.</param>
/// <param name="Account">The account name of its credential; empty where the provider is not ready yet or has none.</param>
internal readonly record struct DeploymentKey(string Provider, string Model, string Account);
