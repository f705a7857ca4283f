using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Overview;
using Switchyard.Targets;

namespace Switchyard.Gateway.Admin.Features;

/// <summary>Everything known about a call, as JSON.</summary>
internal static class CallJson
{
    public static void Write(Utf8JsonWriter json, KnownCall call)
    {
        json.WriteStartObject();
        json.WriteString("object", "call");
        json.WriteString("id", call.Id);
        json.WritePropertyName("record");
        if (call.Record is { } record)
            Write(json, record);
        else
            json.WriteNullValue();
        json.WriteStartArray("lines");
        foreach (var line in call.Lines)
            UsageJson.Write(json, line);
        json.WriteEndArray();
        json.WriteString("problem", call.Problem);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, CallRecord record)
    {
        json.WriteStartObject();
        json.WriteString("outcome", Word(record.Outcome));
        Write(json, record.Error);
        json.WriteString("started_at", record.StartedAt.UtcDateTime);
        WriteTime(json, "duration_ms", record.Duration);
        WriteTime(json, "upstream_ms", record.UpstreamTime);
        json.WriteString("model", record.Model);
        json.WriteString("alias", record.Alias);
        json.WriteString("operation", Word(record.Operation));
        json.WriteBoolean("stream", record.Stream);
        json.WriteString("caller", record.Caller.Name);
        json.WriteString("tenant", record.Tenant);
        json.WriteString("end_user", record.EndUser);
        json.WriteNumber("generation", record.Generation);
        json.WriteString("cache", Word(record.Cache));
        json.WriteString("experiment", record.Experiment);
        json.WriteString("shadow_of", record.ShadowOf);
        json.WriteString("guarded", record.Guarded);
        json.WriteString("trace_id", record.TraceId);
        json.WriteStartArray("attempts");
        foreach (var attempt in record.Attempts)
            Write(json, attempt);
        json.WriteEndArray();
        json.WritePropertyName("decision");
        if (record.Decision is { } decision)
            Write(json, decision);
        else
            json.WriteNullValue();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, AttemptRecord attempt)
    {
        json.WriteStartObject();
        json.WriteString("provider", attempt.Provider);
        json.WriteString("model", attempt.Model);
        json.WriteNumber("credential", attempt.Credential);
        json.WriteString("mode", Word(attempt.Mode));
        json.WriteString("outcome", Word(attempt.Outcome));
        Write(json, attempt.Error);
        WriteTime(json, "upstream_ms", attempt.UpstreamTime);
        WriteTime(json, "duration_ms", attempt.Duration);
        WriteCount(json, "input_tokens", attempt.Usage.Input);
        WriteCount(json, "output_tokens", attempt.Usage.Output);
        if (attempt.Unpriced == Unpriced.None)
            json.WriteNumber("cost", attempt.Cost.Dollars);
        else
            json.WriteNull("cost");
        json.WriteString("unpriced", attempt.Unpriced == Unpriced.None ? null : UsageJson.NameOf(attempt.Unpriced));
        json.WriteBoolean("hedge", attempt.IsHedge);
        json.WriteBoolean("continuation", attempt.IsContinuation);
        json.WriteStartArray("lost");
        foreach (var field in attempt.Dropped)
            json.WriteStringValue(field);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, CallDecision decision)
    {
        json.WriteStartObject();
        json.WriteString("route", decision.Route);
        json.WriteString("strategy", decision.Strategy);
        json.WriteNumber("seed", decision.Seed);
        json.WriteStartArray("candidates");
        foreach (var candidate in decision.Candidates)
        {
            json.WriteStartObject();
            json.WriteString("provider", candidate.Provider);
            json.WriteString("model", candidate.Model);
            json.WriteNumber("credential", candidate.Credential);
            json.WriteNumber("group", candidate.Group);
            if (candidate.Score is { } score)
                json.WriteNumber("score", score);
            else
                json.WriteNull("score");
            json.WriteBoolean("excluded", candidate.Excluded != Exclusion.None);
            json.WriteString("reason", candidate.Reason);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNumber("omitted", decision.Omitted);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, CallError? error)
    {
        json.WritePropertyName("error");
        if (error is null)
        {
            json.WriteNullValue();
            return;
        }

        json.WriteStartObject();
        json.WriteString("code", error.WireCode);
        json.WriteString("message", error.Message);
        json.WriteEndObject();
    }

    private static void WriteTime(Utf8JsonWriter json, string name, TimeSpan time) =>
        json.WriteNumber(name, Math.Round(time.TotalMilliseconds, 3));

    private static void WriteCount(Utf8JsonWriter json, string name, long? count)
    {
        if (count is { } known)
            json.WriteNumber(name, known);
        else
            json.WriteNull(name);
    }

    private static string Word<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());
}
