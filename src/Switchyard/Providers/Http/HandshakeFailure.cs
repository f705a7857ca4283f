using System.Security.Authentication;

namespace Switchyard.Providers.Http;

/// <summary>Says why a TLS handshake failed, which names no address.</summary>
internal static class HandshakeFailure
{
    /// <summary>The reason, with a leading colon; empty when it is not known.</summary>
    public static string ReasonOf(Exception exception)
    {
        for (var cause = exception.InnerException; cause is not null; cause = cause.InnerException)
        {
            // The outer one of two says only that the inner one should be seen.
            if (cause is AuthenticationException { InnerException: null or not AuthenticationException } failure)
                return ": " + (failure.InnerException?.Message ?? failure.Message).TrimEnd('.');
        }

        return "";
    }
}
