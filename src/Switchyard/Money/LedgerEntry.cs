using Switchyard.Calls;
using Switchyard.Canonical;

namespace Switchyard.Money;

/// <summary>
/// One line of the ledger: the usage and cost of one attempt of a call. Every call has the line of its last attempt (<see cref="Attempt"/>
/// 0); an attempt before it has one only where its provider counted tokens. An answer made in the background has a second line as soon as
/// its usage is known. Immutable.
/// </summary>
/// <remarks>Token counts are recorded. The cost is derived from them and from <see cref="PriceVersion"/>.</remarks>
public sealed record LedgerEntry
{
    /// <summary>
    /// The call's id in the ledger, unique and rising with time. A client cannot choose it, unlike <see cref="RequestId"/>.
    /// </summary>
    public required Guid Call { get; init; }

    /// <summary>
    /// 0 for the attempt that answered or was the last; from 1 for the others that were counted, and for the usage of an answer that the
    /// provider completed in the background, after the call.
    /// </summary>
    public int Attempt { get; init; }

    /// <summary>The call's <c>x-request-id</c>.</summary>
    public required string RequestId { get; init; }

    /// <summary>When the call began.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>The time from the call's start to the end of its answer.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>How the attempt ended.</summary>
    public required LedgerOutcome Outcome { get; init; }

    /// <summary>The client key (<see cref="Caller.Id"/>); null for none.</summary>
    public string? Key { get; init; }

    /// <summary>The tenant the call was made for; null for none.</summary>
    public string? Tenant { get; init; }

    /// <summary>The end user the client named; null for none.</summary>
    public string? EndUser { get; init; }

    /// <summary>The conversation the call belongs to; null if unknown.</summary>
    public string? Session { get; init; }

    /// <summary>The tag the client gave the call; null for none.</summary>
    public string? Tag { get; init; }

    /// <summary>The model as the client named it.</summary>
    public required string Alias { get; init; }

    /// <summary>The provider; empty if the call reached none.</summary>
    public required string Provider { get; init; }

    /// <summary>The provider's own model id; empty if the call reached none.</summary>
    public required string Model { get; init; }

    /// <summary>The operation, in lower case: <c>chat</c>, <c>embedding</c>.</summary>
    public required string Operation { get; init; }

    /// <summary>The token counts; null if unknown.</summary>
    public TokenUsage Usage { get; init; }

    /// <summary>Whether <see cref="Usage"/> is an estimate, because the provider reported none.</summary>
    public bool IsEstimate { get; init; }

    /// <summary>The cost; all 0 unless <see cref="Unpriced"/> is <see cref="Unpriced.None"/>.</summary>
    public TokenCost Cost { get; init; }

    /// <summary>The reason why it has no cost; <see cref="Unpriced.None"/> if it has one.</summary>
    public Unpriced Unpriced { get; init; }

    /// <summary>The price used: its source and date. Null if unknown.</summary>
    public string? PriceVersion { get; init; }

    /// <summary>
    /// The maximum possible cost in nano-dollars, which budgets hold while the outcome is <see cref="LedgerOutcome.Unknown"/>. 0 if it
    /// counts for no budget.
    /// </summary>
    public long WorstCase { get; init; }

    /// <summary>The budgets it counts for, each with its period (<c>total|2026-11-28</c>); empty for none.</summary>
    public IReadOnlyList<string> Budgets { get; init; } = [];
}

/// <summary>How an attempt ended, as the ledger records it. The numbers are stored.</summary>
public enum LedgerOutcome
{
    /// <summary>It began, but the process ended before it did. It holds its worst-case cost in budgets.</summary>
    Unknown = 0,

    /// <summary>The answer was delivered completely.</summary>
    Finished = 1,

    /// <summary>It failed.</summary>
    Failed = 2,

    /// <summary>The client left before the end.</summary>
    Abandoned = 3,

    /// <summary>The answer came from the cache and cost nothing.</summary>
    Cached = 4,

    /// <summary>It was unknown, and its cost was set by an operator, a provider's export or a timeout.</summary>
    Resolved = 5,
}
