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
        var wire = WireJson.TryParse(body, out var root, out _)
            ? ErrorShape.Read(root)
            : default(ErrorShape) with { Message = UpstreamErrors.PlainText(status, body) };
        return wire.ToError(status, provider);
    }

    /// <summary>Reads the error inside an answer or a frame that came with status 200; null if it holds none.</summary>
    /// <param name="root">The whole JSON object.</param>
    /// <param name="isErrorEvent">Whether the frame was named <c>error</c>, so that the object as a whole is the error.</param>
    public static CallError? DecodeInBand(JsonElement root, bool isErrorEvent = false)
    {
        var hasError = root.Member("error") is { ValueKind: JsonValueKind.Object or JsonValueKind.String }
            // Mistral, FastChat and older vLLM have the message beside it.
            || root.Text("object") == "error"
            // MiniMax reports the status of every request there; 0 is success.
            || root.Member("base_resp")?.Integer("status_code") is not (null or 0);
        if (!hasError && !isErrorEvent)
            return null;
        var wire = ErrorShape.Read(root);
        return wire.ToError(StatusOf(wire), provider: null);
    }

    /// <summary>
    /// Reads the error in one of the choices, or the one that a choice's finish reason means, as routers of other providers answer; null
    /// without an error.
    /// </summary>
    public static CallError? DecodeChoices(JsonElement root)
    {
        if (root.Member("choices") is not { ValueKind: JsonValueKind.Array } choices)
            return null;
        foreach (var choice in choices.EnumerateArray())
        {
            if ((DecodeInBand(choice) ?? FinishWords.ErrorOf(choice.Text("finish_reason"))) is { } error)
                return error;
        }

        return null;
    }

    private static int StatusOf(ErrorShape wire) => wire.Status ?? UpstreamErrors.StatusOf(wire.Code, wire.Type) ?? 502;
}
