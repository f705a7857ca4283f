using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Common;

namespace Switchyard.Experiments;

/// <summary>
/// Adds the end of a call, and its caller's later score, to the variant it was assigned. Bounded in memory and in time. Thread-safe.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class ExperimentOutcomes(TimeProvider time)
{
    /// <summary>How long a call can be rated.</summary>
    public static readonly TimeSpan RatedFor = TimeSpan.FromHours(24);

    /// <summary>The memory for calls that can be rated: about 20,000 of the last ones.</summary>
    private const long MaxBytes = 8 * 1024 * 1024;

    private const long EntryBytes = 400;

    private static readonly SlotKey<VariantState> s_variant = new();
    private static readonly SlotKey<VariantState> s_side = new();

    private readonly BoundedStore<RatedCall> _rated = new(MaxBytes, RatedFor, time);

    /// <summary>Records that a call was assigned to a variant.</summary>
    public void Expect(ModelCall call, VariantState variant)
    {
        call.Set(s_variant, variant);
        // Stored at the start, not at the end: a client may rate an answer as soon as it has read it.
        _rated.Set(KeyOf(call.Caller, call.Id), new RatedCall(variant), EntryBytes);
    }

    /// <summary>Records that a call is one side of a comparison with a shadow.</summary>
    public static void ExpectSide(ModelCall call, VariantState side) => call.Set(s_side, side);

    /// <summary>Records the end of a call, if it is part of a comparison.</summary>
    public static void Note(ModelCall call, CallResponse response)
    {
        if (call.Attempt is not { } last)
            return;
        // A cheaper model that a budget chose says nothing about the variant that it replaced.
        if (call.Get(s_variant) is { } variant && call.Cheaper is null)
            variant.Note(call, OutcomeOf(response, call.Route!.Groups[0].Deployments.Contains(last.Deployment)), CostOf(last));
        // The alias is one side including its fallbacks: any answer to its clients counts.
        if (call.Get(s_side) is { } side)
            side.Note(call, OutcomeOf(response, isOwn: true), CostOf(last));
    }

    /// <summary>Records a caller's score of one of its own calls. A second one replaces the first.</summary>
    /// <returns>The variant, as <c>experiment=variant</c>; null if no such call of this caller is known.</returns>
    public string? Rate(Caller caller, string requestId, double score)
    {
        if (!_rated.TryGet(KeyOf(caller, requestId), out var call))
            return null;
        lock (call)
        {
            call.Variant.Rate(score, call.Score);
            call.Score = score;
        }

        return call.Variant.Label;
    }

    private static VariantOutcome OutcomeOf(CallResponse response, bool isOwn) =>
        response.Error is { Kind: CallErrorKind.Canceled } || (response.Error is null && !response.IsComplete) ? VariantOutcome.Abandoned
        : response.Error is null && isOwn ? VariantOutcome.Answered
        : VariantOutcome.Failed;

    // The caller is part of the key: a caller cannot rate another's call, or learn that it exists.
    private static string KeyOf(Caller caller, string requestId) => $"{caller.Id}\n{requestId}";

    private static double? CostOf(Attempt attempt)
    {
        if (attempt.Price is not { } price)
            return null;
        var cost = price.CostOf(attempt.Usage, out var why);
        return why == Unpriced.None ? (double)cost.Dollars : null;
    }

    private sealed class RatedCall(VariantState variant)
    {
        public VariantState Variant { get; } = variant;

        public double? Score { get; set; }
    }
}

/// <summary>Records the end of each call if the configuration has comparisons, and passes all events on.</summary>
internal sealed class OutcomeObserver(ICallObserver inner) : ICallObserver
{
    public void OnAttemptEnded(ModelCall call, Attempt attempt) => inner.OnAttemptEnded(call, attempt);

    public void OnCallEnded(ModelCall call, CallResponse response)
    {
        ExperimentOutcomes.Note(call, response);
        inner.OnCallEnded(call, response);
    }
}
