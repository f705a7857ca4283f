using Switchyard.Canonical;

namespace Switchyard.Calls;

/// <summary>What a cache had to do with a call's answer.</summary>
public enum CacheOutcome
{
    /// <summary>Nothing: there is no cache, it was switched off for the call, or the call is none that is kept.</summary>
    Off,

    /// <summary>It had no answer. What the provider said is kept if it was complete.</summary>
    Miss,

    /// <summary>It was not asked, because the client wanted a new answer, which is kept.</summary>
    Refresh,

    /// <summary>It gave the answer.</summary>
    Hit,

    /// <summary>Another call for the same was running, and this one got that one's answer.</summary>
    Shared,

    /// <summary>The client had sent the request before, under the same <c>Idempotency-Key</c>, and got the answer of that time.</summary>
    Replay,
}

/// <summary>What a cache had to do with one call. Immutable.</summary>
/// <param name="Outcome">In one word.</param>
public sealed record CacheFacts(CacheOutcome Outcome)
{
    /// <summary>Who had given the answer that the call was given; null where the call asked itself.</summary>
    public AnswerSource? Source { get; init; }

    /// <summary>How old the answer is; null where it is of this call, or of one that ran at the same time.</summary>
    public TimeSpan? Age { get; init; }

    /// <summary>Whether the answer came from elsewhere, so that the call cost nothing.</summary>
    public bool IsFree => Outcome is CacheOutcome.Hit or CacheOutcome.Shared or CacheOutcome.Replay;

    /// <summary>The outcome as the answer's header says it: <c>hit</c>, <c>miss</c>.</summary>
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

/// <summary>Who gave an answer that was kept. Immutable.</summary>
/// <param name="Provider">The provider's name.</param>
/// <param name="Model">The provider's own model id.</param>
/// <param name="Dropped">What could not be carried to it, or of its answer to the client.</param>
/// <param name="Usage">The tokens it counted, which were billed once.</param>
public sealed record AnswerSource(string Provider, string Model, IReadOnlyList<string> Dropped, TokenUsage Usage);
