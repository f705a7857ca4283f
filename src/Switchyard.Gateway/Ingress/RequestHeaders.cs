using Microsoft.AspNetCore.Http;

namespace Switchyard.Gateway.Ingress;

/// <summary>The request headers that Switchyard defines.</summary>
internal static class RequestHeaders
{
    /// <summary>Strict mode for one call: with <c>x-switchyard-strict: true</c> a field that cannot be carried is a 400.</summary>
    public const string Strict = "x-switchyard-strict";

    public static bool AsksForStrict(HttpRequest request) =>
        request.Headers.TryGetValue(Strict, out var value) && string.Equals(value, "true", StringComparison.OrdinalIgnoreCase);
}
