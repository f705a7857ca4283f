using Switchyard.Canonical;
using Switchyard.Dialects;

namespace Switchyard.Gateway.Ingress;

/// <summary>One row of the path table.</summary>
/// <param name="Pattern">The route pattern, without a prefix.</param>
/// <param name="Dialect">The format spoken there.</param>
/// <param name="Operation">What it asks for.</param>
internal sealed record IngressPath(string Pattern, DialectId Dialect, CallOperation Operation)
{
    /// <summary>Whether the request may come as a form as well as JSON.</summary>
    public bool TakesForm { get; init; }

    /// <summary>Reads what the path itself says of the request; null where it says nothing but the operation.</summary>
    public Func<Microsoft.AspNetCore.Http.HttpRequest, IngressRequest>? Read { get; init; }
}
