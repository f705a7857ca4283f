using System.Buffers;
using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Dialects.Framing;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;

namespace Switchyard.Dialects.OpenAIResponses;

/// <summary>Writes errors as OpenAI does.</summary>
internal static class ErrorEncoder
{
    /// <summary>The body of an error answer.</summary>
    public static void Write(CallError error, IBufferWriter<byte> output)
    {
        using var writer = new Utf8JsonWriter(output, WireJson.WriterOptions);
        writer.WriteStartObject();
        WriteObject(writer, error);
        writer.WriteEndObject();
    }

    /// <summary>
    /// One error event, which ends the stream. The events of a forwarded stream were not counted, but clients require a number. OpenAI's
    /// documentation has the error's members beside the type, its API sends them in an object: some clients know only one of the two.
    /// </summary>
    public static void WriteEvent(CallError error, IBufferWriter<byte> output, long sequence = 0)
    {
        var events = new SseEventWriter();
        var writer = events.Begin(output, "error"u8);
        writer.WriteStartObject();
        writer.WriteString("type"u8, "error"u8);
        writer.WriteNumber("sequence_number"u8, sequence);
        writer.WriteString("code"u8, error.WireCode);
        writer.WriteString("message"u8, error.Message);
        WriteParam(writer, error);
        WriteObject(writer, error);
        writer.WriteEndObject();
        events.End(output);
    }

    private static void WriteObject(Utf8JsonWriter writer, CallError error)
    {
        writer.WriteStartObject("error"u8);
        writer.WriteString("message"u8, error.Message);
        writer.WriteString("type"u8, error.Type ?? TypeOf(error));
        WriteParam(writer, error);
        writer.WriteString("code"u8, error.WireCode);
        FailedAttempts.Write(writer, error);
        writer.WriteEndObject();
    }

    private static void WriteParam(Utf8JsonWriter writer, CallError error)
    {
        if (error.Param is null)
            writer.WriteNull("param"u8);
        else
            writer.WriteString("param"u8, error.Param);
    }

    private static string TypeOf(CallError error) => error switch
    {
        { Kind: CallErrorKind.BudgetExceeded } => "insufficient_quota",
        { Status: 429 } => "rate_limit_error",
        { Status: >= 500 } => "server_error",
        _ => "invalid_request_error",
    };
}
