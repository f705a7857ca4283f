using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Configuration.Reload;

namespace Switchyard.Caching;

/// <summary>
/// The cache of whole answers, for whoever runs it: what it holds, what it was good for, and how it is emptied and changed while calls run.
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

    /// <summary>What it holds, and what it was good for since it was last cleared.</summary>
    public CacheStatistics Statistics => _caches.Exact.Store.Read();

    /// <summary>Drops every answer, also those that other gateways share, and begins to count anew.</summary>
    public void Clear() => _caches.Clear();

    /// <summary>
    /// Drops the answers to a request, whole and streamed, whoever asked: the next who does is answered by a provider. Other gateways keep
    /// their own until they are too old.
    /// </summary>
    /// <returns>Whether there was one.</returns>
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
    /// Switches it on or off. Off, it is neither read nor written, and nothing is counted; what it holds stays and is valid again later.
    /// </summary>
    /// <param name="enabled">Whether it is on.</param>
    /// <param name="who">Who does it, for the history; null says <c>code</c>.</param>
    /// <param name="cancellationToken">Ends the wait; nothing is changed then.</param>
    /// <returns>The new generation of the configuration, or the reason why the old one stays in force.</returns>
    public ValueTask<ReloadOutcome> SetEnabledAsync(
        bool enabled, string? who = null, CancellationToken cancellationToken = default) =>
        UpdateAsync(cache => cache.Enabled = enabled, who, cancellationToken);

    /// <summary>Changes its settings; those that are not changed keep their values. A new time to live holds for later answers.</summary>
    /// <param name="change">Changes a copy of them.</param>
    /// <param name="who">Who does it, for the history; null says <c>code</c>.</param>
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
