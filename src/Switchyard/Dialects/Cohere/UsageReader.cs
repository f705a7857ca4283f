using System.Text.Json;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.Cohere;

/// <summary>
/// Reads usage. Two counts are given: what is billed, and all tokens, which include the API's own prompt of some five hundred. The billed
/// ones are what the caller wrote and pays for, so they are the usage; cached tokens are counted of the others and mean nothing beside them.
/// </summary>
internal static class UsageReader
{
    /// <summary>Reads <c>usage</c> of a chat, or <c>meta</c> of the other operations.</summary>
    public static TokenUsage Read(JsonElement? usage)
    {
        var billed = Counts(usage?.Member("billed_units"));
        if (!billed.IsEmpty)
            return billed;
        return Counts(usage?.Member("tokens")) with { CacheRead = usage is { } all ? Count(all, "cached_tokens") : null };
    }

    /// <summary>What is billed for a search rather than a token.</summary>
    public static long? SearchUnits(JsonElement? meta) => meta?.Member("billed_units") is { } billed ? Count(billed, "search_units") : null;

    private static TokenUsage Counts(JsonElement? units) => units is not { } counts ? default : new()
    {
        Input = Count(counts, "input_tokens"),
        Output = Count(counts, "output_tokens"),
    };

    private static long? Count(JsonElement owner, string name) => owner.Integer(name) is >= 0 and var count ? count : null;
}
