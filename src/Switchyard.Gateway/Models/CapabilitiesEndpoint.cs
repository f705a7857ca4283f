using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Engine;
using Switchyard.Gateway.Ingress;
using Switchyard.Gateway.Security;
using Switchyard.Listing;
using Switchyard.Providers.Http;

namespace Switchyard.Gateway.Models;

/// <summary>
/// <c>GET /v1/capabilities[?model=]</c>: for each model its operations with the dialects a client may use for them, its features, how its
/// reasoning is controlled, the format and the fields it wants left out, and the source of these facts.
/// </summary>
internal sealed class CapabilitiesEndpoint(SwitchyardEngine engine, DialectSet dialects, JsonAnswers answers)
{
    public Task AnswerAsync(HttpContext http) => answers.WriteAsync(http, dialects.Ingress(DialectId.OpenAIChat), async json =>
    {
        var asked = http.Request.Query["model"].ToString();
        var models = asked.Length > 0
            ? [await engine.Models.GetAsync(ClientKeys.Check(http, engine.Snapshot), asked, http.RequestAborted)]
            : await ModelFilter.ListAsync(engine, http);
        json.WriteStartObject();
        json.WriteString("object", "list");
        json.WriteStartArray("data");
        foreach (var model in models)
            Write(json, model);
        json.WriteEndArray();
        json.WriteEndObject();
    });

    private void Write(Utf8JsonWriter json, ListedModel model)
    {
        json.WriteStartObject();
        json.WriteString("id", model.Id);
        ModelJson.WriteTarget(json, model);
        json.WriteString("provider_dialect", DialectOf(model.Provider));
        json.WriteStartArray("operations");
        foreach (var operation in engine.Models.OperationsOf(model))
            Write(json, operation);
        json.WriteEndArray();
        ModelJson.WriteLimits(json, model);
        if (model.Info is null && model.StatedCapabilities is null)
            json.WriteNull("features");
        ModelJson.WriteFeatures(json, model);
        if (model.Info is { } info)
        {
            ModelJson.WriteReasoning(json, info);
            ModelJson.WriteRules(json, info);
        }

        ModelJson.WriteSource(json, model.Info);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, CallOperation operation)
    {
        json.WriteStartObject();
        json.WriteString("name", CallOperations.DataName(operation));
        ModelJson.WriteWords(json, "dialects", IngressEndpoints.DialectsOf(operation).Select(dialect => dialect.Value));
        json.WriteEndObject();
    }

    private string? DialectOf(string provider) => engine.Registry.TryGet(provider, out var found)
        ? found is IHttpProvider { IsInitialized: true } http ? http.Endpoint.Dialects[0].Value : DialectId.Canonical.Value
        : null;
}
