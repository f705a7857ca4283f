namespace Switchyard.Calls;

/// <summary>What a client asks of the cache for one call. Immutable.</summary>
/// <param name="Mode">Whether it is read and written.</param>
/// <param name="Ttl">How long the call's answer is kept; null takes the configured time.</param>
public sealed record CacheControl(CacheMode Mode, TimeSpan? Ttl = null);

/// <summary>Whether a cache is read and written for one call.</summary>
public enum CacheMode
{
    /// <summary>Both, as configured.</summary>
    On,

    /// <summary>Neither: the provider is asked, and its answer is not kept.</summary>
    Off,

    /// <summary>Read: a kept answer is given out, and none is kept.</summary>
    ReadOnly,

    /// <summary>Written: the provider is asked, and its answer takes the place of the one that is kept.</summary>
    Refresh,
}
