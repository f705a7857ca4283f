using System.Text.Json;
using Switchyard.Listing;
using Switchyard.Models;
using Switchyard.Providers;

namespace Switchyard.Gateway.Models;

/// <summary>
/// Writes a model and its facts as JSON. A fact that is not known is left out or null; a price that is not known is null and not 0. Rates
/// are written with the digits of their source.
/// </summary>
internal static class ModelJson
{
    /// <summary>A model in OpenAI's shape, with further members for what is known of it.</summary>
    public static void Write(Utf8JsonWriter json, ListedModel model, DateOnly today)
    {
        json.WriteStartObject();
        json.WriteString("id", model.Id);
        json.WriteString("object", "model");
        json.WriteNumber("created", model.Since?.ToUnixTimeSeconds() ?? 0);
        json.WriteString("owned_by", model.OwnedBy);
        json.WriteString("name", model.Name);
        WriteTarget(json, model);
        WriteLimits(json, model);
        if (model.Kind is { } kind)
            json.WriteString("kind", NameOf(kind));
        var info = model.Info;
        if (info is not null)
            WriteModalities(json, info);
        WriteFeatures(json, model);
        if (info is not null)
        {
            WriteReasoning(json, info);
            if (info.Status is { } status)
                json.WriteString("status", status);
        }

        WritePricing(json, model.PriceOn(today));
        WriteSource(json, model.Info);
        json.WriteEndObject();
    }

    public static void WriteTarget(Utf8JsonWriter json, ListedModel model)
    {
        json.WriteString("provider", model.Provider);
        json.WriteString("model", model.Model);
        json.WriteString("listed_by", model.ListedBy switch
        {
            ListedBy.Provider => "provider",
            ListedBy.Configuration => "configuration",
            _ => "catalogue",
        });
        if (model.IsAlias)
            WriteWords(json, "targets", model.Targets);
    }

    public static void WriteLimits(Utf8JsonWriter json, ListedModel model)
    {
        WriteNumber(json, "context_window", model.ContextWindow);
        WriteNumber(json, "max_input_tokens", model.Info?.MaxInputTokens);
        WriteNumber(json, "max_output_tokens", model.Info?.Facts.MaxOutputTokens);
    }

    /// <summary>Each feature as true or false, or null if it is not known. Nothing if no source states any.</summary>
    public static void WriteFeatures(Utf8JsonWriter json, ListedModel model)
    {
        if (model.Info is null && model.StatedCapabilities is null)
            return;
        json.WriteStartObject("features");
        foreach (var name in ModelFeatures.Names)
        {
            if (model.Has(name) is { } known)
                json.WriteBoolean(name, known);
            else
                json.WriteNull(name);
        }

        json.WriteEndObject();
    }

    public static void WriteReasoning(Utf8JsonWriter json, ModelInfo info)
    {
        var facts = info.Facts;
        if (facts.ReasoningEfforts.Count == 0 && !facts.TakesReasoningBudget && !info.ReasoningToggle)
            return;
        json.WriteStartObject("reasoning");
        WriteWords(json, "efforts", facts.ReasoningEfforts);
        if (facts.TakesReasoningBudget)
        {
            json.WriteStartObject("budget_tokens");
            WriteNumber(json, "min", facts.MinReasoningBudget);
            WriteNumber(json, "max", facts.MaxReasoningBudget);
            json.WriteEndObject();
        }

        if (facts.DefaultEffort is { } unasked)
            json.WriteString("default_effort", unasked);
        json.WriteBoolean("can_be_switched_off", info.ReasoningToggle || facts.ReasoningEfforts.Contains("none"));
        json.WriteEndObject();
    }

    /// <summary>Writes the rules of its family: the format that it must be called in, the fields that it refuses.</summary>
    public static void WriteRules(Utf8JsonWriter json, ModelInfo info)
    {
        var facts = info.Facts;
        if (facts.Format is { } format)
        {
            json.WriteStartObject("format");
            json.WriteString("dialect", format.Dialect.Value);
            json.WriteString("when", JsonNamingPolicy.SnakeCaseLower.ConvertName(format.When.ToString()));
            json.WriteEndObject();
        }

        if (facts.RefusedFields.Count > 0)
            WriteWords(json, "refused_fields", facts.RefusedFields);
        if (facts.RefusedWhileReasoning.Count > 0)
            WriteWords(json, "refused_while_reasoning", facts.RefusedWhileReasoning);
    }

    public static void WriteSource(Utf8JsonWriter json, ModelInfo? info)
    {
        if (info is null)
        {
            json.WriteNull("source");
            return;
        }

        json.WriteStartObject("source");
        json.WriteString("name", info.Source.Name);
        json.WriteString("date", Text(info.Source.Date));
        if (info.TakenFrom is { } entry)
            json.WriteString("taken_from", entry);
        if (info.Rules.Count > 0)
            WriteWords(json, "rules", info.Rules);
        json.WriteEndObject();
    }

    private static void WriteModalities(Utf8JsonWriter json, ModelInfo info)
    {
        if (info.InputModalities.Count == 0)
            return;
        json.WriteStartObject("modalities");
        WriteWords(json, "input", info.InputModalities);
        WriteWords(json, "output", info.OutputModalities);
        json.WriteEndObject();
    }

    private static void WritePricing(Utf8JsonWriter json, ModelPricing? price)
    {
        if (price is null)
        {
            json.WriteNull("pricing");
            return;
        }

        json.WriteStartObject("pricing");
        json.WriteString("currency", "USD");
        json.WriteString("per", price.Unit == PriceUnit.Tokens ? "1000000 tokens" : "1000000 searches");
        WriteRates(json, price.Rates);
        if (price.Tiers.Count > 0)
        {
            json.WriteStartArray("tiers");
            foreach (var tier in price.Tiers)
            {
                json.WriteStartObject();
                json.WriteNumber("above_input_tokens", tier.AboveInputTokens);
                WriteRates(json, tier.Rates);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        if (price.From is { } from)
            json.WriteString("from", Text(from));
        if (price.Confirmed is { } confirmed)
            json.WriteBoolean("confirmed", confirmed);
        json.WriteString("source", price.Source.Name);
        json.WriteString("date", Text(price.Source.Date));
        json.WriteEndObject();
    }

    private static void WriteRates(Utf8JsonWriter json, ModelRates rates)
    {
        WriteRate(json, "input", rates.Input);
        WriteRate(json, "output", rates.Output);
        WriteRate(json, "cache_read", rates.CacheRead);
        WriteRate(json, "cache_write", rates.CacheWrite);
        WriteRate(json, "cache_write_1h", rates.CacheWriteHour);
        WriteRate(json, "audio_input", rates.AudioInput);
        WriteRate(json, "audio_output", rates.AudioOutput);
        WriteRate(json, "reasoning", rates.Reasoning);
    }

    private static void WriteRate(Utf8JsonWriter json, string name, decimal? rate)
    {
        if (rate is { } known)
            json.WriteNumber(name, known);
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, int? number)
    {
        if (number is { } known)
            json.WriteNumber(name, known);
    }

    public static void WriteWords(Utf8JsonWriter json, string name, IEnumerable<string> words)
    {
        json.WriteStartArray(name);
        foreach (var word in words)
            json.WriteStringValue(word);
        json.WriteEndArray();
    }

    private static string NameOf(ModelKind kind) => JsonNamingPolicy.SnakeCaseLower.ConvertName(kind.ToString());

    private static string Text(DateOnly date) => date.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
}
