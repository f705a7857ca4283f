using System.Text.Json;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.Cohere;

/// <summary>
/// Reads usage. The API reports two counts: billed tokens, and all tokens, which include its own prompt of some five hundred. The billed
/// ones are what the caller wrote and pays for, so they are the usage; cached tokens are a part of the other count and are left out.
/// </summary>
internal static class UsageReader
{
    /// <summary>Reads <c>usage</c> of a chat, or <c>meta</c> of the other operations.</summary>
    public static TokenUsage Read(JsonElement? usage)
    {
        var billed = Counts(usage?.Member("billed_units"));
        var tokens = usage?.Member("tokens");
        // Only the other count reports reasoning tokens; they are part of the output in both.
        var reasoning = tokens?.Count("reasoning_tokens");
        if (!billed.IsEmpty)
            return billed with { Reasoning = reasoning is { } part ? Math.Min(part, billed.Output ?? 0) : null };
        return Counts(tokens) with { Reasoning = reasoning, CacheRead = usage?.Count("cached_tokens") };
    }

    /// <summary>Billed searches (<c>search_units</c>).</summary>
    public static long? SearchUnits(JsonElement? meta) => meta?.Member("billed_units")?.Count("search_units");

    private static TokenUsage Counts(JsonElement? units) => units is not { } counts ? default : new()
    {
        Input = counts.Count("input_tokens"),
        Output = counts.Count("output_tokens"),
    };
}
