using Switchyard.Calls;

namespace Switchyard.Dialects.Json;

/// <summary>What is wrong with an answer that is no error of the provider's and no answer either, in one wording for every dialect.</summary>
internal static class AnswerErrors
{
    /// <summary>An answer that says nothing.</summary>
    /// <param name="reason">The provider's own word for why; null when it gave none.</param>
    public static CallException Empty(string? reason = null) => new(
        CallErrorKind.UpstreamUnavailable,
        reason is null ? "Provider returned an empty response" : $"Provider returned an empty response ({reason})");

    /// <summary>A count of tokens without one.</summary>
    public static CallException NoTokenCount() => new(CallErrorKind.UpstreamUnavailable, "The provider's answer holds no token count.");

    /// <summary>
    /// A whole answer some member of which has the wrong type. The readers are shared with requests, where a wrong shape is the client's fault.
    /// Here it is the provider's.
    /// </summary>
    public static CallException MalformedAnswer(CallException problem) => new(new CallError(
        CallErrorKind.UpstreamUnavailable, "The provider's answer has an unexpected shape. " + problem.Message) { Cause = problem });

    /// <summary>An event some member of which has the wrong type.</summary>
    public static CallError MalformedEvent(CallException problem) => new(
        CallErrorKind.UpstreamUnavailable, "The provider sent a stream event of an unexpected shape. " + problem.Message) { Cause = problem };

    /// <summary>An event that cannot be read at all; what is named an error is one, whatever it holds.</summary>
    public static CallError UnreadableEvent(Exception? problem = null, bool isErrorEvent = false) => new(
        CallErrorKind.UpstreamUnavailable,
        isErrorEvent ? "The provider reported an error in its stream." : "The provider sent a stream event that is not JSON.") { Cause = problem };

    /// <summary>A stream that closed before its answer was whole.</summary>
    public static CallError Interrupted() => new(CallErrorKind.StreamInterrupted, "The provider's stream ended before its answer was complete.");
}
