using System.Buffers;
using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Dialects.Framing;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;

namespace Switchyard.Dialects.AnthropicMessages;

/// <summary>Writes errors in this format's envelope.</summary>
internal static class ErrorEncoder
{
    /// <summary>The body of an error answer.</summary>
    public static void Write(CallError error, IBufferWriter<byte> output)
    {
        using var writer = new Utf8JsonWriter(output, WireJson.WriterOptions);
        Write(writer, error);
    }

    /// <summary>One error event, which ends the stream: this format has no terminator after it.</summary>
    public static void WriteEvent(CallError error, IBufferWriter<byte> output)
    {
        var events = new SseEventWriter();
        Write(events.Begin(output, "error"u8), error);
        events.End(output);
    }

    private static void Write(Utf8JsonWriter writer, CallError error)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, "error"u8);
        writer.WriteStartObject("error"u8);
        writer.WriteString("type"u8, TypeOf(error));
        writer.WriteString("message"u8, PromptTooLong.Message(error));
        if (ThreadErrors.IsOne(error))
            ThreadErrors.WriteDetails(writer);
        else
            FailedAttempts.Write(writer, error);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static string TypeOf(CallError error) => error switch
    {
        { Code: "unknown_url" } => "not_found_error",
        { Kind: CallErrorKind.ProviderUnavailable }
            or { Kind: CallErrorKind.UpstreamUnavailable, UpstreamStatus: 503 or 529 } => "overloaded_error",
        _ => error.Status switch
        {
            401 => "authentication_error",
            402 => "billing_error",
            403 => "permission_error",
            404 => "not_found_error",
            413 => "request_too_large",
            429 => "rate_limit_error",
            504 => "timeout_error",
            >= 500 => "api_error",
            _ => "invalid_request_error",
        },
    };
}
