using Switchyard.Calls;
using Switchyard.Configuration;

namespace Switchyard.Caching;

/// <summary>The cache settings of one configuration. A section of the snapshot, absent if nothing is ever kept. Immutable.</summary>
internal sealed class CachePlan
{
    public static readonly SectionKey<CachePlan> Section = new();

    private readonly CacheRule _rule;
    private readonly Dictionary<string, CacheRule> _byAlias = new(StringComparer.Ordinal);

    private CachePlan(CacheOptions options, IEnumerable<KeyValuePair<string, ModelCacheOptions>> aliases)
    {
        _rule = new(options.Enabled, options.Ttl);
        foreach (var (alias, own) in aliases)
            _byAlias[alias] = new(own.Enabled ?? options.Enabled, own.Ttl ?? options.Ttl);
        MaxEntryBytes = options.MaxEntryBytes;
        ByTenant = options.Scope == "tenant";
        IsShared = options.Shared is not null;
    }

    /// <summary>The largest answer that is kept, in bytes.</summary>
    public long MaxEntryBytes { get; }

    /// <summary>Whether the callers of one tenant share answers.</summary>
    public bool ByTenant { get; }

    /// <summary>Whether there is a second level.</summary>
    public bool IsShared { get; }

    /// <summary>The plan of a configuration; null if nothing is ever kept.</summary>
    public static CachePlan? From(SwitchyardOptions options)
    {
        var aliases = options.Models.Where(model => model.Value.Cache is not null)
            .Select(model => KeyValuePair.Create(model.Key, model.Value.Cache!)).ToList();
        var isOn = options.Cache is { Enabled: true } || aliases.Exists(alias => alias.Value.Enabled == true);
        return isOn ? new(options.Cache ?? new() { Enabled = false }, aliases) : null;
    }

    /// <summary>The rule of a route.</summary>
    public CacheRule RuleOf(string alias) => _byAlias.Count == 0 ? _rule : _byAlias.GetValueOrDefault(alias, _rule);
}

/// <summary>Whether the answers of a route are kept, and how long.</summary>
internal readonly record struct CacheRule(bool IsEnabled, TimeSpan Ttl);

/// <summary>The <c>Idempotency-Key</c> settings of one configuration. A section of the snapshot, absent if it has no effect.
/// Immutable.</summary>
/// <param name="Terms">The terms under which answers are kept.</param>
/// <param name="IsShared">Whether there is a second level.</param>
internal sealed record IdempotencyPlan(FlightTerms Terms, bool IsShared)
{
    public static readonly SectionKey<IdempotencyPlan> Section = new();

    /// <summary>The divisor of the total bytes for one answer, so that one answer does not evict all others.</summary>
    private const int LargestShare = 16;

    // The answer under a key stays the same, even if a budget or a guard reduced it: otherwise a repetition would be billed twice.
    public static IdempotencyPlan? From(IdempotencyOptions options) => options.Enabled
        ? new(
            new FlightTerms(options.Ttl, options.MaxBytes / LargestShare, GoesOnAlone: true, SharesReduced: true),
            options.Shared is not null)
        : null;
}
