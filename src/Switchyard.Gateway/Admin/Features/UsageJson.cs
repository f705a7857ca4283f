using System.Text.Json;
using Switchyard.Canonical;
using Switchyard.Money;

namespace Switchyard.Gateway.Admin.Features;

/// <summary>Summaries and entries of the ledger as JSON, the same in the admin API and on the command line.</summary>
internal static class UsageJson
{
    /// <summary>A summary: split by one thing as <c>by_provider: { name: … }</c>, by several as a list of <c>groups</c>.</summary>
    public static void Write(Utf8JsonWriter json, UsageSummary summary)
    {
        json.WriteStartObject();
        json.WriteString("object", "usage");
        WriteTime(json, "since", summary.Query.Filter.Since);
        WriteTime(json, "until", summary.Query.Filter.Until);
        json.WriteNumber("total_cost", summary.TotalCost);
        json.WriteNumber("total_requests", summary.TotalRequests);
        json.WriteNumber("total_input_tokens", summary.TotalInputTokens);
        json.WriteNumber("total_output_tokens", summary.TotalOutputTokens);
        json.WriteNumber("average_cost_per_request", decimal.Round(summary.AverageCostPerRequest, 12));
        json.WriteStartObject("total");
        WriteFigures(json, summary.Total);
        json.WriteEndObject();
        var by = summary.Query.By;
        if (by is [var only])
        {
            json.WriteStartObject($"by_{UsageQuestion.NameOf(only)}");
            foreach (var group in summary.Groups)
            {
                json.WriteStartObject(group.Name);
                WriteFigures(json, group.Figures);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }
        else if (by.Count > 1)
        {
            json.WriteStartArray("groups");
            foreach (var group in summary.Groups)
            {
                json.WriteStartObject();
                foreach (var (grouping, name) in by.Zip(group.Names))
                    json.WriteString(UsageQuestion.NameOf(grouping), name);
                WriteFigures(json, group.Figures);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteBoolean("has_more", summary.HasMore);
        json.WriteEndObject();
    }

    /// <summary>A page of entries.</summary>
    /// <param name="json">The writer.</param>
    /// <param name="page">The page.</param>
    /// <param name="guess">The meaning that was found for a word without a name; null if there is nothing to report.</param>
    public static void Write(Utf8JsonWriter json, LedgerPage page, string? guess = null)
    {
        json.WriteStartObject();
        json.WriteString("object", "list");
        json.WriteStartArray("data");
        foreach (var entry in page.Entries)
            Write(json, entry);
        json.WriteEndArray();
        json.WriteString("next", page.Next);
        if (guess is not null)
            json.WriteString("found_as", guess);
        json.WriteEndObject();
    }

    /// <summary>An entry.</summary>
    public static void Write(Utf8JsonWriter json, LedgerEntry entry)
    {
        json.WriteStartObject();
        json.WriteString("call", entry.Call);
        json.WriteNumber("attempt", entry.Attempt);
        json.WriteString("request_id", entry.RequestId);
        WriteTime(json, "started_at", entry.StartedAt);
        json.WriteNumber("duration_ms", (long)entry.Duration.TotalMilliseconds);
        json.WriteString("outcome", entry.Outcome.ToString().ToLowerInvariant());
        json.WriteString("provider", entry.Provider);
        json.WriteString("model", entry.Model);
        json.WriteString("alias", entry.Alias);
        json.WriteString("operation", entry.Operation);
        json.WriteString("key", entry.Key);
        json.WriteString("tenant", entry.Tenant);
        json.WriteString("end_user", entry.EndUser);
        json.WriteString("session", entry.Session);
        json.WriteString("tag", entry.Tag);
        WriteCount(json, "input_tokens", entry.Usage.Input);
        WriteCount(json, "output_tokens", entry.Usage.Output);
        WriteClasses(json, entry.Usage);
        WriteCount(json, "web_searches", entry.Usage.WebSearches);
        WriteCount(json, "file_searches", entry.Usage.FileSearches);
        json.WriteBoolean("estimated", entry.IsEstimate);
        if (entry.Unpriced == Unpriced.None)
        {
            json.WriteNumber("cost", entry.Cost.Dollars);
            WriteCosts(json, entry.Cost);
            json.WriteNull("unpriced");
        }
        else
        {
            json.WriteNull("cost");
            json.WriteString("unpriced", NameOf(entry.Unpriced));
        }

        json.WriteString("price_version", entry.PriceVersion);
        if (entry.WorstCase > 0)
            json.WriteNumber("worst_case_nano_usd", entry.WorstCase);
        json.WriteStartArray("budgets");
        foreach (var budget in entry.Budgets)
            json.WriteStringValue(budget);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteFigures(Utf8JsonWriter json, UsageFigures figures)
    {
        json.WriteNumber("cost", figures.Cost.Dollars);
        json.WriteNumber("saved_by_cache", decimal.Round(figures.SavedByCache, 12));
        json.WriteNumber("requests", figures.Requests);
        json.WriteNumber("input_tokens", figures.Usage.Input ?? 0);
        json.WriteNumber("output_tokens", figures.Usage.Output ?? 0);
        WriteClasses(json, figures.Usage);
        WriteCosts(json, figures.Cost);
        json.WriteNumber("lines", figures.Lines);
        json.WriteStartObject("outcomes");
        json.WriteNumber("finished", figures.Finished);
        json.WriteNumber("failed", figures.Failed);
        json.WriteNumber("abandoned", figures.Abandoned);
        json.WriteNumber("cached", figures.Cached);
        json.WriteNumber("unknown", figures.Unknown);
        json.WriteNumber("resolved", figures.Resolved);
        json.WriteEndObject();
        json.WriteNumber("estimates", figures.Estimates);
        json.WriteStartObject("unpriced");
        json.WriteNumber(NameOf(Unpriced.NoPrice), figures.Unpriced.NoPrice);
        json.WriteNumber(NameOf(Unpriced.NoRate), figures.Unpriced.NoRate);
        json.WriteNumber(NameOf(Unpriced.NoUsage), figures.Unpriced.NoUsage);
        json.WriteNumber(NameOf(Unpriced.OtherUnit), figures.Unpriced.OtherUnit);
        json.WriteEndObject();
    }

    private static void WriteClasses(Utf8JsonWriter json, in TokenUsage usage)
    {
        WriteCount(json, "cache_read_tokens", usage.CacheRead);
        WriteCount(json, "cache_write_tokens", usage.CacheWrite);
        WriteCount(json, "reasoning_tokens", usage.Reasoning);
        WriteCount(json, "input_audio_tokens", usage.InputAudio);
        WriteCount(json, "output_audio_tokens", usage.OutputAudio);
    }

    private static void WriteCosts(Utf8JsonWriter json, in TokenCost cost)
    {
        json.WriteStartObject("cost_nano_usd");
        json.WriteNumber("total", cost.Total);
        json.WriteNumber("input", cost.Input);
        json.WriteNumber("output", cost.Output);
        json.WriteNumber("cache_read", cost.CacheRead);
        json.WriteNumber("cache_write", cost.CacheWrite);
        json.WriteNumber("reasoning", cost.Reasoning);
        json.WriteNumber("input_audio", cost.InputAudio);
        json.WriteNumber("output_audio", cost.OutputAudio);
        json.WriteNumber("request", cost.Request);
        json.WriteEndObject();
    }

    private static void WriteCount(Utf8JsonWriter json, string name, long? count)
    {
        if (count is { } known)
            json.WriteNumber(name, known);
        else
            json.WriteNull(name);
    }

    private static void WriteTime(Utf8JsonWriter json, string name, DateTimeOffset? time)
    {
        if (time is { } known)
            json.WriteString(name, known.UtcDateTime);
        else
            json.WriteNull(name);
    }

    /// <summary>The name of the reason why a call has no cost.</summary>
    public static string NameOf(Unpriced why) => why switch
    {
        Unpriced.NoPrice => "no_price",
        Unpriced.NoRate => "no_rate",
        Unpriced.NoUsage => "no_usage",
        _ => "other_unit",
    };
}
