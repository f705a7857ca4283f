using Switchyard.Canonical;

namespace Switchyard.Calls;

/// <summary>The role of a cache in a call's answer.</summary>
public enum CacheOutcome
{
    /// <summary>None: there is no cache, it was switched off for the call, or answers to such a call are not kept.</summary>
    Off,

    /// <summary>It had no answer. The provider's answer is kept if it is complete.</summary>
    Miss,

    /// <summary>It was not read, because the client requested a new answer, which is kept.</summary>
    Refresh,

    /// <summary>It supplied the answer.</summary>
    Hit,

    /// <summary>Another call with the same request was running, and this call got the answer of that one.</summary>
    Shared,

    /// <summary>The client repeated an earlier request under the same <c>Idempotency-Key</c>, and got its first answer.</summary>
    Replay,
}

/// <summary>The role of a cache in one call. Immutable.</summary>
/// <param name="Outcome">The outcome.</param>
public sealed record CacheFacts(CacheOutcome Outcome)
{
    /// <summary>The source of an answer from a cache or another call; null if the call called a provider itself.</summary>
    public AnswerSource? Source { get; init; }

    /// <summary>The age of the answer; null if it is this call's own, or of a call that ran at the same time.</summary>
    public TimeSpan? Age { get; init; }

    /// <summary>Whether the answer came from a cache or another call, so that this call cost nothing.</summary>
    public bool IsFree => Outcome is CacheOutcome.Hit or CacheOutcome.Shared or CacheOutcome.Replay;

    /// <summary>The outcome in the answer's header: <c>hit</c>, <c>miss</c>.</summary>
    public string Word => Outcome switch
    {
        CacheOutcome.Miss => "miss",
        CacheOutcome.Refresh => "refresh",
        CacheOutcome.Hit => "hit",
        CacheOutcome.Shared => "shared",
        CacheOutcome.Replay => "replay",
        _ => "off",
    };
}

/// <summary>The source of a kept answer. Immutable.</summary>
public sealed record AnswerSource
{
    /// <summary>The provider's name.</summary>
    public required string Provider { get; init; }

    /// <summary>The provider's own model id.</summary>
    public required string Model { get; init; }

    /// <summary>The fields that could not be carried to it, or from its answer to the client.</summary>
    public required IReadOnlyList<string> Dropped { get; init; }

    /// <summary>The tokens it reported, which were billed once.</summary>
    public required TokenUsage Usage { get; init; }
}
