using System.Text.Json;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.OpenAIResponses;

/// <summary>
/// The one place that writes a usage object of this format. The two counts of the details are always written, because clients read them
/// unchecked; no count is ever null.
/// </summary>
internal static class UsageWriter
{
    /// <summary>Writes the counts and, from the provider's own object of this format, the members that have no place among them.</summary>
    public static void Write(Utf8JsonWriter writer, TokenUsage usage, JsonElement? raw)
    {
        writer.WriteStartObject();
        writer.WriteNumber("input_tokens"u8, usage.Input ?? 0);
        writer.WriteStartObject("input_tokens_details"u8);
        writer.WriteNumber("cached_tokens"u8, usage.CacheRead ?? 0);
        if (usage.CacheWrite is { } cacheWrite)
            writer.WriteNumber("cache_write_tokens"u8, cacheWrite);
        if (usage.InputAudio is { } inputAudio)
            writer.WriteNumber("audio_tokens"u8, inputAudio);
        writer.WriteEndObject();
        writer.WriteNumber("output_tokens"u8, usage.Output ?? 0);
        writer.WriteStartObject("output_tokens_details"u8);
        writer.WriteNumber("reasoning_tokens"u8, usage.Reasoning ?? 0);
        if (usage.OutputAudio is { } outputAudio)
            writer.WriteNumber("audio_tokens"u8, outputAudio);
        writer.WriteEndObject();
        writer.WriteNumber("total_tokens"u8, usage.Total ?? 0);
        if (raw is { ValueKind: JsonValueKind.Object } own)
        {
            foreach (var member in own.EnumerateObject())
            {
                var isCount = member.IsNamed(
                    "input_tokens", "input_tokens_details", "output_tokens", "output_tokens_details", "total_tokens");
                if (!isCount && member.Value.ValueKind != JsonValueKind.Null && CountReader.IsSound(member.Value))
                    member.WriteTo(writer);
            }
        }

        writer.WriteEndObject();
    }
}
