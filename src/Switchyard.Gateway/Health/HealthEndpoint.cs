using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Switchyard.Engine;

namespace Switchyard.Gateway.Health;

/// <summary><c>GET /health</c>: 200 once calls can be served. It sends no request to a provider.</summary>
internal sealed class HealthEndpoint(SwitchyardEngine engine)
{
    private static readonly string s_version = typeof(HealthEndpoint).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";

    public async Task AnswerAsync(HttpContext http)
    {
        http.Response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(http.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteString("status", "ok");
        json.WriteString("version", s_version);
        json.WriteNumber("config_generation", engine.Snapshot.Generation);
        json.WriteStartArray("providers");
        foreach (var name in engine.ProviderNames)
            json.WriteStringValue(name);
        json.WriteEndArray();
        json.WriteStartObject("load_errors");
        foreach (var (name, error) in engine.Registry.LoadErrors)
            json.WriteString(name, error);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
