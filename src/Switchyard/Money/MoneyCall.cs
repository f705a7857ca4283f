using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Targets;

namespace Switchyard.Money;

/// <summary>What one call has to do with money, from its reservation to its settlement.</summary>
/// <param name="id">The call's id in the ledger.</param>
/// <param name="facts">What it is known by.</param>
/// <param name="startedAt">When it began.</param>
internal sealed class MoneyCall(Guid id, MoneyFacts facts, DateTimeOffset startedAt)
{
    /// <summary>Where it stands on the call.</summary>
    public static readonly SlotKey<MoneyCall> Slot = new();

    /// <summary>What is taken for the context of a model where no catalogue knows it: 200,000 tokens.</summary>
    private const long UnknownContext = 200_000;

    private int _isSettled;
    private TokenBounds? _bounds;

    /// <summary>The call's id in the ledger.</summary>
    public Guid Id => id;

    /// <summary>What it is known by.</summary>
    public MoneyFacts Facts => facts;

    /// <summary>When it began.</summary>
    public DateTimeOffset StartedAt => startedAt;

    /// <summary>What it holds of its budgets; null where it counts for none.</summary>
    public Reservation? Reservation { get; set; }

    /// <summary>How large it can be, as it was when this was first asked: for a budget before it is sent.</summary>
    public TokenBounds BoundsOf(CallBody body) => _bounds ??= TokenBounds.Of(body);

    /// <summary>The limit of its answer that it was given because its budget has room for no more; null for none.</summary>
    public long? Cap { get; set; }

    /// <summary>Whether it is to be settled now: true once.</summary>
    public bool TakeSettlement() => Interlocked.Exchange(ref _isSettled, 1) == 0;

    /// <summary>
    /// The most tokens that its prompt can have at a target. How long what its provider keeps is, nobody here knows; only of an answer that
    /// the same model gave here.
    /// </summary>
    public long MostInput(ModelCall call, Deployment target)
    {
        var bounds = BoundsOf(call.Body);
        if (!bounds.HasMore && AnswerOwners.TokensBefore(call, target.Model) is { } before)
            return bounds.Input + before;
        return bounds.HasMore || call.Envelope.GoesOnFrom is not null
            ? Math.Max(bounds.Input, target.ContextWindow ?? UnknownContext)
            : bounds.Input;
    }

    /// <summary>The most tokens that its answer can have at a target.</summary>
    public long MostOutput(ModelCall call, Deployment target) => OutputBound.OfAll(call, target, Cap, BoundsOf(call.Body));

    /// <summary>The most that uses of its provider's own tools can cost at a target, in nano-dollars.</summary>
    public long MostTools(ModelCall call, Deployment target)
    {
        var bounds = BoundsOf(call.Body);
        return target.Price?.MostForTools((long)bounds.WebSearches * bounds.Choices, (long)bounds.FileSearches * bounds.Choices) ?? 0;
    }

    /// <summary>The most that the call can cost at a target, in nano-dollars; null where that is not known.</summary>
    public long? MostAt(ModelCall call, Deployment target) => MostAt(call, target, MostInput(call, target));

    /// <summary>The most that an attempt can cost, in nano-dollars; null where that is not known.</summary>
    public long? MostOf(ModelCall call, Attempt attempt)
    {
        var target = attempt.Deployment;
        var input = MostInput(call, target);
        // What was said before it broke off is a part of the prompt with which another goes on.
        if (attempt.IsContinuation)
            input += Math.Max(0, TokenBounds.Of(call.Body).Input - BoundsOf(call.Body).Input);
        return MostAt(call, target, input);
    }

    private long? MostAt(ModelCall call, Deployment target, long input)
    {
        // Nobody charges for it, whatever is known of prices.
        if (call.Envelope.Operation == CallOperation.CountTokens)
            return 0;
        var tier = call.Envelope.ServiceTier;
        var most = target.Price?.MostFor(input, MostOutput(call, target), tier)
            // A price of audio or images may be one of the prompt alone.
            ?? (OutputBound.Generates(call.Envelope.Operation) ? null : target.Price?.MostFor(input, 0, tier));
        if (most is not { } ofTokens)
            return null;
        var ofTools = MostTools(call, target);
        return Math.Min(ofTokens, long.MaxValue - ofTools) + ofTools;
    }
}
