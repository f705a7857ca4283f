using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Configuration.Reload;

namespace Switchyard.Caching;

/// <summary>
/// The cache of whole answers, for the host application: its content, its hits, and methods to clear and change it while calls run.
/// It is made by the engine. Thread-safe.
/// </summary>
public sealed class ResponseCache
{
    private readonly Caches _caches;
    private readonly Func<Action<SwitchyardOptions>, string?, CancellationToken, ValueTask<ReloadOutcome>> _apply;

    internal ResponseCache(
        Caches caches, Func<Action<SwitchyardOptions>, string?, CancellationToken, ValueTask<ReloadOutcome>> apply)
    {
        _caches = caches;
        _apply = apply;
    }

    /// <summary>Its content, and its hits since it was last cleared.</summary>
    public CacheStatistics Statistics => _caches.Exact.Store.Read();

    /// <summary>Drops every answer, also those that other gateways share, and resets the counters.</summary>
    public void Clear() => _caches.Clear();

    /// <summary>
    /// Drops the answers to a request, whole and streamed, for all callers: a provider answers the next such request. Other gateways keep
    /// their own until these expire.
    /// </summary>
    /// <returns>True if there was an answer to drop.</returns>
    public bool Invalidate(in CallRequest request)
    {
        try
        {
            return _caches.Invalidate(request);
        }
        finally
        {
            request.Body.Release();
        }
    }

    /// <summary>
    /// Switches it on or off. While off, it is not read, written or counted; its content stays and is valid again later.
    /// </summary>
    /// <param name="enabled">Whether it is on.</param>
    /// <param name="who">The name for the history; null records <c>code</c>.</param>
    /// <param name="cancellationToken">Ends the wait; nothing is changed then.</param>
    /// <returns>The new generation of the configuration, or the reason why the old one stays in force.</returns>
    public ValueTask<ReloadOutcome> SetEnabledAsync(
        bool enabled, string? who = null, CancellationToken cancellationToken = default) =>
        UpdateAsync(cache => cache.Enabled = enabled, who, cancellationToken);

    /// <summary>Changes its settings; unchanged ones keep their values. A new time to live applies to later answers.</summary>
    /// <param name="change">Changes a copy of them.</param>
    /// <param name="who">The name for the history; null records <c>code</c>.</param>
    /// <param name="cancellationToken">Ends the wait; nothing is changed then.</param>
    /// <returns>The new generation of the configuration, or the reason why the old one stays in force.</returns>
    public ValueTask<ReloadOutcome> UpdateAsync(
        Action<CacheOptions> change, string? who = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(change);
        // A cache that was not configured stays off unless this switches it on.
        return _apply(options => change(options.Cache ??= new() { Enabled = false }), who, cancellationToken);
    }
}
