using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Engine;
using Switchyard.Gateway.Ingress;
using Switchyard.Gateway.Security;
using Switchyard.Listing;
using Switchyard.Models;
using Switchyard.Targets;

namespace Switchyard.Gateway.Models;

/// <summary>
/// <c>GET /v1/models</c> and <c>GET /v1/models/{id}</c>: the models a client may ask for, in the shape of its dialect. If several dialects
/// share a path, a header (<c>anthropic-version</c>) chooses; without one the shape is OpenAI's, with further members.
/// </summary>
internal sealed class ModelsEndpoint(SwitchyardEngine engine, DialectSet dialects, TimeProvider time, JsonAnswers answers)
{
    public Task ListAsync(HttpContext http, DialectId? shape)
    {
        var encoder = EncoderFor(http.Request, shape);
        return answers.WriteAsync(http, ErrorsIn(encoder), async json =>
        {
            var models = await ModelFilter.ListAsync(engine, http);
            if (encoder is not null)
                encoder.EncodeList(json, [.. models.Select(ToListing)], QueryValue);
            else
                WriteList(json, models);
        });

        string? QueryValue(string name) => http.Request.Query.TryGetValue(name, out var value) ? value.ToString() : null;
    }

    public Task GetAsync(HttpContext http, DialectId? shape)
    {
        var encoder = EncoderFor(http.Request, shape);
        return answers.WriteAsync(http, ErrorsIn(encoder), async json =>
        {
            var caller = ClientKeys.Check(http, engine.Snapshot);
            var model = await engine.Models.GetAsync(caller, PathValue.Of(http.Request, "id"), http.RequestAborted);
            if (encoder is not null)
                encoder.EncodeModel(json, ToListing(model));
            else
                ModelJson.Write(json, model, Today());
        });
    }

    private void WriteList(Utf8JsonWriter json, IReadOnlyList<ListedModel> models)
    {
        var today = Today();
        json.WriteStartObject();
        json.WriteString("object", "list");
        json.WriteStartArray("data");
        foreach (var model in models)
            ModelJson.Write(json, model, today);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static ModelListing ToListing(ListedModel model) => new()
    {
        Id = model.Id,
        Name = model.Name,
        Created = model.Since,
        Facts = (model.Info?.Facts ?? ModelFacts.Unknown) with { ContextWindow = model.ContextWindow },
        Embeds = model.Info?.Kind == ModelKind.Embedding,
    };

    /// <summary>The encoder of the answer; null for OpenAI's shape.</summary>
    private IModelListEncoder? EncoderFor(HttpRequest request, DialectId? shape) => dialects.ModelLists.FirstOrDefault(encoder =>
        shape is { } fixedShape ? encoder.Dialect == fixedShape : encoder.MarkHeader is { } mark && request.Headers.ContainsKey(mark));

    private IIngressDialect ErrorsIn(IModelListEncoder? encoder) =>
        (encoder is null ? null : dialects.FindIngress(encoder.Dialect)) ?? dialects.Ingress(DialectId.OpenAIChat);

    private DateOnly Today() => DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
}
