namespace Switchyard.Calls;

/// <summary>A client's settings for one call, within the bounds of the configuration. Immutable.</summary>
public sealed record CallWishes
{
    /// <summary>
    /// The longest time of one attempt at an answer that is not streamed; null for the configured one, which is the upper bound.
    /// </summary>
    public TimeSpan? Attempt { get; init; }

    /// <summary>The longest time to a stream's first token; null for the configured one, which is the upper bound.</summary>
    public TimeSpan? FirstToken { get; init; }

    /// <summary>The number of retries of a target after a transient failure; null for the configured number.</summary>
    public int? Retries { get; init; }
}
