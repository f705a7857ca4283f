using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Money.Bounds;
using Switchyard.Targets;

namespace Switchyard.Money;

/// <summary>The money state of one call, from its reservation to its settlement.</summary>
/// <param name="id">The call's id in the ledger.</param>
/// <param name="facts">The facts that identify it.</param>
/// <param name="startedAt">When it began.</param>
internal sealed class MoneyCall(Guid id, MoneyFacts facts, DateTimeOffset startedAt)
{
    /// <summary>The slot of the call.</summary>
    public static readonly SlotKey<MoneyCall> Slot = new();

    /// <summary>The assumed context of a model that no catalogue lists: 200,000 tokens.</summary>
    private const long UnknownContext = 200_000;

    /// <summary>
    /// The largest hold: a million dollars, more than any call costs. A client may name a limit that no model has, and what a budget holds
    /// must not overflow.
    /// </summary>
    private const long LargestHold = 1_000_000 * TokenCost.NanoPerDollar;

    private int _isSettled;
    private TokenBounds? _bounds;

    /// <summary>The call's id in the ledger.</summary>
    public Guid Id => id;

    /// <summary>The facts that identify it.</summary>
    public MoneyFacts Facts => facts;

    /// <summary>When it began.</summary>
    public DateTimeOffset StartedAt => startedAt;

    /// <summary>Its reservation in its budgets; null if it counts for none.</summary>
    public Reservation? Reservation { get; set; }

    /// <summary>The bounds of its tokens, computed once: for a budget before it is sent.</summary>
    public TokenBounds BoundsOf(CallBody body) => _bounds ??= TokenBounds.Of(body);

    /// <summary>The output limit set because its budget has no room for more; null if none.</summary>
    public long? Cap { get; set; }

    /// <summary>Claims the settlement: true only the first time.</summary>
    public bool TakeSettlement() => Interlocked.Exchange(ref _isSettled, 1) == 0;

    /// <summary>
    /// The maximum number of prompt tokens at a target, of all requests to a model that its provider may make for the call.
    /// </summary>
    public long MostInput(ModelCall call, Deployment target) => BoundsOf(call.Body).OfAllRequests(PromptAt(call, target));

    /// <summary>The maximum number of answer tokens at a target.</summary>
    public long MostOutput(ModelCall call, Deployment target) => OutputBound.OfAll(call, target, Cap, BoundsOf(call.Body));

    /// <summary>The maximum cost of the provider's own tools at a target, in nano-dollars.</summary>
    public long MostTools(ModelCall call, Deployment target)
    {
        var bounds = BoundsOf(call.Body);
        return target.Price?.MostForTools((long)bounds.WebSearches * bounds.Choices, (long)bounds.FileSearches * bounds.Choices) ?? 0;
    }

    /// <summary>The maximum cost of the call at a target, in nano-dollars; null if unknown.</summary>
    public long? MostAt(ModelCall call, Deployment target) => MostAt(call, target, MostInput(call, target));

    /// <summary>The maximum cost of an attempt, in nano-dollars; null if unknown.</summary>
    public long? MostOf(ModelCall call, Attempt attempt)
    {
        var target = attempt.Deployment;
        var prompt = PromptAt(call, target);
        // The text received before the break is part of the continuation's prompt.
        if (attempt.IsContinuation)
            prompt += Math.Max(0, TokenBounds.Of(call.Body).Input - BoundsOf(call.Body).Input);
        return MostAt(call, target, BoundsOf(call.Body).OfAllRequests(prompt));
    }

    /// <summary>
    /// The maximum length of one prompt. The length of content stored at the provider is unknown, except for an answer that the same model
    /// gave through this gateway.
    /// </summary>
    private long PromptAt(ModelCall call, Deployment target)
    {
        var bounds = BoundsOf(call.Body);
        if (!bounds.HasMore && AnswerOwners.TokensBefore(call, target.Model) is { } before)
            return bounds.Input + before;
        return bounds.HasMore || call.Envelope.ContinuedId is not null
            ? Math.Max(bounds.Input, target.ContextWindow ?? UnknownContext)
            : bounds.Input;
    }

    private long? MostAt(ModelCall call, Deployment target, long input)
    {
        // No provider charges for it, even without a known price.
        if (call.Envelope.Operation == CallOperation.CountTokens)
            return 0;
        var tier = call.Envelope.ServiceTier;
        var most = target.Price?.MostFor(input, MostOutput(call, target), tier)
            // A price of audio or images may cover only the prompt.
            ?? (OutputBound.Generates(call.Envelope.Operation) ? null : target.Price?.MostFor(input, 0, tier));
        if (most is not { } ofTokens)
            return null;
        var ofTools = MostTools(call, target);
        return Math.Min(Math.Min(ofTokens, long.MaxValue - ofTools) + ofTools, LargestHold);
    }
}
