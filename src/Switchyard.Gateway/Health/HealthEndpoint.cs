using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Switchyard.Engine;
using Switchyard.Gateway.Security;
using Switchyard.Money;
using Switchyard.Secrets;

namespace Switchyard.Gateway.Health;

/// <summary>
/// <c>GET /health</c> and <c>/health/ready</c>: 200 while calls can be served, else 503 with the reason. <c>/health/live</c>: 200 while the
/// process runs. None sends a request to a provider.
/// </summary>
internal sealed class HealthEndpoint(SwitchyardEngine engine, IHostApplicationLifetime lifetime)
{
    private static readonly string s_version = typeof(HealthEndpoint).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";

    public Task AnswerReadyAsync(HttpContext http)
    {
        // Reported before the server stops listening, so that a load balancer sends no more requests here.
        var stopping = lifetime.ApplicationStopping.IsCancellationRequested;
        var reason = stopping ? "The gateway is being stopped." : engine.NotReady;
        http.Response.StatusCode = reason is null ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        return WriteAsync(http, stopping ? "stopping" : reason is null ? "ok" : "unavailable", reason);
    }

    public Task AnswerLiveAsync(HttpContext http) => WriteAsync(http, "ok", reason: null);

    private async Task WriteAsync(HttpContext http, string status, string? reason)
    {
        http.Response.ContentType = "application/json";
        http.Response.Headers.CacheControl = "no-store";
        await using var json = new Utf8JsonWriter(http.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteString("status", status);
        if (reason is not null)
            json.WriteString("reason", reason);
        // Many servers answer {"status":"ok"} here: "switchyard ping" must not take one of them for a gateway.
        json.WriteString("service", "switchyard");
        json.WriteString("version", s_version);
        // The providers and their errors are only for clients that may call them.
        if (ClientKeys.Admits(http, engine.Snapshot))
            WriteDetails(json);
        json.WriteEndObject();
    }

    private void WriteDetails(Utf8JsonWriter json)
    {
        json.WriteNumber("config_generation", engine.Snapshot.Generation);
        if (engine.UsesMock)
            json.WriteString("note", "Nothing is configured, so the built-in mock answers every call.");
        json.WriteStartArray("providers");
        foreach (var name in engine.ProviderNames)
            json.WriteStringValue(name);
        json.WriteEndArray();
        if (engine.Limits.IsShared)
        {
            json.WriteStartObject("limits");
            json.WriteNumber("nodes", engine.Limits.Nodes);
            json.WriteBoolean("alone", engine.Limits.IsAlone);
            json.WriteEndObject();
        }

        if (engine.HasLedger)
            WriteLedger(json, engine.LedgerTrouble);
        json.WriteStartObject("load_errors");
        foreach (var (name, error) in engine.Registry.LoadErrors)
            json.WriteString(name, error);
        json.WriteEndObject();
        WriteSecretStores(json, engine.SecretStores);
    }

    /// <summary>
    /// Writes the state of the ledger. Calls are served while it cannot be written (except with <c>storage.durability: strict</c>), so
    /// nothing else shows the operator that their costs are not in it yet.
    /// </summary>
    private static void WriteLedger(Utf8JsonWriter json, LedgerTrouble? trouble)
    {
        json.WriteStartObject("ledger");
        json.WriteString("status", trouble is null ? "ok" : "unavailable");
        if (trouble is not null)
        {
            json.WriteString("error", trouble.Reason);
            json.WriteString("since", trouble.Since);
        }

        json.WriteEndObject();
    }

    /// <summary>
    /// Writes the secret stores. One that is unavailable does no harm yet: its last values stay in use. The operator should know it before
    /// the next start.
    /// </summary>
    private static void WriteSecretStores(Utf8JsonWriter json, IReadOnlyList<SecretStoreState> stores)
    {
        if (stores.Count == 0)
            return;
        json.WriteStartObject("secret_stores");
        foreach (var store in stores)
        {
            json.WriteStartObject(store.Name);
            json.WriteString("status", store.Fault is null ? "ok" : "unavailable");
            if (store is { Fault: { } fault, Since: { } since })
            {
                json.WriteString("error", fault);
                json.WriteString("since", since);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}
