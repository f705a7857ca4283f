using Microsoft.AspNetCore.Http;

namespace Switchyard.Gateway.Ingress;

/// <summary>Reads a value from the path of a request.</summary>
internal static class PathValue
{
    /// <summary>The value of a route parameter, unescaped; empty if the path has none.</summary>
    // Kestrel unescapes a path except for %2F, with which clients write the slash of provider/model.
    public static string Of(HttpRequest request, string parameter) =>
        (request.RouteValues[parameter] as string ?? "").Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
}
