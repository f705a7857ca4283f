using System.Text.Json;
using Switchyard.Calls;

namespace Switchyard.Dialects.Shared;

/// <summary>
/// Writes all attempts of a call into its error: <c>details</c>, a member that the clients of every format ignore and developers look
/// for.
/// </summary>
internal static class FailedAttempts
{
    /// <summary>Writes the member <c>details</c>; nothing for a single attempt.</summary>
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
