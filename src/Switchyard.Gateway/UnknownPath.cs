using Microsoft.AspNetCore.Http;
using Switchyard.Calls;
using Switchyard.Common;
using Switchyard.Dialects;
using Switchyard.Gateway.Ingress;
using Switchyard.Gateway.Models;

namespace Switchyard.Gateway;

/// <summary>
/// Answers a request that no endpoint serves with a 404 and a hint: most often the base URL lacks <c>/v1</c>, or the method is wrong.
/// </summary>
internal sealed class UnknownPath(DialectSet dialects)
{
    public Task AnswerAsync(HttpContext http)
    {
        var (method, path) = (http.Request.Method, http.Request.Path.Value ?? "/");
        var hint = MethodOf(path) is { } allowed ? $"This path answers {allowed}."
            : MethodOf("/v1" + path) is not null ? $"Did you mean /v1{path}? A client's base URL ends in /v1."
            : "The paths served are listed in the README.";
        var error = new CallError(
            CallErrorKind.ModelNotFound, $"Unknown request: {HeaderText.Clean(method)} {Sanitizer.Clean(path)}. {hint}")
        {
            Code = "unknown_url",
        };
        var dialect = dialects.Ingress(IngressEndpoints.DialectOfUnknown(http.Request));
        return IngressResponseWriter.WriteErrorAsync(http, ModelCall.NewId(), error, dialect, StatusCodes.Status404NotFound);
    }

    /// <summary>The method that a path serves; null when it is not served.</summary>
    private static string? MethodOf(string path) =>
        IngressEndpoints.IsCall(path) ? "POST" : ModelPaths.IsList(path) ? "GET" : null;
}
