using System.Text.Json;
using Switchyard.Experiments;

namespace Switchyard.Gateway.Experiments;

/// <summary>An experiment's result as JSON.</summary>
internal static class ExperimentJson
{
    public static void Write(Utf8JsonWriter json, ExperimentResult result)
    {
        json.WriteStartObject();
        json.WriteString("name", result.Name);
        json.WriteString("kind", result.Kind == ExperimentKind.Shadow ? "shadow" : "experiment");
        json.WriteString("alias", result.Alias);
        json.WriteBoolean("running", result.IsRunning);
        json.WriteString("started_at", result.StartedAt);
        json.WriteString("metric", ExperimentMetrics.NameOf(result.Metric));
        json.WriteNumber("alpha", result.Alpha);
        json.WriteString("verdict", result.Verdict);
        json.WriteStartArray("variants");
        foreach (var variant in result.Variants)
            Write(json, variant);
        json.WriteEndArray();
        json.WriteStartArray("comparisons");
        foreach (var comparison in result.Comparisons)
            Write(json, comparison);
        json.WriteEndArray();
        if (result.Copies is { } copies)
            Write(json, copies);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, VariantResult variant)
    {
        json.WriteStartObject();
        json.WriteString("name", variant.Name);
        json.WriteString("target", variant.Target);
        json.WriteNumber("share", variant.Share);
        json.WriteNumber("calls", variant.Calls);
        json.WriteNumber("answered", variant.Answered);
        json.WriteNumber("abandoned", variant.Abandoned);
        WriteFigure(json, "error_rate", variant.ErrorRate);
        WriteFigure(json, "latency_ms", variant.Latency?.TotalMilliseconds, digits: 3);
        WriteFigure(json, "first_token_ms", variant.FirstToken?.TotalMilliseconds, digits: 3);
        WriteFigure(json, "cost_usd", variant.Cost, digits: 9);
        json.WriteNumber("input_tokens", variant.InputTokens);
        json.WriteNumber("output_tokens", variant.OutputTokens);
        json.WriteNumber("ratings", variant.Ratings);
        WriteFigure(json, "score", variant.Score);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, VariantComparison comparison)
    {
        json.WriteStartObject();
        json.WriteString("variant", comparison.Variant);
        json.WriteString("control", comparison.Control);
        json.WriteString("metric", ExperimentMetrics.NameOf(comparison.Metric));
        json.WriteString("unit", UnitOf(comparison.Metric));
        WriteFigure(json, "low", comparison.Low, digits: 9);
        WriteFigure(json, "high", comparison.High, digits: 9);
        json.WriteBoolean("different", comparison.IsDifferent);
        json.WriteString("verdict", comparison.Verdict);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, CopyCounts copies)
    {
        json.WriteStartObject("copies");
        json.WriteNumber("copied", copies.Copied);
        json.WriteNumber("busy", copies.Busy);
        json.WriteNumber("over_rate", copies.OverRate);
        json.WriteNumber("too_large", copies.TooLarge);
        json.WriteEndObject();
    }

    private static string UnitOf(ExperimentMetric metric) => metric switch
    {
        ExperimentMetric.Latency or ExperimentMetric.FirstToken => "part of the control's",
        ExperimentMetric.Errors => "share of calls",
        ExperimentMetric.Cost => "USD a call",
        _ => "score",
    };

    private static void WriteFigure(Utf8JsonWriter json, string name, double? value, int digits = 6)
    {
        if (value is { } figure)
            json.WriteNumber(name, Math.Round(figure, digits));
        else
            json.WriteNull(name);
    }
}
