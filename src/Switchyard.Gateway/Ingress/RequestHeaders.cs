using Microsoft.AspNetCore.Http;
using Switchyard.Calls;

namespace Switchyard.Gateway.Ingress;

/// <summary>The request headers that Switchyard defines.</summary>
internal static class RequestHeaders
{
    /// <summary>Strict mode for one call: with <c>x-switchyard-strict: true</c> a field that cannot be carried is a 400.</summary>
    public const string Strict = "x-switchyard-strict";

    /// <summary>The tenant the call is made for; null without one.</summary>
    public static string? TenantOf(HttpRequest request) =>
        request.Headers.TryGetValue(AnswerFacts.Tenant, out var value) && value is [{ Length: > 0 } tenant] ? tenant : null;

    public static bool AsksForStrict(HttpRequest request) =>
        request.Headers.TryGetValue(Strict, out var value) && string.Equals(value, "true", StringComparison.OrdinalIgnoreCase);
}
