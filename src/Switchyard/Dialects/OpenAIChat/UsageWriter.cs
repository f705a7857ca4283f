using System.Text.Json;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.OpenAIChat;

/// <summary>
/// The one place that writes a usage object of this format. A count the provider did not give is left out, never written as null:
/// clients add these numbers up.
/// </summary>
internal static class UsageWriter
{
    private static readonly string[] Counts = ["prompt_tokens", "completion_tokens", "total_tokens"];
    private static readonly string[] Details = ["prompt_tokens_details", "completion_tokens_details"];

    /// <summary>Writes the counts and, from the provider's own object, the members that have no place among them.</summary>
    public static void Write(Utf8JsonWriter writer, TokenUsage usage, JsonElement? raw, CallOperation operation = CallOperation.Chat)
    {
        writer.WriteStartObject();
        writer.WriteNumber("prompt_tokens"u8, usage.Input ?? 0);
        if (operation is not (CallOperation.Embedding or CallOperation.Rerank) || usage.Output is > 0)
            writer.WriteNumber("completion_tokens"u8, usage.Output ?? 0);
        writer.WriteNumber("total_tokens"u8, usage.Total ?? 0);
        WriteDetails(
            writer, "prompt_tokens_details", raw,
            ("cached_tokens", usage.CacheRead), ("cache_write_tokens", usage.CacheWrite), ("audio_tokens", usage.InputAudio));
        WriteDetails(
            writer, "completion_tokens_details", raw, ("reasoning_tokens", usage.Reasoning), ("audio_tokens", usage.OutputAudio));
        if (raw is { ValueKind: JsonValueKind.Object } own)
        {
            foreach (var member in own.EnumerateObject())
            {
                if (!Counts.Contains(member.Name) && !Details.Contains(member.Name) && member.Value.ValueKind != JsonValueKind.Null
                    && CountReader.IsSound(member.Value))
                    member.WriteTo(writer);
            }
        }

        writer.WriteEndObject();
    }

    private static void WriteDetails(
        Utf8JsonWriter writer, string name, JsonElement? raw, params ReadOnlySpan<(string Name, long? Count)> counts)
    {
        var own = raw?.Member(name);
        var any = own is { ValueKind: JsonValueKind.Object };
        foreach (var (_, count) in counts)
            any |= count is not null;
        if (!any)
            return;
        writer.WriteStartObject(name);
        foreach (var (member, count) in counts)
        {
            if (count is { } value)
                writer.WriteNumber(member, value);
        }

        if (own is { ValueKind: JsonValueKind.Object } details)
        {
            foreach (var member in details.EnumerateObject())
            {
                if (!IsAmong(counts, member.Name) && member.Value.ValueKind != JsonValueKind.Null && CountReader.IsSound(member.Value))
                    member.WriteTo(writer);
            }
        }

        writer.WriteEndObject();
    }

    private static bool IsAmong(ReadOnlySpan<(string Name, long? Count)> counts, string name)
    {
        foreach (var (member, _) in counts)
        {
            if (member == name)
                return true;
        }

        return false;
    }
}
