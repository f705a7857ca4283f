using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;

namespace Switchyard.Dialects.Ollama;

/// <summary>Reads errors: <c>{"error":"…"}</c>, a text and nothing else; behind a proxy also an object or a page.</summary>
internal static class ErrorDecoder
{
    /// <summary>Reads the body of an answer whose status is an error. Never throws.</summary>
    public static CallError Decode(int status, ReadOnlySpan<byte> body, string provider) =>
        Build(
            status,
            WireJson.TryParse(body, out var root, out _)
                ? MessageOf(root) ?? ErrorShape.Read(root).Message
                : UpstreamErrors.PlainText(status, body),
            provider);

    /// <summary>Reads the error inside an answer or a line that came with status 200; null if it holds none.</summary>
    public static CallError? DecodeInBand(JsonElement root)
    {
        if (root.Member("error") is not { ValueKind: JsonValueKind.String or JsonValueKind.Object })
            return null;
        var status = root.Integer("status") is >= 400 and < 600 and var number ? (int)number : 502;
        return Build(status, MessageOf(root), provider: null);
    }

    private static CallError Build(int status, string? message, string? provider)
    {
        var isModel = status == 404 && message?.Contains("not found", StringComparison.OrdinalIgnoreCase) == true;
        return UpstreamErrors.Of(status, provider, message, isModel ? "not_found_error" : null, isModel ? "model_not_found" : null);
    }

    private static string? MessageOf(JsonElement root) => root.Member("error") is { ValueKind: JsonValueKind.Object } error
        ? error.Text("message")
        : root.Text("error") ?? root.Text("message");
}
