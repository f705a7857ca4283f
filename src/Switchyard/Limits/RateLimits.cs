using Switchyard.Configuration;
using Switchyard.Configuration.Reload;

namespace Switchyard.Limits;

/// <summary>
/// The limits of requests and tokens while the engine runs: what is counted, changed and forgotten. Limits of providers are named
/// <c>openai</c>, those of one model <c>openai/gpt-4o</c>. Thread-safe.
/// </summary>
public sealed class RateLimits
{
    private readonly ILimitSource _source;
    private readonly TimeProvider _time;

    internal RateLimits(ILimitSource source, TimeProvider time) => (_source, _time) = (source, time);

    /// <summary>
    /// Sets the limit of a provider or of one of its models, from the next call on. What was counted stays, as far as the new limit has
    /// windows of the same length. It is a run-time setting: it stays when the file is reloaded.
    /// </summary>
    /// <param name="name">The provider, or <c>provider/model</c>.</param>
    /// <param name="limit">The limit; one with <see cref="LimitOptions.Enabled"/> false limits nothing. Null takes it away.</param>
    /// <param name="who">Who does it, for the history; null says <c>code</c>.</param>
    /// <param name="cancellationToken">Ends the wait; the limit then stays as it was.</param>
    /// <returns>Whether it holds, or the reason why not.</returns>
    public ValueTask<ReloadOutcome> SetLimitAsync(
        string name, LimitOptions? limit, string? who = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return _source.ApplyAsync(
            options =>
            {
                if (limit is null)
                    options.Limits.Remove(name);
                else
                    options.Limits[name] = limit;
            },
            who,
            cancellationToken);
    }

    /// <summary>What is counted of a limit; null where there is none, or it is switched off.</summary>
    /// <param name="name">The provider, <c>provider/model</c>, or with a scope the name of a key or a tenant.</param>
    /// <param name="scope">What it is of; null takes provider or deployment, by the name.</param>
    public LimitStatus? GetStatus(string name, LimitScope? scope = null) => Find(name, scope)?.StatusAt(Now);

    /// <summary>What is counted of all limits, sorted by what they are of and by name.</summary>
    public IReadOnlyList<LimitStatus> GetAllStatuses() =>
        [.. All.OrderBy(limit => limit.Scope).ThenBy(limit => limit.Name, StringComparer.Ordinal).Select(limit => limit.StatusAt(Now))];

    /// <summary>
    /// What is counted of limits, sorted by name, then by what they are of; each is looked at closely only when it is taken.
    /// </summary>
    /// <param name="scope">Only those of this; null for all.</param>
    /// <param name="blockedOnly">Whether only those are listed that would refuse a request now.</param>
    /// <param name="after">Only those behind this <see cref="LimitStatus.Id"/>; null for all.</param>
    public IEnumerable<LimitStatus> List(LimitScope? scope = null, bool blockedOnly = false, string? after = null)
    {
        var now = Now;
        return All.Where(limit => scope is null || limit.Scope == scope)
            .Select(limit => (Limit: limit, Id: LimitStatus.IdOf(limit.Scope, limit.Name)))
            .Where(listed => after is null || string.CompareOrdinal(listed.Id, after) > 0)
            .Where(listed => !blockedOnly || listed.Limit.IsBlockedAt(now))
            .OrderBy(listed => listed.Id, StringComparer.Ordinal)
            .Select(listed => listed.Limit.StatusAt(now));
    }

    /// <summary>
    /// What is counted of the limits that are reached or used most, those first; of very many without looking at each closely.
    /// </summary>
    internal IReadOnlyList<LimitStatus> GetMostUsed(int most)
    {
        if (most <= 0)
            return [];
        var now = Now;
        return
        [
            .. All.Select(limit => (Limit: limit, IsBlocked: limit.IsBlockedAt(now), Use: limit.UseAt(now)))
                .OrderByDescending(used => used.IsBlocked).ThenByDescending(used => used.Use)
                .ThenBy(used => used.Limit.Name, StringComparer.Ordinal).Take(most)
                .Select(used => used.Limit.StatusAt(now)),
        ];
    }

    /// <summary>How many limits there are, and how many of them would refuse a request now.</summary>
    internal (int All, int Blocked) Count()
    {
        var (now, all, blocked) = (Now, 0, 0);
        foreach (var limit in All)
        {
            all++;
            if (limit.IsBlockedAt(now))
                blocked++;
        }

        return (all, blocked);
    }

    /// <summary>Forgets what was counted of a limit, which stays. What runs goes on counting as running.</summary>
    /// <param name="name">The provider, <c>provider/model</c>, or with a scope the name of a key or a tenant.</param>
    /// <param name="scope">What it is of; null takes provider or deployment, by the name.</param>
    /// <returns>Whether there is such a limit.</returns>
    public bool Reset(string name, LimitScope? scope = null)
    {
        if (Find(name, scope) is not { } limit)
            return false;
        limit.State.Reset();
        return true;
    }

    /// <summary>Forgets what was counted of all limits, which stay.</summary>
    public void ResetAll()
    {
        foreach (var limit in All)
            limit.State.Reset();
    }

    /// <summary>
    /// How many nodes count together, this one included; 1 where it counts for itself, because none shares a store with it or because the
    /// store is away.
    /// </summary>
    public int Nodes => _source.Shared is { IsTogether: true } shared ? shared.Nodes : 1;

    /// <summary>Whether it counts limits together with others, in a store that they share (<c>storage.redis</c>).</summary>
    public bool IsShared => _source.Shared is not null;

    /// <summary>Whether this node goes on with its share because the store that several nodes share (<c>storage.redis</c>) is
    /// away.</summary>
    public bool IsAlone => _source.Shared is { IsTogether: false };

    private TimeSpan Now => _time.GetElapsedTime(0);

    private IEnumerable<Limit> All
    {
        get
        {
            // Also those of providers that nobody has called yet.
            var table = _source.Limits;
            foreach (var (provider, perMinute) in _source.ProvidersWithLimits)
                table.OfProvider(provider, perMinute);
            return table.All;
        }
    }

    private Limit? Find(string name, LimitScope? scope)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        var wanted = scope ?? (name.Contains('/', StringComparison.Ordinal) ? LimitScope.Deployment : LimitScope.Provider);
        var known = _source.LimitNameOf(name);
        return All.FirstOrDefault(limit =>
            limit.Scope == wanted && string.Equals(limit.Name, wanted is LimitScope.Key or LimitScope.Tenant ? name : known,
                StringComparison.OrdinalIgnoreCase));
    }
}

/// <summary>Where limits come from, and what changes them: the engine.</summary>
internal interface ILimitSource
{
    /// <summary>Where several nodes count together; null where each counts for itself.</summary>
    SharedCounting? Shared { get; }

    /// <summary>Those of the configuration in force.</summary>
    LimitTable Limits { get; }

    /// <summary>The providers that say themselves how many requests they take in a minute.</summary>
    IEnumerable<(string Provider, int PerMinute)> ProvidersWithLimits { get; }

    /// <summary>From a name as written, a provider's or <c>provider/model</c>, to the one its limit has.</summary>
    string LimitNameOf(string name);

    /// <summary>Applies a change of the options in force.</summary>
    ValueTask<ReloadOutcome> ApplyAsync(Action<SwitchyardOptions> change, string? who, CancellationToken cancellationToken);
}
