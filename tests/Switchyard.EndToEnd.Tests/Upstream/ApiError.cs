using System.Text.Json.Nodes;

namespace Switchyard.EndToEnd.Tests.Upstream;

/// <summary>The error of a request that the scripted API refuses, in OpenAI's format.</summary>
internal sealed class ApiError(int status, string message, string? code = null, string? param = null, string type = "invalid_request_error")
    : Exception(message)
{
    public int Status => status;

    public string ToJson() => new JsonObject
    {
        ["error"] = new JsonObject { ["message"] = Message, ["type"] = type, ["param"] = param, ["code"] = code },
    }.ToJsonString();

    /// <summary>The error that <c>gpt-error-STATUS</c> answers with.</summary>
    public static ApiError Of(int status) => status switch
    {
        400 => new(400, "Unsupported value: 'temperature' does not support 3.", "unsupported_value", "temperature"),
        401 => new(401, "Incorrect API key provided: sk-abc***xyz.", "invalid_api_key"),
        404 => new(404, "The model 'gpt-error-404' does not exist or you do not have access to it.", "model_not_found"),
        409 => new(409, "Another request holds the lock.", "conflict"),
        422 => new(422, "Unprocessable.", null),
        429 => new(429, "Rate limit reached for requests. Please try again in 20s.", "rate_limit_exceeded", null, "requests"),
        503 => new(503, "The server is overloaded.", "server_is_overloaded", null, "service_unavailable_error"),
        _ => new(status, "The server had an error while processing your request.", null, null, "server_error"),
    };
}
