using System.Globalization;
using System.Net.Sockets;
using Switchyard.Calls;
using Switchyard.Network;
using Switchyard.Providers.Http;

namespace Switchyard.Egress.Exchange;

/// <summary>
/// Maps an exception while sending or reading to a <see cref="CallError"/>, and finishes what a dialect made of a provider's error. The
/// messages name the provider, and hold no address and no secret.
/// </summary>
internal static class UpstreamFailure
{
    private const string Unnamed = "The provider";

    /// <param name="exception">What was thrown.</param>
    /// <param name="call">The call.</param>
    /// <param name="provider">The provider's name.</param>
    /// <param name="clock">The attempt's timeouts.</param>
    /// <param name="isOpenStream">Whether it happened in a stream that was open already, so that it breaks off an answer.</param>
    public static CallError Explain(Exception exception, ModelCall call, string provider, AttemptClock clock, bool isOpenStream = false)
    {
        if (exception is CallException known)
            return call.Snapshot.Secrets.Redact(known.Error with { Provider = known.Error.Provider ?? provider });
        if (EgressBlockedException.FindIn(exception) is { } blocked)
            return blocked.ToError() with { Provider = provider };
        if (clock.Expired == ClockPhase.Stopped)
        {
            return new(CallErrorKind.ShuttingDown, "The gateway is being stopped, before the answer was complete. Ask again.")
            {
                Provider = provider,
                Cause = exception,
            };
        }

        if (clock.Expired == ClockPhase.Ended && call.EndedWith is { } ended)
            return ended with { Provider = provider, Cause = exception };
        if (clock.Expired is { } phase)
            return TimedOut(provider, phase, clock.ExpiredLimit, exception);
        if (clock.IsAborted || call.Aborted.IsCancellationRequested)
            return NotNeeded(call) with { Provider = provider, Cause = exception };
        return OfTransport(exception, provider, isOpenStream);
    }

    /// <summary>The error of an exception that is neither our timeout nor caused by a client that left.</summary>
    /// <param name="exception">What was thrown.</param>
    /// <param name="provider">The provider's name.</param>
    /// <param name="isOpenStream">Whether it breaks off a stream that was open already.</param>
    public static CallError OfTransport(Exception exception, string provider, bool isOpenStream) => exception switch
    {
        // SocketsHttpHandler reports its connect timeout as a cancellation, although no token was cancelled.
        OperationCanceledException or TimeoutException => new(
            CallErrorKind.UpstreamTimeout, $"No connection to {provider} within the connect timeout (timeouts.connect).")
        {
            Provider = provider,
            Cause = exception,
        },
        OutOfMemoryException => CallError.Unexpected(exception),
        HttpRequestException or IOException or InvalidDataException when isOpenStream => new(
            CallErrorKind.StreamInterrupted, $"{provider} broke off its stream before the answer was complete.")
        {
            Provider = provider,
            Cause = exception,
        },
        HttpRequestException http => Unavailable(provider, http.HttpRequestError, http),
        HttpIOException io => Unavailable(provider, io.HttpRequestError, io),
        IOException => Unavailable($"{provider} broke off its answer.", provider, exception),
        // Thrown by the decoders of compressed answers.
        InvalidDataException => Unavailable($"{provider}'s answer is cut off, or not valid in its Content-Encoding.", provider, exception),
        _ => CallError.Unexpected(exception) with { Provider = provider },
    };

    /// <summary>The error if the answer is no longer needed.</summary>
    public static CallError NotNeeded(ModelCall call) => call.Aborted.IsCancellationRequested
        ? CallError.ClientLeft(cause: null)
        : new CallError(CallErrorKind.Canceled, "Another target answered first, or took over.");

    /// <summary>A dialect's error, with the provider named and secrets masked. Every error of a provider passes here.</summary>
    public static CallError Finish(CallError error, ModelCall call, string provider) => call.Snapshot.Secrets.Redact(
        error with { Message = Named(error, provider), Provider = error.Provider ?? provider });

    /// <summary>
    /// The message, which names the provider if it is at fault. A refused request keeps only the provider's own words: clients compare
    /// them, and the fault is in the request.
    /// </summary>
    private static string Named(CallError error, string provider)
    {
        var message = error.Message;
        if (message.StartsWith(Unnamed, StringComparison.Ordinal))
            return string.Concat(provider, message.AsSpan(Unnamed.Length));
        var isTheProviders = error.Kind is CallErrorKind.UpstreamUnavailable or CallErrorKind.UpstreamTimeout
            or CallErrorKind.UpstreamRateLimited or CallErrorKind.StreamInterrupted;
        return isTheProviders && !message.Contains(provider, StringComparison.OrdinalIgnoreCase) ? $"{provider}: {message}" : message;
    }

    private static CallError Unavailable(string provider, HttpRequestError error, Exception cause)
    {
        var message = error switch
        {
            HttpRequestError.NameResolutionError => $"Failed to connect to {provider}: its host name could not be resolved.",
            HttpRequestError.ConnectionError => $"Failed to connect to {provider}: the connection was refused or could not be made.",
            HttpRequestError.SecureConnectionError =>
                $"Failed to connect to {provider}: the TLS handshake failed{HandshakeFailure.ReasonOf(cause)}.",
            // The status is only in the text.
            HttpRequestError.ProxyTunnelError when cause.Message.Contains("407", StringComparison.Ordinal) =>
                $"Failed to connect to {provider}: the proxy wants a name and a password, or refused those in its address.",
            HttpRequestError.ProxyTunnelError => $"Failed to connect to {provider}: the proxy refused the connection.",
            HttpRequestError.ResponseEnded => $"{provider} closed the connection before its answer was complete.",
            HttpRequestError.InvalidResponse or HttpRequestError.HttpProtocolError => $"{provider} answered something that is not HTTP.",
            HttpRequestError.ConfigurationLimitExceeded => $"{provider} exceeded a limit of the protocol in its answer.",
            _ => cause.InnerException is IOException or SocketException
                ? $"{provider} closed the connection before its answer was complete."
                : $"The request to {provider} could not be sent.",
        };
        return Unavailable(message, provider, cause);
    }

    private static CallError Unavailable(string message, string provider, Exception cause) =>
        new(CallErrorKind.UpstreamUnavailable, message) { Provider = provider, Cause = cause };

    private static CallError TimedOut(string provider, ClockPhase phase, TimeSpan limit, Exception cause)
    {
        var seconds = limit.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture);
        var message = phase switch
        {
            ClockPhase.FirstToken => $"{provider} request timeout: no first token within {seconds} s (timeouts.first_token).",
            ClockPhase.Attempt => $"{provider} request timeout: no whole answer within {seconds} s (timeouts.attempt).",
            ClockPhase.Wished => $"{provider} request timeout: no answer within {seconds} s, which the client set for this call.",
            ClockPhase.Share => $"{provider} request timeout: no answer within {seconds} s, "
                + "half of what was left of timeouts.total; the other half is for the next target.",
            ClockPhase.Idle => $"{provider} request timeout: silent for {seconds} s in the middle of its answer (timeouts.idle).",
            _ => $"{provider} request timeout: not finished within {seconds} s (timeouts.total).",
        };
        return new(CallErrorKind.UpstreamTimeout, message) { Provider = provider, Cause = cause };
    }
}
