using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;
using Switchyard.Calls;
using Switchyard.Common;
using Switchyard.Dialects;
using Switchyard.Engine;
using Switchyard.Gateway.Admin;
using Switchyard.Gateway.Ingress;
using Switchyard.Gateway.Models;
using Switchyard.Gateway.Security;
using Switchyard.Identity;

namespace Switchyard.Gateway;

/// <summary>
/// Answers a request that no endpoint serves: a 405 if the path takes another method, else a 404 with a hint. Most often the base URL
/// lacks <c>/v1</c>, or names it twice.
/// </summary>
internal sealed class UnknownPath(SwitchyardEngine engine, DialectSet dialects, Refusals refusals, AdminAdmission admission)
{
    /// <summary>More parts than any served path has. A client's path may have thousands; only the last ones are compared.</summary>
    private const int MostParts = 8;

    public async Task AnswerAsync(HttpContext http)
    {
        var path = http.Request.Path.Value ?? "/";
        var allowed = await AllowedAsync(http, path);
        if (AdminPath.IsOwn(http.Request.Path))
        {
            var isElsewhere = engine.Snapshot.Section(AdminAccess.Section) is { } access && !admission.IsAtItsAddress(http, access);
            await (allowed is null || isElsewhere
                ? AdminException.Unknown(http)
                : AdminException.WrongMethod(http, allowed)).WriteAsync(http);
            return;
        }

        if (allowed is not null)
        {
            await RefuseMethodAsync(http, allowed);
            return;
        }

        var method = HeaderText.Clean(http.Request.Method);
        var error = new CallError(
            CallErrorKind.ModelNotFound, $"Unknown request: {method} {Sanitizer.Clean(path)}. {Hint(path)}")
        {
            Code = "unknown_url",
        };
        await refusals.WriteAsync(http, error, DialectOf(http), StatusCodes.Status404NotFound);
    }

    /// <summary>Answers a request whose method is not one of those that its path answers.</summary>
    /// <param name="http">The request.</param>
    /// <param name="allowed">The methods that the path answers.</param>
    public Task RefuseMethodAsync(HttpContext http, string allowed)
    {
        http.Response.Headers.Allow = allowed;
        var wrong = new CallError(
            CallErrorKind.InvalidRequest,
            $"{HeaderText.Clean(http.Request.Method)} {Sanitizer.Clean(http.Request.Path.Value ?? "/")}: this path answers {allowed}.")
        {
            Code = "method_not_allowed",
        };
        return refusals.WriteAsync(http, wrong, DialectOf(http), StatusCodes.Status405MethodNotAllowed);
    }

    private IIngressDialect DialectOf(HttpContext http) => dialects.Ingress(IngressEndpoints.DialectOfUnknown(http.Request));

    /// <summary>The methods that a path answers; null if it answers none.</summary>
    private static async ValueTask<string?> AllowedAsync(HttpContext http, string path)
    {
        // Routing's own endpoint for a wrong method writes status and Allow, and no body.
        if (http.GetEndpoint() is { RequestDelegate: { } refuse } and not RouteEndpoint)
            await refuse(http);
        if (IngressEndpoints.LacksModelMethod(http.Request) && !ModelPaths.IsList(path))
        {
            http.Response.Headers.Remove(HeaderNames.Allow);
            return null;
        }

        return http.Response.StatusCode == StatusCodes.Status405MethodNotAllowed ? http.Response.Headers.Allow.ToString()
            // Routing finds no other method if the pattern of that method has a constraint.
            : IngressEndpoints.IsCall(path) ? HttpMethods.Post
            : ModelPaths.IsList(path) ? string.Join(", ", IngressEndpoints.Reads)
            : null;
    }

    /// <summary>A hint at the path that the client may have meant.</summary>
    internal static string Hint(string path) => RepeatedPath.Hint(path)
        ?? (IsServed("/v1" + path) ? $"Did you mean /v1{Sanitizer.Clean(path)}? A client's base URL ends in /v1."
            : FindEnd(path) is { } end
                ? $"Did you mean {Sanitizer.Clean(end)}? The client's base URL has too much or too little of the path."
            // What a browser asks for, if the gateway's address is opened in it.
            : path.Trim('/').Length == 0
                ? "Clients call POST /v1/chat/completions and others; GET /v1/models lists the models, GET /health the state."
            : "The paths served are listed in the README.");

    /// <summary>A served path with the same end as this one, alone or with a version before the end.</summary>
    private static string? FindEnd(string path)
    {
        var parts = path.TrimEnd().Split('/', StringSplitOptions.RemoveEmptyEntries);
        for (var i = Math.Max(0, parts.Length - MostParts); i < parts.Length; i++)
        {
            var (start, end) = (i == 0 ? "" : "/" + string.Join('/', parts[..i]), "/" + string.Join('/', parts[i..]));
            // Not /chat: client paths begin with it, but do not end in it.
            string[] candidates = [$"{start}/v1{end}", $"{start}/v1beta{end}", "/v1" + end, end == "/chat" ? "" : end];
            if (candidates.FirstOrDefault(candidate => candidate != path && IsServed(candidate)) is { } served)
                return served;
        }

        return null;
    }

    private static bool IsServed(string path) => IngressEndpoints.IsCall(path) || ModelPaths.IsList(path);
}
