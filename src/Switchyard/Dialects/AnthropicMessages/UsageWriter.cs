using System.Text.Json;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.AnthropicMessages;

/// <summary>The one place that writes a usage object of this format. The counts clients add up are always there, and never null.</summary>
internal static class UsageWriter
{
    /// <summary>Writes the counts and, from the provider's own object, the members that have no place among them.</summary>
    public static void Write(Utf8JsonWriter writer, TokenUsage usage, JsonElement? own)
    {
        // Clients take the counts for the length of the conversation, so those that the provider listed apart stay in its list alone.
        var apart = UsageCounts.IterationsOf(own);
        var cacheRead = Less(usage.CacheRead, apart.CacheRead);
        var cacheWrite = Less(usage.CacheWrite, apart.CacheWrite);
        writer.WriteStartObject();
        writer.WriteNumber("input_tokens"u8, Math.Max(0, Less(usage.Input, apart.Input) - cacheRead - cacheWrite));
        writer.WriteNumber("cache_creation_input_tokens"u8, cacheWrite);
        writer.WriteNumber("cache_read_input_tokens"u8, cacheRead);
        if (usage.CacheWriteHour is { } allHours && own?.TryGetProperty("cache_creation"u8, out _) is not true)
        {
            var hour = Less(allHours, apart.CacheWriteHour);
            writer.WriteStartObject("cache_creation"u8);
            writer.WriteNumber("ephemeral_5m_input_tokens"u8, Math.Max(0, cacheWrite - hour));
            writer.WriteNumber("ephemeral_1h_input_tokens"u8, hour);
            writer.WriteEndObject();
        }

        writer.WriteNumber("output_tokens"u8, Less(usage.Output, apart.Output));
        if (usage.Reasoning is { } thinking)
        {
            writer.WriteStartObject("output_tokens_details"u8);
            writer.WriteNumber("thinking_tokens"u8, thinking);
            writer.WriteEndObject();
        }

        if (own is { ValueKind: JsonValueKind.Object } members)
        {
            foreach (var member in members.EnumerateObject())
            {
                if (!IsCount(member) && CountReader.IsSound(member.Value))
                    member.WriteTo(writer);
            }
        }

        writer.WriteEndObject();
    }

    /// <summary>Whether the member of a usage object is one that is written from the counts.</summary>
    public static bool IsCount(JsonProperty member) => member.IsNamed(
        "input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens", "output_tokens_details");

    private static long Less(long? all, long? apart) => Math.Max(0, (all ?? 0) - (apart ?? 0));
}
