using Switchyard.Calls;
using Switchyard.Pipeline;

namespace Switchyard.Caching;

/// <summary>
/// Reads an answer to its end when its client has left, where the provider bills all of it anyway (<c>on_disconnect: drain</c>): the usage
/// is in its last bytes, and without them the ledger has an estimate. It is in the pipeline only where money is counted. Thread-safe.
/// </summary>
/// <param name="answers">Runs a call apart from its client.</param>
internal sealed class DrainMiddleware(SharedAnswers answers) : ICallMiddleware
{
    /// <summary>
    /// How much of an answer may lie between the provider and a client that reads slowly, 256 KiB. What is read for nobody is not held.
    /// </summary>
    private static readonly FlightTerms s_terms = new(TimeSpan.Zero, MaxBytes: 256 * 1024, GoesOnAlone: false);

    public ValueTask<CallResponse> InvokeAsync(ModelCall call, CallHandler next) =>
        // A call that others may share is apart from its client already, and does the same.
        call.Route!.MayDrain && call.Get(CallMarks.Carried) is null ? answers.AnswerAloneAsync(call, next, s_terms) : next(call);
}
