using Microsoft.AspNetCore.Http;
using Switchyard.Calls;

namespace Switchyard.Gateway.Ingress;

/// <summary>Loop detection: rejects a request that this process sent itself, because a provider's base URL points back at it.</summary>
internal static class LoopGuard
{
    public static void Check(HttpRequest request)
    {
        if (request.Headers.TryGetValue(Hop.Header, out var hop) && hop == Hop.Id)
        {
            throw new CallException(
                CallErrorKind.LoopDetected,
                "This gateway sent the request to itself: a provider's base_url leads back here. Correct that base_url.");
        }
    }
}
