using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Switchyard.Calls;
using Switchyard.Dialects;
using Switchyard.Gateway.Security;
using Switchyard.Routing;

namespace Switchyard.Gateway.Ingress;

/// <summary><c>GET /v1/models</c> and <c>GET /v1/models/{id}</c>: what a client may ask for, in OpenAI's shape.</summary>
internal sealed class ModelsEndpoint(SwitchyardEngine engine, DialectSet dialects, ClientKeys keys)
{
    private readonly IIngressDialect _dialect = dialects.Ingress(DialectId.OpenAIChat);

    public Task ListAsync(HttpContext http) => AnswerAsync(http, static (json, models, _) =>
    {
        json.WriteStartObject();
        json.WriteString("object", "list");
        json.WriteStartArray("data");
        foreach (var model in models)
            Write(json, model);
        json.WriteEndArray();
        json.WriteEndObject();
    });

    public Task GetAsync(HttpContext http) => AnswerAsync(http, (json, models, id) =>
    {
        // A name nobody lists may still be served: a provider is known by what it says, and a route knows more.
        var model = models.FirstOrDefault(listed => listed.Id == id)
            ?? (engine.Snapshot.Routes.Resolve(id, CallOperation.Chat, out var error) is { } route
                ? new ListedModel(id, route.Groups[0].Deployments[0].Provider, null)
                : throw error!.ToException());
        Write(json, model);
    });

    private async Task AnswerAsync(HttpContext http, Action<Utf8JsonWriter, IReadOnlyList<ListedModel>, string> write)
    {
        var requestId = CallIds.NewRequestId();
        try
        {
            keys.Check(http.Request);
            var models = await engine.Models.ListAsync(http.RequestAborted);
            var body = new System.Buffers.ArrayBufferWriter<byte>(4096);
            using (var json = new Utf8JsonWriter(body))
                write(json, models, AskedFor(http.Request));
            http.Response.Headers[ResponseHeaders.RequestId] = requestId;
            http.Response.ContentType = "application/json";
            http.Response.ContentLength = body.WrittenCount;
            await http.Response.BodyWriter.WriteAsync(body.WrittenMemory, http.RequestAborted);
        }
        catch (CallException e)
        {
            await IngressResponseWriter.WriteErrorAsync(http, requestId, e.Error, _dialect);
        }
    }

    /// <summary>Clients escape the slash of <c>provider/model</c>, and it is the one character the server leaves escaped in a path.</summary>
    private static string AskedFor(HttpRequest request) =>
        (request.RouteValues["id"] as string ?? "").Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);

    private static void Write(Utf8JsonWriter json, ListedModel model)
    {
        json.WriteStartObject();
        json.WriteString("id", model.Id);
        json.WriteString("object", "model");
        json.WriteNumber("created", model.Created?.ToUnixTimeSeconds() ?? 0);
        json.WriteString("owned_by", model.OwnedBy);
        json.WriteEndObject();
    }
}
