using System.Globalization;
using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Common;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;

namespace Switchyard.Dialects.Gemini;

/// <summary>
/// Reads errors: <c>{"error":{"code","message","status","details"}}</c>, or a list that holds one such object, as an answer without
/// server-sent events has it.
/// </summary>
internal static class ErrorDecoder
{
    /// <summary>Reads the body of an answer whose status is an error. Never throws.</summary>
    public static CallError Decode(int status, ReadOnlySpan<byte> body, string provider)
    {
        if (!WireJson.TryParse(body, out var root, out _))
            return UpstreamErrors.Of(status, provider, UpstreamErrors.PlainText(status, body));
        // What stands before the API, a proxy above all, answers in a shape of its own.
        return ErrorOf(root) is { } error && (error.ValueKind == JsonValueKind.String || error.Text("message") is not null)
            ? Build(status, error, provider)
            : UpstreamErrors.Of(status, provider, ErrorShape.Read(root).Message);
    }

    /// <summary>Reads the error inside an answer or a frame that came with status 200; null if it holds none.</summary>
    public static CallError? DecodeInBand(JsonElement root) =>
        ErrorOf(root) is { } error ? Build(StatusOf(error), error, provider: null) : null;

    private static JsonElement? ErrorOf(JsonElement root)
    {
        if (root.ValueKind == JsonValueKind.Array && root.GetArrayLength() > 0)
            root = root[0];
        return root.Member("error") is { ValueKind: JsonValueKind.Object or JsonValueKind.String } error ? error : null;
    }

    private static CallError Build(int status, JsonElement error, string? provider)
    {
        var message = error.ValueKind == JsonValueKind.String ? error.GetString() : error.Text("message");
        var reason = Details(error).Select(detail => detail.Text("reason")).FirstOrDefault(word => word is not null);
        var refusesKey = reason is "API_KEY_INVALID" or "API_KEY_EXPIRED" or "API_KEY_SERVICE_BLOCKED"
            || (status == 400 && message?.StartsWith("API key", StringComparison.OrdinalIgnoreCase) == true);
        var decoded = refusesKey
            ? UpstreamErrors.KeyRefused(status, provider)
            : UpstreamErrors.Of(status, provider, message, code: CodeOf(error.Text("status")));
        return decoded with { RetryAfter = RetryAfter(error) ?? decoded.RetryAfter };
    }

    /// <summary>The status word, where it is more precise than the number.</summary>
    private static string? CodeOf(string? word) => word switch
    {
        "FAILED_PRECONDITION" or "OUT_OF_RANGE" or "ABORTED" or "ALREADY_EXISTS" => word.ToLowerInvariant(),
        "NOT_FOUND" => "model_not_found",
        _ => null,
    };

    private static int StatusOf(JsonElement error)
    {
        if (ProtoJson.Whole(error.Member("code")) is >= 400 and < 600 and var code)
            return (int)code;
        return UpstreamErrors.StatusOf(error.Text("status")) ?? 502;
    }

    private static JsonElement.ArrayEnumerator Details(JsonElement error) =>
        error.Member("details") is { ValueKind: JsonValueKind.Array } details ? details.EnumerateArray() : default;

    /// <summary>How long to wait: <c>"48.9s"</c> in a separate detail.</summary>
    private static TimeSpan? RetryAfter(JsonElement error)
    {
        foreach (var detail in Details(error))
        {
            if (detail.FieldText("retryDelay") is { } delay && delay.EndsWith('s')
                && double.TryParse(delay.AsSpan(..^1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds))
            {
                return Backoff.Bounded(seconds);
            }
        }

        return null;
    }
}
