using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;

namespace Switchyard.Dialects.Cohere;

/// <summary>Reads errors: <c>{"id":…,"message":…}</c>, sometimes with an <c>error_type</c>.</summary>
internal static class ErrorDecoder
{
    private const int DeniedToken = 498;

    /// <summary>Reads the body of an answer whose status is an error. Never throws.</summary>
    public static CallError Decode(int status, ReadOnlySpan<byte> body, string provider) =>
        WireJson.TryParse(body, out var root, out _)
            ? Build(status, root, MessageOf(root) ?? ErrorShape.Read(root).Message, provider)
            : Build(status, default, UpstreamErrors.PlainText(status, body), provider);

    /// <summary>Reads an error that came with status 200; null if the body is not an error.</summary>
    public static CallError? DecodeInBand(JsonElement root) =>
        MessageOf(root) is { } message ? Build(502, root, message, provider: null) : null;

    private static CallError Build(int status, JsonElement root, string? message, string? provider)
    {
        // Status 498: a word on the deny list, in the prompt or the answer, which other APIs answer with 400.
        if (status == DeniedToken)
        {
            return UpstreamErrors.Of(status, provider, message ?? "The provider blocked the content.", code: "content_filter") with
            {
                Kind = CallErrorKind.InvalidRequest,
            };
        }

        var isModel = status == 404 && message?.StartsWith("model ", StringComparison.OrdinalIgnoreCase) == true;
        // TOO_MANY_TOKENS is left out: UpstreamErrors recognises a prompt that is too long by its message.
        var code = root.Text("error_type") is { Length: > 0 } type && type != "TOO_MANY_TOKENS" ? type : null;
        return UpstreamErrors.Of(status, provider, message, isModel ? "not_found_error" : null, isModel ? "model_not_found" : code);
    }

    private static string? MessageOf(JsonElement root) => root.Text("message") ?? root.Text("error");
}
