using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;

namespace Switchyard.Dialects.OpenAIChat;

/// <summary>
/// Reads the errors of every server that calls itself compatible. They agree on little: the message is in <c>error.message</c>,
/// <c>error</c>, <c>message</c>, <c>detail</c>, a list of details, <c>errors[0].message</c>, or the body is a proxy's HTML page.
/// </summary>
internal static class ErrorDecoder
{
    /// <summary>Reads the body of an answer whose status is an error. Never throws.</summary>
    public static CallError Decode(int status, ReadOnlySpan<byte> body, string provider)
    {
        var wire = WireJson.TryParse(body, out var root, out _) ? ErrorShape.Read(root) : default;
        return Build(status, wire, provider);
    }

    /// <summary>Reads the error inside an answer or a frame that came with status 200; null when it holds none.</summary>
    /// <param name="root">The whole JSON object.</param>
    /// <param name="isErrorEvent">Whether the frame was named <c>error</c>, so that the object as a whole is the error.</param>
    public static CallError? DecodeInBand(JsonElement root, bool isErrorEvent = false)
    {
        var hasError = root.Member("error") is { ValueKind: JsonValueKind.Object or JsonValueKind.String };
        if (!hasError && !isErrorEvent)
            return null;
        var wire = ErrorShape.Read(root);
        return Build(wire.Status ?? StatusOf(wire), wire, provider: null);
    }

    // xAI answers 400 to a bad key.
    private static CallError Build(int status, ErrorShape wire, string? provider) => UpstreamErrors.Of(
        status, provider, wire.Message, wire.Type, wire.Code, wire.Param, refusesKey: status == 400 && IsBadKey(wire));

    private static bool IsBadKey(ErrorShape wire) =>
        wire.Code is "invalid_api_key"
            || wire.Message?.StartsWith("Incorrect API key provided", StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>The HTTP status for an error inside a stream, which itself began with 200.</summary>
    private static int StatusOf(ErrorShape wire) => (wire.Code ?? wire.Type) switch
    {
        "rate_limit_exceeded" or "rate_limit_error" or "insufficient_quota" or "requests" or "tokens" => 429,
        "invalid_api_key" or "authentication_error" => 401,
        "context_length_exceeded" or "content_filter" or "tool_use_failed" or "json_validate_failed" => 400,
        "timeout" => 504,
        _ => wire.Type is "invalid_request_error" or "BadRequestError" ? 400 : wire.Type is "rate_limit_error" ? 429 : 502,
    };
}
