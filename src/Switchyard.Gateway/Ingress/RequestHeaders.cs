using Microsoft.AspNetCore.Http;

namespace Switchyard.Gateway.Ingress;

/// <summary>The request headers of our own.</summary>
internal static class RequestHeaders
{
    /// <summary><c>x-switchyard-strict: true</c> turns a field that cannot be carried into a 400, for this call.</summary>
    public const string Strict = "x-switchyard-strict";

    public static bool AsksForStrict(HttpRequest request) =>
        request.Headers.TryGetValue(Strict, out var value) && string.Equals(value, "true", StringComparison.OrdinalIgnoreCase);
}
