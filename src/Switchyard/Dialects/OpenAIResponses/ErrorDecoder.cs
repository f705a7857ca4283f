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
    public static CallError Decode(int status, ReadOnlySpan<byte> body, string provider) =>
        Build(
            status,
            WireJson.TryParse(body, out var root, out _)
                ? Shape.Read(root)
                : new Shape(UpstreamErrors.PlainText(status, body), null, null, null),
            provider);

    /// <summary>The error of an answer that came with status 200 and reports a failure; null if it reports none.</summary>
    public static CallError? OfResponse(JsonElement response)
    {
        var status = response.Text("status");
        if (response.Member("error") is { ValueKind: JsonValueKind.Object or JsonValueKind.String } || response.Text("object") == "error")
            return InBand(Shape.Read(response));
        return status switch
        {
            "failed" => InBand(new Shape("The provider failed to answer and gave no reason.", null, null, null)),
            "cancelled" => InBand(new Shape("The provider cancelled the answer.", null, null, null)),
            _ => null,
        };
    }

    /// <summary>The error of a stream's error event.</summary>
    public static CallError OfEvent(JsonElement root)
    {
        var shape = Shape.Read(root);
        // The event's own type is "error", which is not an error type.
        return InBand(shape with { Type = shape.Type == "error" ? null : shape.Type });
    }

    /// <summary>
    /// Whether an event is an error as a whole, with <c>"object":"error"</c>. Its type is then the error's; the types of this format's
    /// events begin with <c>response.</c>.
    /// </summary>
    public static bool IsError(string? type, JsonElement root) =>
        type?.StartsWith("response.", StringComparison.Ordinal) != true && root.Text("object") == "error";

    private static CallError InBand(Shape shape) =>
        Build(UpstreamErrors.StatusOf(shape.Code, shape.Type) ?? 502, shape, provider: null);

    private static CallError Build(int status, Shape shape, string? provider) => UpstreamErrors.Of(
        status, provider, shape.Message, shape.Type, shape.Code, shape.Param,
        refusesKey: status == 400 && IsBadKey(shape), isFlagged: shape.IsFlagged);

    // xAI answers 400 to a bad key.
    private static bool IsBadKey(Shape shape) =>
        shape.Code is "invalid_api_key"
            || shape.Message?.StartsWith("Incorrect API key provided", StringComparison.OrdinalIgnoreCase) == true;

    private readonly record struct Shape(string? Message, string? Type, string? Param, string? Code)
    {
        /// <summary>Whether a moderation before the model has flagged the prompt.</summary>
        public bool IsFlagged { get; private init; }

        public static Shape Read(JsonElement root)
        {
            if (root.ValueKind == JsonValueKind.Array && root.GetArrayLength() > 0)
                root = root[0];
            if (root.ValueKind == JsonValueKind.String)
                return new(root.GetString(), null, null, null);
            return root.Member("error") switch
            {
                { ValueKind: JsonValueKind.Object } error => Of(error),
                { ValueKind: JsonValueKind.String } text => Of(root) with { Message = text.GetString() },
                _ => Of(root),
            };
        }

        private static Shape Of(JsonElement error)
        {
            var message = error.Member("message") is { ValueKind: JsonValueKind.String } text ? text.GetString()
                : error.Member("detail") is { } detail ? Detail(detail) : error.Text("title");
            var code = error.Member("code") switch
            {
                { ValueKind: JsonValueKind.String } word => word.GetString() is { Length: > 0 } value ? value : null,
                { ValueKind: JsonValueKind.Number } number => number.GetRawText(),
                _ => null,
            };
            return new(message, error.Text("type"), error.Text("param"), code) { IsFlagged = UpstreamErrors.IsFlagged(error) };
        }

        private static string? Detail(JsonElement detail) => detail.ValueKind switch
        {
            JsonValueKind.String => detail.GetString(),
            JsonValueKind.Array => string.Join(
                "; ", detail.EnumerateArray().Select(item => item.Text("msg")).Where(text => text is not null))
                is { Length: > 0 } joined ? joined : null,
            _ => detail.Text("message") ?? detail.Text("msg"),
        };
    }
}
