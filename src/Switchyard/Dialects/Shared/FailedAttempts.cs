using System.Text.Json;
using Switchyard.Calls;

namespace Switchyard.Dialects.Shared;

/// <summary>
/// Writes all that a call has tried into its error: <c>details</c>, a member that the clients of every format pass over and people look
/// for.
/// </summary>
internal static class FailedAttempts
{
    /// <summary>Writes the member <c>details</c>; nothing where there was one attempt.</summary>
    public static void Write(Utf8JsonWriter writer, CallError error)
    {
        if (error.Attempts.Count == 0)
            return;
        writer.WriteStartArray("details"u8);
        foreach (var attempt in error.Attempts)
        {
            writer.WriteStartObject();
            writer.WriteString("provider"u8, attempt.Provider);
            writer.WriteString("model"u8, attempt.Model);
            writer.WriteString("message"u8, attempt.Message);
            if (attempt.Status is { } status)
                writer.WriteNumber("status"u8, status);
            else
                writer.WriteNull("status"u8);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
