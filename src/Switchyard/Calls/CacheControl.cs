namespace Switchyard.Calls;

/// <summary>The client's cache settings for one call. Immutable.</summary>
/// <param name="Mode">Whether it is read and written.</param>
/// <param name="Ttl">How long the call's answer is kept; null takes the configured time.</param>
public sealed record CacheControl(CacheMode Mode, TimeSpan? Ttl = null);

/// <summary>Whether a cache is read and written for one call.</summary>
public enum CacheMode
{
    /// <summary>Both, as configured.</summary>
    On,

    /// <summary>Neither: the provider is called, and its answer is not kept.</summary>
    Off,

    /// <summary>Read only: a kept answer is used, and no new one is kept.</summary>
    ReadOnly,

    /// <summary>Write only: the provider is called, and its answer replaces the kept one.</summary>
    Refresh,
}
