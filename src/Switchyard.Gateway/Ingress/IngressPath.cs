using Switchyard.Canonical;
using Switchyard.Dialects;

namespace Switchyard.Gateway.Ingress;

/// <summary>One row of the path table.</summary>
/// <param name="Pattern">The route pattern, without a prefix.</param>
/// <param name="Dialect">The dialect of its clients.</param>
/// <param name="Operation">The operation; where <see cref="Read"/> is set, the one it reads counts.</param>
internal sealed record IngressPath(string Pattern, DialectId Dialect, CallOperation Operation)
{
    /// <summary>Whether the body may be a form (<c>multipart/form-data</c>) as well as JSON.</summary>
    public bool TakesForm { get; init; }

    /// <summary>Reads operation, model and stream from the path; null where they are in the body.</summary>
    public Func<Microsoft.AspNetCore.Http.HttpRequest, IngressRequest>? Read { get; init; }
}
