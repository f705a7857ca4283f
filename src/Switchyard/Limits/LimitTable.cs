using System.Collections.Concurrent;
using Switchyard.Configuration;

namespace Switchyard.Limits;

/// <summary>The limits of one configuration. Immutable but for those of providers that are registered later; thread-safe.</summary>
internal sealed class LimitTable
{
    private readonly LimitStore _store;
    private readonly HashSet<string> _named = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<(LimitScope Scope, string Name), Limit> _limits = new();

    private LimitTable(LimitStore store) => _store = store;

    /// <summary>Every limit, in no order.</summary>
    public IEnumerable<Limit> All => _limits.Values;

    /// <summary>Reads the limits of a configuration.</summary>
    /// <param name="options">The configuration.</param>
    /// <param name="store">What was counted, which outlives it.</param>
    /// <param name="nameOf">From a provider's name as written to the one it is registered under.</param>
    public static LimitTable From(SwitchyardOptions options, LimitStore store, Func<string, string> nameOf)
    {
        var table = new LimitTable(store);
        foreach (var (written, limit) in options.Limits)
        {
            var slash = written.IndexOf('/', StringComparison.Ordinal);
            var name = slash < 0 ? nameOf(written) : nameOf(written[..slash]) + written[slash..];
            // One that is switched off counts as named all the same: it takes away what the provider says of itself.
            table._named.Add(name);
            table.Add(slash < 0 ? LimitScope.Provider : LimitScope.Deployment, name, LimitRules.From(limit));
        }

        return table;
    }

    /// <summary>The limits of a provider's model; null where there are none.</summary>
    /// <param name="provider">The provider's registered name.</param>
    /// <param name="model">The provider's own model id.</param>
    /// <param name="perMinute">How many requests in a minute the provider says it takes: its limit where none is configured.</param>
    public LimitGroup? Of(string provider, string model, int? perMinute)
    {
        if (_limits.IsEmpty && perMinute is null)
            return null;
        return LimitGroup.Of([OfProvider(provider, perMinute), Find(LimitScope.Deployment, $"{provider}/{model}")]);
    }

    /// <summary>The limit of a provider; null where there is none.</summary>
    public Limit? OfProvider(string provider, int? perMinute) =>
        perMinute is { } requests && !_named.Contains(provider)
            ? Add(LimitScope.Provider, provider, LimitRules.PerMinute(requests))
            : Find(LimitScope.Provider, provider);

    /// <summary>A limit by what it is of; null where there is none.</summary>
    public Limit? Find(LimitScope scope, string name) => _limits.GetValueOrDefault((scope, Key(name)));

    /// <summary>Adds the limit of a key or a tenant.</summary>
    /// <returns>The limit; null where its options limit nothing.</returns>
    public Limit? Add(LimitScope scope, string name, LimitOptions? options) => Add(scope, name, LimitRules.From(options));

    private Limit? Add(LimitScope scope, string name, LimitRules? rules) => rules is null
        ? null
        : _limits.GetOrAdd((scope, Key(name)), _ => new Limit(scope, name, rules, _store.Of(scope, name)));

    private static string Key(string name) => name.ToLowerInvariant();
}
