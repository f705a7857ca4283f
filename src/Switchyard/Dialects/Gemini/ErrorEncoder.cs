using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.Gemini;

/// <summary>Writes errors as Google's services do: the status as a number and as a word.</summary>
internal static class ErrorEncoder
{
    /// <summary>The body of an error answer.</summary>
    public static void Write(CallError error, IBufferWriter<byte> output)
    {
        using var writer = new Utf8JsonWriter(output, WireJson.WriterOptions);
        Write(error, writer);
    }

    /// <summary>One error event. Streams of this format have no terminator.</summary>
    public static void WriteEvent(CallError error, IBufferWriter<byte> output)
    {
        output.Write("data: "u8);
        Write(error, output);
        output.Write("\r\n\r\n"u8);
    }

    private static void Write(CallError error, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteStartObject("error"u8);
        writer.WriteNumber("code"u8, error.Status);
        writer.WriteString("message"u8, error.Message);
        writer.WriteString("status"u8, WordOf(error));
        writer.WriteStartArray("details"u8);
        writer.WriteStartObject();
        writer.WriteString("@type"u8, "type.googleapis.com/google.rpc.ErrorInfo"u8);
        writer.WriteString("reason"u8, error.WireCode);
        writer.WriteString("domain"u8, "switchyard"u8);
        if (error.Param is { } param)
        {
            writer.WriteStartObject("metadata"u8);
            writer.WriteString("field"u8, param);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        if (error.RetryAfter is { } delay)
        {
            writer.WriteStartObject();
            writer.WriteString("@type"u8, "type.googleapis.com/google.rpc.RetryInfo"u8);
            writer.WriteString("retryDelay"u8, delay.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture) + "s");
            writer.WriteEndObject();
        }

        WriteAttempts(writer, error);
        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    /// <summary>One detail for each attempt of a call that has tried several.</summary>
    private static void WriteAttempts(Utf8JsonWriter writer, CallError error)
    {
        foreach (var attempt in error.Attempts)
        {
            writer.WriteStartObject();
            writer.WriteString("@type"u8, "type.googleapis.com/google.rpc.ErrorInfo"u8);
            writer.WriteString("reason"u8, "ATTEMPT_FAILED"u8);
            writer.WriteString("domain"u8, "switchyard"u8);
            writer.WriteStartObject("metadata"u8);
            writer.WriteString("provider"u8, attempt.Provider);
            writer.WriteString("model"u8, attempt.Model);
            writer.WriteString("message"u8, attempt.Message);
            if (attempt.Status is { } status)
                writer.WriteString("status"u8, status.ToString(CultureInfo.InvariantCulture));
            writer.WriteEndObject();
            writer.WriteEndObject();
        }
    }

    private static string WordOf(CallError error) => error.Status switch
    {
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        402 or 429 => "RESOURCE_EXHAUSTED",
        499 => "CANCELLED",
        503 => "UNAVAILABLE",
        504 => "DEADLINE_EXCEEDED",
        >= 500 => "INTERNAL",
        _ => "INVALID_ARGUMENT",
    };
}
