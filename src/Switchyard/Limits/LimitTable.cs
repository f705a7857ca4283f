using System.Collections.Concurrent;
using Switchyard.Configuration;
using Switchyard.Targets;

namespace Switchyard.Limits;

/// <summary>The limits of one configuration. Immutable except for the limits of providers registered later; thread-safe.</summary>
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
    /// <param name="store">The counts, which outlive the configuration.</param>
    /// <param name="nameOf">Maps a provider's configured name to the name it is registered under.</param>
    public static LimitTable From(SwitchyardOptions options, LimitStore store, Func<string, string> nameOf)
    {
        var table = new LimitTable(store);
        foreach (var (written, limit) in options.Limits)
        {
            var slash = written.IndexOf('/', StringComparison.Ordinal);
            var name = slash < 0 ? nameOf(written) : nameOf(written[..slash]) + written[slash..];
            // A disabled limit counts as configured: it removes the limit that the provider declares itself.
            table._named.Add(name);
            table.Add(slash < 0 ? LimitScope.Provider : LimitScope.Deployment, name, LimitRules.From(limit));
        }

        return table;
    }

    /// <summary>The limits of a provider's model; null if none.</summary>
    /// <param name="provider">The provider's registered name.</param>
    /// <param name="model">The provider's own model id.</param>
    /// <param name="perMinute">The requests per minute that the provider declares, used if no limit is configured.</param>
    public LimitGroup? Of(string provider, string model, int? perMinute)
    {
        if (_limits.IsEmpty && perMinute is null)
            return null;
        return LimitGroup.Of([OfProvider(provider, perMinute), OfVersion(LimitScope.Deployment, provider, $"/{model}")]);
    }

    /// <summary>The limit of a provider; null if none.</summary>
    public Limit? OfProvider(string provider, int? perMinute) =>
        perMinute is { } requests && !_named.Contains(provider)
        && !(TargetNames.WithoutVersion(provider) is { } bare && _named.Contains(bare))
            ? Add(LimitScope.Provider, provider, LimitRules.PerMinute(requests))
            : OfVersion(LimitScope.Provider, provider, "");

    /// <summary>A limit by its subject; null if none.</summary>
    public Limit? Find(LimitScope scope, string name) => _limits.GetValueOrDefault((scope, Key(name)));

    /// <summary>Adds the limit of a key or a tenant.</summary>
    /// <returns>The limit; null if its options limit nothing.</returns>
    public Limit? Add(LimitScope scope, string name, LimitOptions? options) => Add(scope, name, LimitRules.From(options));

    /// <summary>The limit named for a provider's version; without one the limit of the bare name, which all versions share.</summary>
    private Limit? OfVersion(LimitScope scope, string provider, string rest) =>
        Find(scope, provider + rest) is null && !_named.Contains(provider + rest) && TargetNames.WithoutVersion(provider) is { } bare
            ? Find(scope, bare + rest)
            : Find(scope, provider + rest);

    private Limit? Add(LimitScope scope, string name, LimitRules? rules) => rules is null
        ? null
        : _limits.GetOrAdd((scope, Key(name)), _ => new Limit(scope, name, rules, _store.Of(scope, name)));

    private static string Key(string name) => name.ToLowerInvariant();
}
