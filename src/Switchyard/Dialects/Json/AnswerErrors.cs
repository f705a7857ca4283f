using Switchyard.Calls;
using Switchyard.Canonical;

namespace Switchyard.Dialects.Json;

/// <summary>The errors for answers with a success status that cannot be used, in one wording for every dialect.</summary>
internal static class AnswerErrors
{
    // A target that answered with an unusable success would do so again: with this status it is not retried.
    private const int Success = 200;

    /// <summary>An answer without content.</summary>
    /// <param name="reason">The provider's finish reason; null if it gave none.</param>
    public static CallException Empty(string? reason = null) => new(new CallError(
        CallErrorKind.UpstreamUnavailable,
        reason is null ? "Provider returned an empty response" : $"Provider returned an empty response ({reason})")
    {
        UpstreamStatus = Success,
    });

    /// <summary>
    /// The error of an answer that holds fewer vectors than texts were sent; null if none is missing. Clients assign vectors by order, so
    /// they would get vectors of other texts.
    /// </summary>
    /// <param name="given">How many it holds.</param>
    /// <param name="asked">How many texts were sent.</param>
    public static CallException? MissingVectors(int given, int asked) => given >= asked ? null
        : given == 0 ? Empty()
        : new(new CallError(
            CallErrorKind.UpstreamUnavailable, $"The provider's answer holds {given} of {asked} embeddings.") { UpstreamStatus = Success });

    /// <summary>
    /// The error of a ranking that names a document which was not sent; null if it names none. Clients look the documents up by position.
    /// </summary>
    /// <param name="results">The ranking.</param>
    /// <param name="sent">How many documents were sent.</param>
    public static CallException? UnknownDocument(IReadOnlyList<RerankResult> results, int sent)
    {
        foreach (var result in results)
        {
            if (result.Index < sent)
                continue;
            return new(new CallError(
                CallErrorKind.UpstreamUnavailable, $"The provider's answer ranks a document {result.Index} of {sent}, counted from 0.")
            {
                UpstreamStatus = Success,
            });
        }

        return null;
    }

    /// <summary>A token count answer without a number.</summary>
    public static CallException NoTokenCount() =>
        new(new CallError(CallErrorKind.UpstreamUnavailable, "The provider's answer holds no token count.") { UpstreamStatus = Success });

    /// <summary>
    /// A whole answer with a member of the wrong type. The readers are shared with requests, where that is the client's fault; here it is
    /// the provider's.
    /// </summary>
    public static CallException MalformedAnswer(CallException problem) => new(new CallError(
        CallErrorKind.UpstreamUnavailable, "The provider's answer has an unexpected shape. " + problem.Message)
    {
        Cause = problem,
        UpstreamStatus = Success,
    });

    /// <summary>A stream event with a member of the wrong type. An error that already is the provider's is kept.</summary>
    public static CallError MalformedEvent(CallException problem) => problem.Error.Kind != CallErrorKind.InvalidRequest
        ? problem.Error
        : new(
            CallErrorKind.UpstreamUnavailable,
            "The provider sent a stream event of an unexpected shape. " + problem.Message) { Cause = problem };

    /// <summary>A stream event that is not JSON. One that is named <c>error</c> still counts as a reported error.</summary>
    public static CallError UnreadableEvent(Exception? problem = null, bool isErrorEvent = false) => new(
        CallErrorKind.UpstreamUnavailable,
        isErrorEvent
            ? "The provider reported an error in its stream."
            : "The provider sent a stream event that is not JSON.") { Cause = problem };

    /// <summary>A stream that closed before its answer was complete.</summary>
    public static CallError Interrupted() =>
        new(CallErrorKind.StreamInterrupted, "The provider's stream ended before its answer was complete.");
}
