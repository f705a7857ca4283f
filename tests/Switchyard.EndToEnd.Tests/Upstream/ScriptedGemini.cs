using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Switchyard.TestKit;

namespace Switchyard.EndToEnd.Tests.Upstream;

/// <summary>Gemini's developer API as a script: calls are whole and have no ids, the first one is signed.</summary>
internal sealed partial class ScriptedGemini : ScriptedApi
{
    public override string Type => "gemini";

    public override string Dialect => "gemini";

    public override string BaseUrl => Address + "/v1beta";

    public override string Model => "gemini-3-script";

    protected override async Task AnswerAsync(HttpContext http, SeenRequest seen, JsonElement request)
    {
        if (seen.Headers.GetValueOrDefault("x-goog-api-key") != Key && seen.Headers.GetValueOrDefault("Authorization") != $"Bearer {Key}")
            throw new Refusal(400, "API key not valid. Please pass a valid API key.");
        var match = GeneratePath().Match(seen.Path);
        if (!match.Success)
            throw new Refusal(404, $"{seen.Path} is not found for API version v1beta.");
        var model = match.Groups[1].Value;
        FailIfAsked(model);
        var script = ModelScript.To(GeminiRules.Read(request, model));
        if (match.Groups[2].Value == "generateContent")
        {
            await WriteAsync(http, 200, Envelope(model, Parts(script), script, last: true).ToJsonString());
            return;
        }

        Refusal.Unless(match.Groups[3].Value.Contains("alt=sse", StringComparison.Ordinal), "this script streams with alt=sse only");
        http.Response.ContentType = "text/event-stream";
        var parts = Parts(script).SelectMany(Pieces).ToList();
        for (var i = 0; i < parts.Count; i++)
        {
            await FlushAsync(http, $"data: {Envelope(model, [parts[i]], script, last: i == parts.Count - 1).ToJsonString()}\r\n\r\n");
            if (i == 1 && Hangs(model))
                await HangAsync(http, model);
        }
    }

    protected override Task RefuseAsync(HttpContext http, Refusal refusal)
    {
        var details = new JsonArray();
        if (refusal.Message.StartsWith("API key", StringComparison.Ordinal))
            details.Add(
                new JsonObject
                {
                    ["@type"] = "type.googleapis.com/google.rpc.ErrorInfo",
                    ["reason"] = "API_KEY_INVALID",
                    ["domain"] = "googleapis.com",
                });
        if (refusal.Status == 429)
            details.Add(new JsonObject { ["@type"] = "type.googleapis.com/google.rpc.RetryInfo", ["retryDelay"] = $"{RetryAfter}s" });
        var status = refusal.Status switch
        {
            400 => "INVALID_ARGUMENT",
            401 => "UNAUTHENTICATED",
            404 => "NOT_FOUND",
            429 => "RESOURCE_EXHAUSTED",
            503 => "UNAVAILABLE",
            _ => "INTERNAL",
        };
        var error = new JsonObject { ["code"] = refusal.Status, ["message"] = refusal.Message, ["status"] = status, ["details"] = details };
        return WriteAsync(http, refusal.Status, new JsonObject { ["error"] = error }.ToJsonString());
    }

    private static List<JsonObject> Parts(ModelScript script)
    {
        var parts = new List<JsonObject>();
        if (script.Reasoning.Length > 0)
            parts.Add(new() { ["text"] = script.Reasoning, ["thought"] = true });
        if (script.Text.Length > 0)
            parts.Add(new() { ["text"] = script.Text });
        foreach (var call in script.Calls)
        {
            var part =
                new JsonObject { ["functionCall"] = new JsonObject { ["name"] = call.Name, ["args"] = JsonNode.Parse(call.Arguments) } };
            if (call == script.Calls[0])
                part["thoughtSignature"] = ModelScript.Sign(call.Name);
            parts.Add(part);
        }

        return parts;
    }

    /// <summary>Text is streamed in pieces, a call in one piece.</summary>
    private static IEnumerable<JsonObject> Pieces(JsonObject part)
    {
        if (part["text"] is not { } text)
            return [part];
        return ModelScript.Pieces((string)text!, 6).Select(piece =>
        {
            var copy = (JsonObject)part.DeepClone();
            copy["text"] = piece;
            return copy;
        });
    }

    private static JsonObject Envelope(string model, List<JsonObject> parts, ModelScript script, bool last)
    {
        var candidate =
            new JsonObject { ["content"] = new JsonObject { ["parts"] = new JsonArray([.. parts]), ["role"] = "model" }, ["index"] = 0 };
        if (last)
            candidate["finishReason"] = script.Ending == Ending.Length ? "MAX_TOKENS" : "STOP";
        var thoughts = script.Reasoning.Length > 0 ? ModelScript.ReasoningTokens : 0;
        var usage = new JsonObject
        {
            ["promptTokenCount"] = ModelScript.Input,
            ["cachedContentTokenCount"] = ModelScript.Cached,
            ["candidatesTokenCount"] = last ? ModelScript.Output - thoughts : 1,
            ["totalTokenCount"] = ModelScript.Input + (last ? ModelScript.Output : 1 + thoughts),
        };
        if (thoughts > 0)
            usage["thoughtsTokenCount"] = thoughts;
        return new()
        {
            ["candidates"] = new JsonArray(candidate),
            ["usageMetadata"] = usage,
            ["modelVersion"] = model + "-001",
            ["responseId"] = "resp-script",
        };
    }

    [GeneratedRegex("^/v1beta/models/([^/]+):(generateContent|streamGenerateContent)(\\?.*)?$")]
    private static partial Regex GeneratePath();
}
