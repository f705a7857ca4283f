using System.Text.Json;
using Switchyard.Calls;

namespace Switchyard.Dialects.AnthropicMessages;

/// <summary>
/// The error for a request with a thread, a conversation that Anthropic keeps, if the target is not of this format. Its code is the one by
/// which Anthropic's clients know that they must send the whole conversation instead: they have sent only its new messages.
/// </summary>
internal static class ThreadErrors
{
    /// <summary>The field of a request that begins or continues a thread.</summary>
    public const string Field = "thread";

    /// <summary>Whether it is the refusal of a thread.</summary>
    public static bool IsOne(CallError error) => error is { Kind: CallErrorKind.InvalidRequest, Param: Field };

    /// <summary>Writes the member <c>details</c>.</summary>
    public static void WriteDetails(Utf8JsonWriter writer)
    {
        writer.WriteStartObject("details"u8);
        writer.WriteString("error_code"u8, "thread_unsupported_request"u8);
        writer.WriteStartArray("unsupported"u8);
        writer.WriteStringValue("model"u8);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
