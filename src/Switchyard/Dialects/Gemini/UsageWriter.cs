using System.Text.Json;
using Switchyard.Canonical;

namespace Switchyard.Dialects.Gemini;

/// <summary>Writes <c>usageMetadata</c>.</summary>
internal static class UsageWriter
{
    /// <summary>Writes the member, unless no count is known.</summary>
    public static void Write(Utf8JsonWriter writer, TokenUsage usage)
    {
        if (usage.IsEmpty)
            return;
        writer.WriteStartObject("usageMetadata"u8);
        Number(writer, "promptTokenCount", usage.Input);
        // candidatesTokenCount excludes thoughts.
        Number(writer, "candidatesTokenCount", usage.Output is { } output ? Math.Max(0, output - (usage.Reasoning ?? 0)) : null);
        Number(writer, "totalTokenCount", usage.Total);
        Number(writer, "cachedContentTokenCount", usage.CacheRead);
        Number(writer, "thoughtsTokenCount", usage.Reasoning);
        writer.WriteEndObject();
    }

    private static void Number(Utf8JsonWriter writer, string name, long? value)
    {
        if (value is { } number)
            writer.WriteNumber(name, number);
    }
}
