using Microsoft.AspNetCore.Http;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Dialects;
using Switchyard.Engine;
using Switchyard.Gateway.Ingress;

namespace Switchyard.Gateway.Experiments;

/// <summary>
/// <c>GET /experiments</c> and <c>GET /experiments/{name}</c>: the current results of each experiment and shadow. Every caller may read
/// them: they contain nothing of requests and answers.
/// </summary>
internal sealed class ExperimentsEndpoint(SwitchyardEngine engine, DialectSet dialects, JsonAnswers answers)
{
    /// <summary>The path, as <c>server.open</c> names it.</summary>
    public const string Path = "/experiments";

    public Task ListAsync(HttpContext http) => answers.WriteAsync(http, dialects.Ingress(DialectId.OpenAIChat), json =>
    {
        json.WriteStartObject();
        json.WriteString("object", "list");
        json.WriteStartArray("data");
        foreach (var result in engine.Experiments.List())
            ExperimentJson.Write(json, result);
        json.WriteEndArray();
        json.WriteEndObject();
        return ValueTask.CompletedTask;
    }, Path);

    public Task GetAsync(HttpContext http) => answers.WriteAsync(http, dialects.Ingress(DialectId.OpenAIChat), json =>
    {
        var name = PathValue.Of(http.Request, "name");
        ExperimentJson.Write(json, engine.Experiments.Find(name) ?? throw NotFound(name));
        return ValueTask.CompletedTask;
    }, Path);

    private CallException NotFound(string name)
    {
        var known = engine.Experiments.List().Select(result => result.Name).ToArray();
        var hint = known.Length == 0
            ? "No experiment is configured: add models.<alias>.experiment or models.<alias>.shadow."
            : $"There are: {string.Join(", ", known)}.";
        return new CallException(new CallError(CallErrorKind.ModelNotFound, $"There is no experiment '{Sanitizer.Clean(name)}'. {hint}")
        {
            Code = "experiment_not_found",
        });
    }
}
