using Switchyard.Calls;
using Switchyard.Pipeline;

namespace Switchyard.Caching;

/// <summary>
/// Reads an answer to its end after its client has left, if the provider bills all of it anyway: with <c>on_disconnect: drain</c>, and the
/// stream of an answer that is made in the background. The usage is in its last bytes, and without them the ledger has an estimate. It is
/// in the pipeline only if money is counted. Thread-safe.
/// </summary>
/// <param name="answers">Runs a call independently of its client.</param>
internal sealed class DrainMiddleware(SharedAnswers answers) : ICallMiddleware
{
    /// <summary>
    /// The most bytes of an answer that are held for a slow client, 256 KiB. Bytes that are read after the client left are not held.
    /// </summary>
    private static readonly FlightTerms s_terms = new(TimeSpan.Zero, MaxBytes: 256 * 1024, GoesOnAlone: false);

    public ValueTask<CallResponse> InvokeAsync(ModelCall call, CallHandler next) =>
        // A call that others may share already runs independently of its client, and does the same.
        (call.Route!.MayDrain || Flight.GoesOnWithoutClient(call)) && call.Get(CallMarks.SharedWork) is null
            ? answers.AnswerAloneAsync(call, next, s_terms)
            : next(call);
}
