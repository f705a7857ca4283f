using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;

namespace Switchyard.Dialects.OpenAIResponses;

/// <summary>
/// Reads errors: the usual envelope, xAI's <c>{code, error: text}</c>, what proxies and frameworks answer, an answer that failed after it
/// had begun, and a stream's error event.
/// </summary>
internal static class ErrorDecoder
{
    /// <summary>Reads the body of an answer whose status is an error. Never throws.</summary>
    public static CallError Decode(int status, ReadOnlySpan<byte> body, string provider)
    {
        var shape = WireJson.TryParse(body, out var root, out _)
            ? ErrorShape.Read(root)
            : default(ErrorShape) with { Message = UpstreamErrors.PlainText(status, body) };
        return shape.ToError(status, provider);
    }

    /// <summary>The error of an answer that came with status 200 and reports a failure; null if it reports none.</summary>
    public static CallError? OfResponse(JsonElement response)
    {
        var status = response.Text("status");
        if (response.Member("error") is { ValueKind: JsonValueKind.Object or JsonValueKind.String } || response.Text("object") == "error")
            return InBand(ErrorShape.Read(response));
        return status switch
        {
            "failed" => InBand(default(ErrorShape) with { Message = "The provider failed to answer and gave no reason." }),
            "cancelled" => InBand(default(ErrorShape) with { Message = "The provider cancelled the answer." }),
            _ => null,
        };
    }

    /// <summary>The error of a stream's error event.</summary>
    public static CallError OfEvent(JsonElement root)
    {
        var shape = ErrorShape.Read(root);
        // The event's own type is "error", which is not an error type.
        return InBand(shape with { Type = shape.Type == "error" ? null : shape.Type });
    }

    /// <summary>
    /// Whether an event is an error as a whole, with <c>"object":"error"</c>. Its type is then the error's; the types of this format's
    /// events begin with <c>response.</c>.
    /// </summary>
    public static bool IsError(string? type, JsonElement root) =>
        type?.StartsWith("response.", StringComparison.Ordinal) != true && root.Text("object") == "error";

    private static CallError InBand(ErrorShape shape) =>
        shape.ToError(UpstreamErrors.StatusOf(shape.Code, shape.Type) ?? 502, provider: null);
}
