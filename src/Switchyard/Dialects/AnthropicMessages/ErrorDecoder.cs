using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;

namespace Switchyard.Dialects.AnthropicMessages;

/// <summary>Reads errors: this format's envelope, and the shapes of other servers and proxies that serve it.</summary>
internal static class ErrorDecoder
{
    /// <summary>Reads the body of an answer whose status is an error. Never throws.</summary>
    public static CallError Decode(int status, ReadOnlySpan<byte> body, string provider)
    {
        if (!WireJson.TryParse(body, out var root, out _))
            return Build(status, (UpstreamErrors.PlainText(status, body), null), provider);
        var (message, type) = ErrorOf(root);
        return Build(status, (message ?? ErrorShape.Read(root).Message, type), provider);
    }

    /// <summary>Reads the error inside an answer or an event that came with status 200; null if it holds none.</summary>
    /// <param name="root">The whole JSON object.</param>
    /// <param name="isErrorEvent">Whether the event was named <c>error</c>, so that the object as a whole is the error.</param>
    public static CallError? DecodeInBand(JsonElement root, bool isErrorEvent = false)
    {
        if (!isErrorEvent && root.Text("type") != "error"
            && root.Member("error") is not { ValueKind: JsonValueKind.Object or JsonValueKind.String })
        {
            return null;
        }

        var error = ErrorOf(root);
        return Build(UpstreamErrors.StatusOf(error.Type) ?? 502, error, provider: null);
    }

    private static CallError Build(int status, (string? Message, string? Type) error, string? provider)
    {
        var code = error.Type switch
        {
            "not_found_error" when error.Message?.StartsWith("model", StringComparison.OrdinalIgnoreCase) == true => "model_not_found",
            "overloaded_error" => "server_overloaded",
            "billing_error" => "insufficient_quota",
            _ => null,
        };
        // Only this type name means the same in every format.
        var type = error.Type == "invalid_request_error" ? error.Type : null;
        return UpstreamErrors.Of(status, provider, error.Message, type, code);
    }

    private static (string? Message, string? Type) ErrorOf(JsonElement root)
    {
        if (root.ValueKind == JsonValueKind.Array && root.GetArrayLength() > 0)
            root = root[0];
        return root.Member("error") switch
        {
            { ValueKind: JsonValueKind.Object } error => (error.Text("message"), error.Text("type")),
            { ValueKind: JsonValueKind.String } text => (text.GetString(), root.Text("type")),
            _ => (root.Text("message") ?? root.Text("detail"), root.Text("type")),
        };
    }
}
