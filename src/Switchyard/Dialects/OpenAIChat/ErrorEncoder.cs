using System.Buffers;
using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;

namespace Switchyard.Dialects.OpenAIChat;

/// <summary>Writes errors as OpenAI does.</summary>
internal static class ErrorEncoder
{
    /// <summary>The body of an error answer.</summary>
    public static void Write(CallError error, IBufferWriter<byte> output)
    {
        using var writer = new Utf8JsonWriter(output, WireJson.WriterOptions);
        writer.WriteStartObject();
        writer.WriteStartObject("error"u8);
        writer.WriteString("message"u8, error.Message);
        writer.WriteString("type"u8, error.Type ?? TypeOf(error));
        if (error.Param is null)
            writer.WriteNull("param"u8);
        else
            writer.WriteString("param"u8, error.Param);
        writer.WriteString("code"u8, error.WireCode);
        FailedAttempts.Write(writer, error);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    /// <summary>One error event and the terminator. Official clients raise any event with a top-level <c>error</c> member.</summary>
    public static void WriteEvent(CallError error, IBufferWriter<byte> output)
    {
        output.Write("data: "u8);
        Write(error, output);
        output.Write("\n\ndata: [DONE]\n\n"u8);
    }

    private static string TypeOf(CallError error) => error switch
    {
        { Kind: CallErrorKind.BudgetExceeded } => "insufficient_quota",
        { Status: 429 } => "rate_limit_error",
        { Status: >= 500 } => "server_error",
        _ => "invalid_request_error",
    };
}
