using System.Globalization;
using Switchyard.Calls;
using Switchyard.Providers.Http;

namespace Switchyard.Egress.Exchange;

/// <summary>Maps an exception while sending or reading to a <see cref="CallError"/>. The messages hold no address.</summary>
internal static class UpstreamFailure
{
    public static CallError Explain(Exception exception, ModelCall call, string provider, AttemptClock? clock)
    {
        if (exception is CallException known)
            return known.Error with { Provider = known.Error.Provider ?? provider };
        if (clock?.Expired == ClockPhase.Stopped)
        {
            return new(CallErrorKind.ShuttingDown, "The gateway is being stopped, before the answer was complete. Ask again.")
            {
                Provider = provider,
                Cause = exception,
            };
        }

        if (clock?.Expired is { } phase)
            return TimedOut(provider, phase, clock.ExpiredLimit, exception);
        if (call.Aborted.IsCancellationRequested)
            return new(CallErrorKind.Canceled, "The client went away.") { Provider = provider, Cause = exception };
        return exception switch
        {
            // SocketsHttpHandler reports its connect timeout as a cancellation, although no token was cancelled.
            OperationCanceledException or TimeoutException => new(
                CallErrorKind.UpstreamTimeout, $"No connection to {provider} within the connect timeout (timeouts.connect).")
            {
                Provider = provider,
                Cause = exception,
            },
            HttpRequestException http => Unavailable(provider, Reason(http.HttpRequestError, http), exception),
            HttpIOException io => Unavailable(provider, Reason(io.HttpRequestError, io), exception),
            OutOfMemoryException => CallError.OutOfMemory(exception),
            IOException or InvalidDataException => Unavailable(provider, "it broke off its answer", exception),
            _ => new(CallErrorKind.Internal, "The gateway failed to handle the request.") { Provider = provider, Cause = exception },
        };
    }

    private static CallError Unavailable(string provider, string reason, Exception cause) =>
        new(CallErrorKind.UpstreamUnavailable, $"Failed to connect to {provider}: {reason}.") { Provider = provider, Cause = cause };

    private static CallError TimedOut(string provider, ClockPhase phase, TimeSpan limit, Exception cause)
    {
        var seconds = limit.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture);
        var message = phase switch
        {
            ClockPhase.FirstToken => $"{provider} request timeout: no first token within {seconds} s (timeouts.first_token).",
            ClockPhase.Attempt => $"{provider} request timeout: no whole answer within {seconds} s (timeouts.attempt).",
            ClockPhase.Share => $"{provider} request timeout: no answer within {seconds} s, "
                + "half of what was left of timeouts.total; the other half is for the next target.",
            ClockPhase.Idle => $"{provider} request timeout: silent for {seconds} s in the middle of its answer (timeouts.idle).",
            _ => $"{provider} request timeout: not finished within {seconds} s (timeouts.total).",
        };
        return new(CallErrorKind.UpstreamTimeout, message) { Provider = provider, Cause = cause };
    }

    private static string Reason(HttpRequestError error, Exception exception) => error switch
    {
        HttpRequestError.NameResolutionError => "its host name could not be resolved",
        HttpRequestError.ConnectionError => "the connection was refused or could not be made",
        HttpRequestError.SecureConnectionError => "the TLS handshake failed" + HandshakeFailure.ReasonOf(exception),
        HttpRequestError.ProxyTunnelError => "the proxy refused the connection",
        HttpRequestError.ResponseEnded => "it closed the connection before its answer was complete",
        HttpRequestError.InvalidResponse or HttpRequestError.HttpProtocolError => "it answered something that is not HTTP",
        HttpRequestError.ConfigurationLimitExceeded => "its answer exceeded a protocol limit",
        _ => exception.InnerException is IOException or System.Net.Sockets.SocketException
            ? "it closed the connection before its answer was complete"
            : "the request could not be sent",
    };
}
