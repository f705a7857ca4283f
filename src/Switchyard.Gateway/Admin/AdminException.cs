using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Switchyard.Gateway.Ingress;
using Switchyard.Identity;

namespace Switchyard.Gateway.Admin;

/// <summary>A refusal or failure of an admin request, answered as problem details (RFC 9457).</summary>
/// <param name="status">The status.</param>
/// <param name="code">A word for what went wrong, for programs.</param>
/// <param name="detail">What went wrong and what to do, for display; without secrets.</param>
internal sealed class AdminException(int status, string code, string detail) : Exception(detail)
{
    /// <summary>The status.</summary>
    public int Status => status;

    /// <summary>A word for what went wrong, for programs.</summary>
    public string Code => code;

    /// <summary>The methods that the path answers; null unless the method was wrong.</summary>
    public string? Allowed { get; private init; }

    /// <summary>The request is not valid.</summary>
    public static AdminException BadRequest(string code, string detail) => new(StatusCodes.Status400BadRequest, code, detail);

    /// <summary>The resource does not exist.</summary>
    public static AdminException NotFound(string code, string detail) => new(StatusCodes.Status404NotFound, code, detail);

    /// <summary>The path does not exist, or not on this listener.</summary>
    public static AdminException Unknown(HttpContext http) => NotFound(
        "unknown_url",
        $"There is no {HeaderText.Clean($"{http.Request.Method} {http.Request.Path}")} here. GET /admin lists the paths.");

    /// <summary>The path takes other methods.</summary>
    public static AdminException WrongMethod(HttpContext http, string allowed) => new(
        StatusCodes.Status405MethodNotAllowed,
        "method_not_allowed",
        $"{HeaderText.Clean($"{http.Request.Method} {http.Request.Path}")}: this path answers {allowed}.")
    {
        Allowed = allowed,
    };

    /// <summary>The request conflicts with the current state.</summary>
    public static AdminException Conflict(string code, string detail) => new(StatusCodes.Status409Conflict, code, detail);

    /// <summary>A dependency is unavailable, or not configured.</summary>
    public static AdminException Unavailable(string code, string detail) => new(StatusCodes.Status503ServiceUnavailable, code, detail);

    /// <summary>The problem for a refusal by the key directory.</summary>
    public static AdminException Of(KeyChangeException refused) => new(
        refused.Kind switch
        {
            KeyChangeFailure.NotFound => StatusCodes.Status404NotFound,
            KeyChangeFailure.Conflict => StatusCodes.Status409Conflict,
            KeyChangeFailure.Unavailable => StatusCodes.Status503ServiceUnavailable,
            _ => StatusCodes.Status400BadRequest,
        },
        refused.Code,
        refused.Message);

    /// <summary>Writes it.</summary>
    public Task WriteAsync(HttpContext http)
    {
        http.Response.Clear();
        http.Response.Headers[ResponseHeaders.RequestId] = RequestIds.Of(http);
        http.Response.Headers.CacheControl = "no-store";
        if (status == StatusCodes.Status401Unauthorized)
            http.Response.Headers.WWWAuthenticate = "Bearer";
        if (Allowed is not null)
            http.Response.Headers.Allow = Allowed;
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/problem+json";
        var problem = new ProblemDetails("about:blank", ReasonPhrases.GetReasonPhrase(status), status, Message, code, RequestIds.Of(http));
        var body = System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(problem, AdminJson.Default.ProblemDetails);
        http.Response.ContentLength = body.Length;
        return HttpMethods.IsHead(http.Request.Method) ? Task.CompletedTask : http.Response.Body.WriteAsync(body).AsTask();
    }
}

/// <summary>The body of a problem.</summary>
internal sealed record ProblemDetails(string Type, string Title, int Status, string Detail, string Code, string RequestId);

/// <summary>What <c>GET /admin</c> answers.</summary>
internal sealed record AdminIndex(string Version, long Generation, IReadOnlyList<string> Paths);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ProblemDetails))]
[JsonSerializable(typeof(AdminIndex))]
[JsonSerializable(typeof(JsonObject))]
[JsonSerializable(typeof(AdminList<JsonObject>))]
internal sealed partial class AdminJson : JsonSerializerContext;
