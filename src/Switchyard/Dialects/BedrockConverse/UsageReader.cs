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
        };
    }
}
