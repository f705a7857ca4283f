using System.Text.Json;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.BedrockConverse;

/// <summary>
/// Reads <c>usage</c>. <c>inputTokens</c> excludes cached tokens; reasoning is part of <c>outputTokens</c> and not counted apart.
/// </summary>
internal static class UsageReader
{
    public static TokenUsage Read(JsonElement? usage)
    {
        if (usage is not { ValueKind: JsonValueKind.Object } counts)
            return default;
        var read = counts.Count("cacheReadInputTokens") ?? counts.Count("cacheReadInputTokenCount");
        var written = counts.Count("cacheWriteInputTokens") ?? counts.Count("cacheWriteInputTokenCount");
        return new TokenUsage
        {
            Input = counts.Count("inputTokens") is { } input ? TokenUsage.Sum(input, read, written) : null,
            Output = counts.Count("outputTokens"),
            CacheRead = read,
            CacheWrite = written,
            CacheWriteHour = WrittenForAnHour(counts),
        };
    }

    /// <summary>The tokens that <c>cacheDetails</c> reports as written with the time to live <c>1h</c>; null if it reports none.</summary>
    private static long? WrittenForAnHour(JsonElement counts)
    {
        if (!counts.TryGetProperty("cacheDetails"u8, out var details) || details.ValueKind != JsonValueKind.Array)
            return null;
        long? sum = null;
        foreach (var detail in details.EnumerateArray())
        {
            if (detail.ValueKind == JsonValueKind.Object && detail.TryGetProperty("ttl"u8, out var ttl)
                && ttl.ValueKind == JsonValueKind.String && ttl.ValueEquals("1h"u8))
                sum = TokenUsage.Sum(sum, detail.Count("inputTokens"));
        }

        return sum;
    }
}
