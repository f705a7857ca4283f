using System.Security.Authentication;

namespace Switchyard.Providers.Http;

/// <summary>Describes why a TLS handshake failed, without naming an address.</summary>
internal static class HandshakeFailure
{
    /// <summary>The reason, with a leading colon; empty if unknown.</summary>
    public static string ReasonOf(Exception exception)
    {
        for (var cause = exception.InnerException; cause is not null; cause = cause.InnerException)
        {
            // The outer of two exceptions only refers to the inner one.
            if (cause is AuthenticationException { InnerException: null or not AuthenticationException } failure)
                return ": " + (failure.InnerException?.Message ?? failure.Message).TrimEnd('.');
        }

        return "";
    }
}
