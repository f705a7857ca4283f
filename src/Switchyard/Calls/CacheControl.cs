namespace Switchyard.Calls;

/// <summary>The client's cache settings for one call. Immutable.</summary>
public sealed record CacheControl
{
    /// <summary>Whether it is read and written.</summary>
    public required CacheMode Mode { get; init; }

    /// <summary>How long the call's answer is kept; null takes the configured time.</summary>
    public TimeSpan? Ttl { get; init; }
}

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
