using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;

namespace Switchyard.Dialects.BedrockConverse;

/// <summary>Reads errors: <c>{"message":…}</c>, the type in a header, in <c>__type</c> or in the name of a stream's event.</summary>
internal static class ErrorDecoder
{
    public static CallError Decode(int status, ReadOnlySpan<byte> body, string? provider)
    {
        return WireJson.TryParse(body, out var root, out _)
            ? Of(status, TypeOf(root), MessageOf(root) ?? ErrorShape.Read(root).Message, provider)
            : Of(status, null, UpstreamErrors.PlainText(status, body), provider);
    }

    /// <summary>An error inside a stream, whose answer had begun with 200.</summary>
    public static CallError DecodeException(ReadOnlySpan<byte> type, ReadOnlySpan<byte> payload)
    {
        var root = WireJson.TryParse(payload, out var parsed, out _) ? parsed : default;
        var name = System.Text.Encoding.UTF8.GetString(type);
        return Of(
            UpstreamErrors.StatusOf(name) ?? 500,
            name.Length > 0 ? name : TypeOf(root),
            MessageOf(root) ?? root.Text("originalMessage") ?? "The provider reported an error in its stream.",
            null);
    }

    /// <summary>The error in a body that came with 200; null if the body is not an error.</summary>
    public static CallError? DecodeInBand(JsonElement root)
    {
        var type = TypeOf(root);
        return type is null && MessageOf(root) is null ? null : Of(UpstreamErrors.StatusOf(type) ?? 500, type, MessageOf(root), null);
    }

    private static CallError Of(int status, string? type, string? message, string? provider)
    {
        // The type is more precise than the status; 424 is the model's failure, not the client's.
        var effective = UpstreamErrors.StatusOf(type) ?? (status == 424 ? 502 : status);
        var code = message?.Contains("model identifier is invalid", StringComparison.OrdinalIgnoreCase) == true ? "model_not_found" : null;
        return UpstreamErrors.Of(effective, provider, message, code: code) with { UpstreamStatus = provider is null ? effective : status };
    }

    /// <summary><c>com.amazon.coral#ThrottlingException:http://…</c> is <c>ThrottlingException</c>.</summary>
    private static string? TypeOf(JsonElement root)
    {
        if ((root.Text("__type") ?? root.Text("code")) is not { Length: > 0 } type)
            return null;
        type = type[(type.IndexOf('#', StringComparison.Ordinal) + 1)..];
        return type.IndexOf(':', StringComparison.Ordinal) is > 0 and var end ? type[..end] : type;
    }

    private static string? MessageOf(JsonElement root) => root.Text("message") ?? root.Text("Message");
}
