using Switchyard.Calls;

namespace Switchyard.Attempts;

/// <summary>The result of trying a candidate, and perhaps another one beside it (a hedge).</summary>
/// <param name="Response">The open answer, or the last failure.</param>
/// <param name="IsFinal">Whether nothing is tried after it: it is open, or its failure ends the call.</param>
/// <param name="Hedges">The number of further targets that were called.</param>
internal readonly record struct CandidateTry(CallResponse Response, bool IsFinal, int Hedges)
{
    /// <summary>The result of a candidate's try. A failure is recorded on the candidate.</summary>
    public static CandidateTry Of(ModelCall call, Candidates candidates, int index, CallResponse response) => new(
        response,
        response.Error is not { } error || !AfterFailure.Record(call, error, ref candidates.All[index], candidates),
        Hedges: 0);
}
