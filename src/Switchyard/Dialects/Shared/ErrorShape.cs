using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Common;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.Shared;

/// <summary>
/// The parts of an error body in any of the known shapes. Every part may be missing. Servers, frameworks and proxies answer in these shapes
/// whatever format the address behind them speaks.
/// </summary>
internal readonly record struct ErrorShape(string? Message, string? Type, string? Param, string? Code, int? Status)
{
    private const int BadRequest = 400;

    /// <summary>The pause the body asks for (<c>retry_after</c>, in seconds), in the error or beside it; null if it asks for
    /// none.</summary>
    public TimeSpan? RetryAfter { get; private init; }

    /// <summary>Whether a moderation before the model has flagged the prompt, as OpenRouter reports beside its message.</summary>
    public bool IsFlagged { get; private init; }

    // xAI answers 400 to a bad key.
    private bool RefusesKey =>
        Code is "invalid_api_key" || Message?.StartsWith("Incorrect API key provided", StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>Reads any of the known shapes; any other object gives an empty result.</summary>
    public static ErrorShape Read(JsonElement root)
    {
        // Gemini's compatible endpoint wraps its error in an array.
        if (root.ValueKind == JsonValueKind.Array && root.GetArrayLength() > 0)
            root = root[0];
        if (root.ValueKind == JsonValueKind.String)
            return new(root.GetString(), null, null, null, null);
        if (root.ValueKind != JsonValueKind.Object)
            return default;
        return root.Member("error") switch
        {
            { ValueKind: JsonValueKind.Object } error when FromTopLevel(error) is var shape =>
                shape.RetryAfter is null ? shape with { RetryAfter = PauseOf(root) } : shape,
            { ValueKind: JsonValueKind.String } text => FromObject(root) with { Message = text.GetString() },
            _ => FromTopLevel(root),
        };
    }

    /// <summary>The error for the client of an answer in OpenAI's format, chat or responses.</summary>
    /// <param name="status">The HTTP status, or for an error inside an answer the status it would have had.</param>
    /// <param name="provider">The provider's name; null if the caller adds it.</param>
    public CallError ToError(int status, string? provider)
    {
        var error = status == BadRequest && RefusesKey
            ? UpstreamErrors.KeyRefused(status, provider)
            : UpstreamErrors.Of(status, provider, Message, Type, Code, Param, IsFlagged);
        return RetryAfter is { } pause ? error with { RetryAfter = pause } : error;
    }

    private static ErrorShape FromTopLevel(JsonElement root)
    {
        var own = FromObject(root);
        if (own.Message is not null)
            return own;
        if (root.Member("detail") is { } detail)
            return own with { Message = FromDetail(detail), Param = own.Param ?? LocationOf(detail) };
        if (root.Member("error") is { ValueKind: JsonValueKind.Array } list && FromDetail(list) is { } listed)
            return own with { Message = listed };
        if (root.Member("errors") is { ValueKind: JsonValueKind.Array } errors && errors.GetArrayLength() > 0)
            return own.With(FromObject(errors[0]), errors);
        return root.Member("base_resp") is { } minimax
            ? own with
            {
                Message = minimax.Text("status_msg"),
                Code = CodeOf(minimax.Member("status_code")),
                Status = StatusOfMiniMax(minimax.Integer("status_code")),
            }
            : own with { Message = root.Text("title") };
    }

    /// <summary>This error, with the first of a list of errors in it, which knows better.</summary>
    private ErrorShape With(ErrorShape first, JsonElement errors) =>
        new(first.Message ?? FromDetail(errors), first.Type ?? Type, first.Param ?? Param, first.Code ?? Code, first.Status ?? Status)
        {
            RetryAfter = first.RetryAfter ?? RetryAfter,
            IsFlagged = first.IsFlagged || IsFlagged,
        };

    /// <summary>The HTTP status for a code that came with status 200; null if another attempt may succeed.</summary>
    private static int? StatusOfMiniMax(long? code) => code switch
    {
        1001 => 504,
        1002 or 1039 => 429,
        1004 => 401,
        1008 => 402,
        1026 or 1027 or 2013 => 400,
        _ => null,
    };

    private static ErrorShape FromObject(JsonElement error)
    {
        var message = error.Member("message") switch
        {
            { ValueKind: JsonValueKind.String } text => text.GetString(),
            // Mistral puts FastAPI's list of details into the message.
            { ValueKind: JsonValueKind.Object or JsonValueKind.Array } nested => FromDetail(nested),
            // A gateway's own envelope around the provider's; AWS writes a capital letter.
            _ when error.Member("error") is { ValueKind: JsonValueKind.Object } inner => FromObject(inner).Message,
            _ => error.Text("Message") ?? error.Text("error"),
        };
        var status = error.Integer("status_code") ?? error.Integer("statusCode") ?? error.Integer("status") ?? error.Integer("code");
        return new(message, error.Text("type"), error.Text("param"), CodeOf(error.Member("code")), AsStatus(status))
        {
            RetryAfter = PauseOf(error),
            IsFlagged = UpstreamErrors.IsFlagged(error),
        };
    }

    private static TimeSpan? PauseOf(JsonElement error) =>
        error.Member("retry_after") is { ValueKind: JsonValueKind.Number } wait && wait.TryGetDouble(out var seconds)
            && seconds >= 0 ? Backoff.Bounded(seconds) : null;

    /// <summary>FastAPI's <c>detail</c>: a sentence, an object, or a list of <c>{loc, msg}</c>.</summary>
    private static string? FromDetail(JsonElement detail)
    {
        switch (detail.ValueKind)
        {
            case JsonValueKind.String:
                return detail.GetString();
            case JsonValueKind.Object:
                return detail.Text("message") ?? detail.Text("error") ?? detail.Text("msg")
                    ?? (detail.Member("detail") is { } inner ? FromDetail(inner) : null);
            case JsonValueKind.Array:
                var messages = detail.EnumerateArray()
                    .Select(item => (Where: LocationOf(item), What: FromDetail(item)))
                    .Where(item => item.What is not null)
                    .Select(item => item.Where is null ? item.What : $"{item.Where}: {item.What}");
                return string.Join("; ", messages) is { Length: > 0 } joined ? joined : null;
            default:
                return null;
        }
    }

    private static string? LocationOf(JsonElement detail)
    {
        if (detail.ValueKind == JsonValueKind.Array && detail.GetArrayLength() == 1)
            detail = detail[0];
        if (detail.Member("loc") is not { ValueKind: JsonValueKind.Array } location)
            return null;
        var path = "";
        foreach (var step in location.EnumerateArray())
        {
            if (step.ValueKind == JsonValueKind.Number)
                path += $"[{step.GetRawText()}]";
            else if (step.ValueKind == JsonValueKind.String && step.GetString() is { } name && name != "body")
                path += path.Length == 0 ? name : "." + name;
        }

        return path.Length == 0 ? null : path;
    }

    private static string? CodeOf(JsonElement? code) => code switch
    {
        { ValueKind: JsonValueKind.String } text => text.GetString() is { Length: > 0 } value ? value : null,
        { ValueKind: JsonValueKind.Number } number => number.GetRawText(),
        _ => null,
    };

    private static int? AsStatus(long? value) => value is >= 400 and < 600 ? (int)value : null;
}
