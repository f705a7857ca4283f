using System.Collections.Concurrent;

namespace Switchyard.Targets;

/// <summary>
/// The state of every deployment and every credential, held by weak references: a reload keeps the state of unchanged deployments, and the
/// states of model names invented by clients are garbage collected with their calls. Thread-safe.
/// </summary>
internal sealed class DeploymentStates
{
    private readonly WeakTable<DeploymentKey, DeploymentState> _states = new();
    private readonly WeakTable<(string Provider, string Account), AccountState> _accounts = new();

    /// <summary>The number of deployments, including those of collected states until the next sweep.</summary>
    public int Count => _states.Count;

    /// <summary>The state of a deployment.</summary>
    public DeploymentState Get(DeploymentKey key) =>
        _states.Get(key, this, static (key, states) => new DeploymentState(states.AccountOf(key.Provider, key.Account)));

    /// <summary>The state of a credential.</summary>
    public AccountState AccountOf(string provider, string account) =>
        _accounts.Get((provider, account), this, static (_, _) => new AccountState());

    /// <summary>Every deployment that is still referenced, and its state.</summary>
    public IEnumerable<(DeploymentKey Key, DeploymentState State)> All => _states.Live;

    /// <summary>
    /// The number of running attempts at a provider, over all its models and credentials. For reports: it visits every state.
    /// </summary>
    public int InFlightOf(string provider) => Of(provider).Sum(state => state.InFlight);

    /// <summary>
    /// The learnt limit of concurrent attempts at a provider, over all its models and credentials; null if none is learnt.
    /// </summary>
    public int? LearntConcurrencyOf(string provider, int maximum)
    {
        var places = Of(provider).Where(state => state.IsAdaptive).Select(state => state.Adaptive.Within(maximum)).ToList();
        return places.Count == 0 ? null : places.Sum();
    }

    private IEnumerable<DeploymentState> Of(string provider) => _states.Live
        .Where(pair => string.Equals(pair.Key.Provider, provider, StringComparison.OrdinalIgnoreCase))
        .Select(pair => pair.Value);

    /// <summary>A table whose values live as long as other objects refer to them.</summary>
    private sealed class WeakTable<TKey, TValue>
        where TKey : notnull
        where TValue : class
    {
        private const int FirstSweep = 1024;

        private readonly ConcurrentDictionary<TKey, WeakReference<TValue>> _values = new();
        private int _sweepAt = FirstSweep;

        public int Count => _values.Count;

        public IEnumerable<(TKey Key, TValue Value)> Live
        {
            get
            {
                foreach (var pair in _values)
                {
                    if (pair.Value.TryGetTarget(out var value))
                        yield return (pair.Key, value);
                }
            }
        }

        public TValue Get(TKey key, DeploymentStates states, Func<TKey, DeploymentStates, TValue> create)
        {
            while (true)
            {
                if (_values.TryGetValue(key, out var held))
                {
                    if (held.TryGetTarget(out var value))
                        return value;
                    _values.TryRemove(new(key, held));
                }

                var fresh = create(key, states);
                if (!_values.TryAdd(key, new(fresh)))
                    continue;
                if (_values.Count > Volatile.Read(ref _sweepAt))
                    Sweep();
                return fresh;
            }
        }

        private void Sweep()
        {
            foreach (var pair in _values)
            {
                if (!pair.Value.TryGetTarget(out _))
                    _values.TryRemove(pair);
            }

            // Sweeping next at twice the live count keeps the cost of each key constant, however many names clients use.
            Volatile.Write(ref _sweepAt, Math.Max(FirstSweep, _values.Count * 2));
        }
    }
}

/// <summary>The identity of a deployment.</summary>
/// <param name="Provider">The provider's registered name.</param>
/// <param name="Model">The provider's own model id.</param>
/// <param name="Account">The account name of its credential; empty if the provider is not ready yet or has none.</param>
internal readonly record struct DeploymentKey(string Provider, string Model, string Account);
