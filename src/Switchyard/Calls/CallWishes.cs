namespace Switchyard.Calls;

/// <summary>What a client wishes for one call, within what the configuration allows. Immutable.</summary>
public sealed record CallWishes
{
    /// <summary>The longest time of one attempt at an answer that is not streamed; null for the configured one, which is never
    /// exceeded.</summary>
    public TimeSpan? Attempt { get; init; }

    /// <summary>The longest time to a stream's first token; null for the configured one, which is never exceeded.</summary>
    public TimeSpan? FirstToken { get; init; }

    /// <summary>How often a target is tried again after a failure that may pass; null for the configured number.</summary>
    public int? Retries { get; init; }
}
