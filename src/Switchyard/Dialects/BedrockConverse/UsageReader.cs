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
        var read = Count(counts, "cacheReadInputTokens") ?? Count(counts, "cacheReadInputTokenCount");
        var written = Count(counts, "cacheWriteInputTokens") ?? Count(counts, "cacheWriteInputTokenCount");
        return new TokenUsage
        {
            Input = Count(counts, "inputTokens") is { } input ? input + (read ?? 0) + (written ?? 0) : null,
            Output = Count(counts, "outputTokens"),
            CacheRead = read,
            CacheWrite = written,
        };
    }

    // A count above 10^15 is nonsense and must not overflow a sum.
    private static long? Count(JsonElement usage, string name) => usage.Integer(name) is >= 0 and < 1_000_000_000_000_000 and var count
        ? count
        : null;
}
