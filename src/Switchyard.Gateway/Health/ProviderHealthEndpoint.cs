using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Engine;
using Switchyard.Gateway.Ingress;
using Switchyard.Gateway.Security;
using Switchyard.Health;
using Switchyard.Targets;

namespace Switchyard.Gateway.Health;

/// <summary>
/// <c>GET /health/providers</c>: every provider with its state, from memory. With <c>?test=true</c> each is tested now, at the configured
/// level or that of <c>&amp;level=</c>.
/// </summary>
internal sealed class ProviderHealthEndpoint(
    SwitchyardEngine engine, HealthChecker health, DialectSet dialects, JsonAnswers answers)
{
    /// <summary>The path, as <c>server.open</c> names it.</summary>
    public const string Path = "/health/providers";

    public Task AnswerAsync(HttpContext http) => answers.WriteAsync(
        http,
        dialects.Ingress(DialectId.OpenAIChat),
        async json =>
        {
            var (test, level) = Read(http.Request.Query);
            // server.open may show the states without a key. Requests to providers need one, because a round trip is billed.
            if (test)
                ClientKeys.Check(http, engine.Snapshot, alwaysActs: true);
            IReadOnlyDictionary<string, HealthResult>? results =
                test ? await health.CheckAllAsync(level, http.RequestAborted) : null;
            Write(json, health.Statuses, results);
        },
        Path);

    /// <exception cref="CallException">A parameter has an unknown value.</exception>
    private static (bool Test, HealthLevel? Level) Read(IQueryCollection query)
    {
        var (test, level) = (query["test"].ToString(), query["level"].ToString());
        if (test is not ("" or "true" or "false"))
            throw new CallException(CallErrorKind.InvalidRequest, "'test' must be true or false.", "test");
        if (level.Length > 0 && HealthLevels.Parse(level) is null)
        {
            throw new CallException(
                CallErrorKind.InvalidRequest, "'level' must be configuration, reachability or round-trip.", "level");
        }

        return (test == "true", HealthLevels.Parse(level));
    }

    private static void Write(
        Utf8JsonWriter json, IReadOnlyList<ProviderStatus> statuses, IReadOnlyDictionary<string, HealthResult>? results)
    {
        json.WriteStartObject();
        json.WriteBoolean("tested", results is not null);
        json.WriteStartArray("providers");
        foreach (var status in statuses)
            Write(json, status, results?.GetValueOrDefault(status.Name));
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, ProviderStatus status, HealthResult? tested)
    {
        json.WriteStartObject();
        json.WriteString("name", status.Name);
        json.WriteString("status", NameOf(status.State));
        WriteText(json, "error", tested?.Error ?? status.Error);
        if (tested is not null)
            WriteTest(json, tested);
        WriteText(json, "last_check", status.LastCheck?.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        WriteNumber(json, "response_time_ms", Milliseconds(status.ResponseTime));
        WriteNumber(json, "success_rate", status.SuccessRate);
        WriteNumber(json, "error_rate", status.ErrorRate);
        json.WriteNumber("active_connections", status.ActiveConnections);
        if (status.ConcurrencyLimit is { } limit)
            json.WriteNumber("concurrency_limit", limit);
        json.WriteNumber("consecutive_failures", status.ConsecutiveFailures);
        json.WriteNumber("total_requests", status.TotalRequests);
        json.WriteEndObject();
    }

    private static void WriteTest(Utf8JsonWriter json, HealthResult tested)
    {
        json.WriteBoolean("healthy", tested.Healthy);
        WriteNumber(json, "latency_ms", Milliseconds(tested.Latency));
    }

    private static string NameOf(HealthState state) => state switch
    {
        HealthState.Healthy => "healthy",
        HealthState.Degraded => "degraded",
        HealthState.Unhealthy => "unhealthy",
        _ => "unknown",
    };

    private static double? Milliseconds(TimeSpan? time) => time?.TotalMilliseconds;

    private static void WriteText(Utf8JsonWriter json, string name, string? value)
    {
        if (value is null)
            json.WriteNull(name);
        else
            json.WriteString(name, value);
    }

    /// <summary>Writes a number with two decimals.</summary>
    private static void WriteNumber(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } known)
            json.WriteNumber(name, Math.Round((decimal)known, 2));
        else
            json.WriteNull(name);
    }
}
