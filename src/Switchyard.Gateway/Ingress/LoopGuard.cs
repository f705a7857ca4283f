using Microsoft.AspNetCore.Http;
using Switchyard.Calls;

namespace Switchyard.Gateway.Ingress;

/// <summary>Refuses a request that this very process sent: one of its providers points back at it.</summary>
internal static class LoopGuard
{
    public static void Check(HttpRequest request)
    {
        if (request.Headers.TryGetValue(Hop.Header, out var hop) && hop == Hop.Id)
        {
            throw new CallException(
                CallErrorKind.LoopDetected, "This gateway sent the request to itself: a provider's base_url leads back here. Correct that base_url.");
        }
    }
}
