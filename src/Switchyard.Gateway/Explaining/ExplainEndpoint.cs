using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Switchyard.Calls;
using Switchyard.Dialects;
using Switchyard.Engine;
using Switchyard.Gateway.Ingress;
using Switchyard.Gateway.Ingress.Bodies;
using Switchyard.Gateway.Security;
using Switchyard.Limits;

namespace Switchyard.Gateway.Explaining;

/// <summary>
/// <c>POST /route/explain</c>: where a request would go now, and why. It takes the body of any client format, and calls no provider.
/// </summary>
internal sealed class ExplainEndpoint(SwitchyardEngine engine, DialectSet dialects, BodyPool bodies, JsonAnswers answers)
{
    /// <summary>The path.</summary>
    public const string Path = "/route/explain";

    public async Task AnswerAsync(HttpContext http) => await answers.WriteAsync(
        http,
        dialects.Ingress(IngressEndpoints.DialectOfUnknown(http.Request)),
        async json =>
        {
            using var held = engine.Hold();
            var caller = ClientKeys.Check(http, held.Snapshot);
            var limits = held.Snapshot.Section(RequestLimits.Section)!;
            var body = await RequestBodyReader.ReadAsync(http, limits, bodies, held.Snapshot.Clocks.Total);
            try
            {
                var (model, decision) = await RouteQuestion.AskAsync(
                    engine, dialects, held.Snapshot, http.Request, body, caller, http.RequestAborted);
                Write(json, model, decision);
            }
            finally
            {
                body.Release();
            }
        });

    private static void Write(Utf8JsonWriter json, string model, CallDecision decision)
    {
        json.WriteStartObject();
        json.WriteString("model", model);
        json.WriteString("route", decision.Route);
        json.WriteString("strategy", decision.Strategy);
        json.WritePropertyName("chosen");
        if (decision.Chosen is { } chosen)
        {
            json.WriteStartObject();
            WriteTarget(json, chosen);
            json.WriteEndObject();
        }
        else
        {
            json.WriteNullValue();
        }

        json.WriteStartArray("candidates");
        foreach (var candidate in decision.Candidates)
            Write(json, candidate);
        json.WriteEndArray();
        json.WriteNumber("seed", decision.Seed);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, in RankedTarget candidate)
    {
        json.WriteStartObject();
        WriteTarget(json, candidate);
        json.WriteNumber("group", candidate.Group);
        if (candidate.Score is { } score)
            json.WriteNumber("score", score);
        else
            json.WriteNull("score");
        json.WriteBoolean("excluded", candidate.Excluded != Targets.Exclusion.None);
        if (candidate.Reason is { } reason)
            json.WriteString("reason", reason);
        else
            json.WriteNull("reason");
        json.WriteEndObject();
    }

    private static void WriteTarget(Utf8JsonWriter json, in RankedTarget target)
    {
        json.WriteString("provider", target.Provider);
        json.WriteString("model", target.Model);
        json.WriteNumber("credential", target.Credential);
    }
}
