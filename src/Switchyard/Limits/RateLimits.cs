using Switchyard.Configuration;
using Switchyard.Configuration.Reload;

namespace Switchyard.Limits;

/// <summary>
/// Reads, changes and resets the limits of requests and tokens while the engine runs. Limits of providers are named <c>openai</c>, those of
/// one model <c>openai/gpt-4o</c>. Thread-safe.
/// </summary>
public sealed class RateLimits
{
    private readonly ILimitSource _source;
    private readonly TimeProvider _time;

    internal RateLimits(ILimitSource source, TimeProvider time) => (_source, _time) = (source, time);

    /// <summary>
    /// Sets the limit of a provider or of one of its models, from the next call on. Counts are kept for windows of the same length. It is a
    /// run-time setting: it survives a reload of the file.
    /// </summary>
    /// <param name="name">The provider, or <c>provider/model</c>.</param>
    /// <param name="limit">The limit; one with <see cref="LimitOptions.Enabled"/> false limits nothing. Null removes it.</param>
    /// <param name="who">The user who makes the change, for the history; null records <c>code</c>.</param>
    /// <param name="cancellationToken">Ends the wait; the limit is then unchanged.</param>
    /// <returns>Whether it is in force, or the reason why not.</returns>
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

    /// <summary>The counts of a limit; null if there is none, or it is disabled.</summary>
    /// <param name="name">The provider, <c>provider/model</c>, or with a scope the name of a key or a tenant.</param>
    /// <param name="scope">The scope; null means provider or deployment, by the name.</param>
    public LimitStatus? GetStatus(string name, LimitScope? scope = null) => Find(name, scope)?.StatusAt(Now);

    /// <summary>The settings of a limit in <c>limits</c>, also of a disabled one; null if there is none.</summary>
    /// <param name="name">The provider, or <c>provider/model</c>, as it is written there.</param>
    /// <returns>A copy: changing it has no effect.</returns>
    public LimitOptions? GetSettings(string name) => _source.SettingsOf(name)?.Copy();

    /// <summary>The counts of all limits, sorted by scope and name.</summary>
    public IReadOnlyList<LimitStatus> GetAllStatuses() =>
        [.. All.OrderBy(limit => limit.Scope).ThenBy(limit => limit.Name, StringComparer.Ordinal).Select(limit => limit.StatusAt(Now))];

    /// <summary>The counts of limits, sorted by name, then by scope; each is computed only when enumerated.</summary>
    /// <param name="scope">Only limits of this scope; null for all.</param>
    /// <param name="blockedOnly">Whether to list only limits that would refuse a request now.</param>
    /// <param name="after">Only limits after this <see cref="LimitStatus.Id"/>; null for all.</param>
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

    /// <summary>The counts of the limits that are reached or most used, those first, without computing the counts of all.</summary>
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

    /// <summary>Resets the counts of a limit, which is kept. Running calls still count as running.</summary>
    /// <param name="name">The provider, <c>provider/model</c>, or with a scope the name of a key or a tenant.</param>
    /// <param name="scope">The scope; null means provider or deployment, by the name.</param>
    /// <returns>Whether there is such a limit.</returns>
    public bool Reset(string name, LimitScope? scope = null)
    {
        if (Find(name, scope) is not { } limit)
            return false;
        limit.State.Reset();
        return true;
    }

    /// <summary>Resets the counts of all limits, which are kept.</summary>
    public void ResetAll()
    {
        foreach (var limit in All)
            limit.State.Reset();
    }

    /// <summary>
    /// The number of nodes that count together, including this one; 1 if it counts for itself because no node shares its store or the store
    /// is unavailable.
    /// </summary>
    public int Nodes => _source.Shared is { IsTogether: true } shared ? shared.Nodes : 1;

    /// <summary>Whether it counts limits together with other nodes in a shared store (<c>storage.redis</c>).</summary>
    public bool IsShared => _source.Shared is not null;

    /// <summary>Whether this node uses only its share because the shared store (<c>storage.redis</c>) is unavailable.</summary>
    public bool IsAlone => _source.Shared is { IsTogether: false };

    private TimeSpan Now => _time.GetElapsedTime(0);

    private IEnumerable<Limit> All
    {
        get
        {
            // Includes the limits of providers that have had no call yet.
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
        var known = wanted is LimitScope.Key or LimitScope.Tenant ? name : _source.LimitNameOf(name);
        // The name of a provider with versions means one of them, and its limit may be that of all.
        return All.FirstOrDefault(limit => IsNamed(limit, known)) ?? All.FirstOrDefault(limit => IsNamed(limit, name));

        bool IsNamed(Limit limit, string asked) =>
            limit.Scope == wanted && string.Equals(limit.Name, asked, StringComparison.OrdinalIgnoreCase);
    }
}

/// <summary>The source of limits, which also changes them: the engine.</summary>
internal interface ILimitSource
{
    /// <summary>The shared counting of several nodes; null if each counts for itself.</summary>
    SharedCounting? Shared { get; }

    /// <summary>The limits of the current configuration.</summary>
    LimitTable Limits { get; }

    /// <summary>The entry of <c>limits</c> with this name; null if there is none.</summary>
    LimitOptions? SettingsOf(string name);

    /// <summary>The providers that declare their requests per minute.</summary>
    IEnumerable<(string Provider, int PerMinute)> ProvidersWithLimits { get; }

    /// <summary>Maps a written name, a provider's or <c>provider/model</c>, to the name of its limit.</summary>
    string LimitNameOf(string name);

    /// <summary>Applies a change to the current options.</summary>
    ValueTask<ReloadOutcome> ApplyAsync(Action<SwitchyardOptions> change, string? who, CancellationToken cancellationToken);
}
