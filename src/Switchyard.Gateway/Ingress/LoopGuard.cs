using Microsoft.AspNetCore.Http;
using Switchyard.Calls;

namespace Switchyard.Gateway.Ingress;

/// <summary>
/// Loop detection: rejects a request that this gateway, or another copy of it, has passed on before, because a base URL points back here.
/// </summary>
internal static class LoopGuard
{
    /// <summary>Checks the request.</summary>
    /// <returns>The ids of the gateways it has passed, to be passed on; null if there are none, as for a client's own request.</returns>
    public static string? Check(HttpRequest request, CallSnapshot snapshot)
    {
        if (!request.Headers.TryGetValue(Hop.Header, out var values))
            return null;
        var ids = values.ToString();
        return Hop.IsLoop(ids, snapshot.HopId)
            ? throw new CallException(
                CallErrorKind.LoopDetected,
                "The request has passed this gateway before: a provider's base_url leads back here. Correct that base_url; where two "
                    + "gateways with the same configuration are meant to follow each other, give each a server.id of its own.")
            : HeaderText.Clean(ids);
    }
}
