using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Switchyard.TestKit;
using static Switchyard.EndToEnd.Tests.Upstream.RequestRules;

namespace Switchyard.EndToEnd.Tests.Upstream;

/// <summary>Anthropic's messages API as a script. Thinking is signed, and must come back unchanged.</summary>
internal sealed class ScriptedAnthropic : ScriptedApi
{
    // The second is what the vendor's clients have sent since October 2026; the messages of this script are the same in both.
    private static readonly string[] s_versions = ["2023-06-01", "2026-10-21"];

    public override string Type => "anthropic";

    public override string Dialect => "anthropic-messages";

    public override string BaseUrl => Address + "/v1";

    public override string Model => "claude-script";

    protected override async Task AnswerAsync(HttpContext http, SeenRequest seen, JsonElement request)
    {
        http.Response.Headers["request-id"] = "req_script";
        if (seen.Headers.GetValueOrDefault("x-api-key") != Key && seen.Headers.GetValueOrDefault("Authorization") != $"Bearer {Key}")
            throw new Refusal(401, "invalid x-api-key");
        Refusal.Unless(
            s_versions.Contains(seen.Headers.GetValueOrDefault("anthropic-version") ?? ""),
            "anthropic-version: is required, and one that exists");
        var path = seen.Path.Split('?')[0];
        if (path != "/v1/messages")
            throw new Refusal(404, "Not found: " + path);
        var model = Text(request, "model") ?? throw new Refusal(400, "model: Field required");
        FailIfAsked(model);
        var script = ModelScript.To(AnthropicRules.Read(request));
        if (IsTrue(request, "stream"))
        {
            await StreamAsync(http, script, model);
            return;
        }

        var answer = Envelope(script, model, new JsonArray([.. Blocks(script)]));
        (answer["stop_reason"], answer["stop_sequence"]) = (Reason(script), script.StopSequence);
        await WriteAsync(http, 200, answer.ToJsonString());
    }

    protected override Task RefuseAsync(HttpContext http, Refusal refusal)
    {
        if (refusal.Status == 429)
            http.Response.Headers.RetryAfter = RetryAfter.ToString(CultureInfo.InvariantCulture);
        var type = refusal.Status switch
        {
            401 => "authentication_error",
            404 => "not_found_error",
            429 => "rate_limit_error",
            529 => "overloaded_error",
            >= 500 => "api_error",
            _ => "invalid_request_error",
        };
        var error = new JsonObject
        {
            ["type"] = "error",
            ["error"] = new JsonObject { ["type"] = type, ["message"] = refusal.Message },
            ["request_id"] = "req_script",
        };
        return WriteAsync(http, refusal.Status, error.ToJsonString());
    }

    private async Task StreamAsync(HttpContext http, ModelScript script, string model)
    {
        http.Response.ContentType = "text/event-stream; charset=utf-8";
        var start = Envelope(script, model, []);
        start["usage"]!["output_tokens"] = 1;
        await EventAsync(http, "message_start", new() { ["message"] = start });
        var index = 0;
        foreach (var block in Blocks(script))
        {
            var (opened, deltas) = Pieces(block, script);
            await EventAsync(http, "content_block_start", new() { ["index"] = index, ["content_block"] = opened });
            if (index == 0)
                await EventAsync(http, "ping", []);
            var sent = 0;
            foreach (var delta in deltas)
            {
                await EventAsync(http, "content_block_delta", new() { ["index"] = index, ["delta"] = delta });
                if (++sent == 2 && Hangs(model))
                    await HangAsync(http, model);
            }

            await EventAsync(http, "content_block_stop", new() { ["index"] = index++ });
        }

        await EventAsync(http, "message_delta", new()
        {
            ["delta"] = new JsonObject { ["stop_reason"] = Reason(script), ["stop_sequence"] = script.StopSequence },
            ["usage"] = new JsonObject { ["output_tokens"] = ModelScript.Output },
        });
        await EventAsync(http, "message_stop", []);
    }

    private static IEnumerable<JsonObject> Blocks(ModelScript script)
    {
        if (script.Reasoning.Length > 0)
            yield return new()
            {
                ["type"] = "thinking",
                ["thinking"] = script.Reasoning,
                ["signature"] = ModelScript.Sign(script.Reasoning),
            };
        if (script.Text.Length > 0)
            yield return new() { ["type"] = "text", ["text"] = script.Text };
        foreach (var call in script.Calls)
            yield return new()
            {
                ["type"] = "tool_use",
                ["id"] = "toolu_" + call.Id,
                ["name"] = call.Name,
                ["input"] = JsonNode.Parse(call.Arguments),
            };
    }

    private static (JsonObject Opened, IEnumerable<JsonObject> Deltas) Pieces(JsonObject block, ModelScript script)
    {
        switch ((string)block["type"]!)
        {
            case "thinking":
                return (
                    new() { ["type"] = "thinking", ["thinking"] = "", ["signature"] = "" },
                    [
                        .. ModelScript.Pieces(script.Reasoning, 6)
                            .Select(piece => new JsonObject { ["type"] = "thinking_delta", ["thinking"] = piece }),
                        new() { ["type"] = "signature_delta", ["signature"] = (string)block["signature"]! },
                    ]);
            case "text":
                return (
                    new() { ["type"] = "text", ["text"] = "" },
                    ModelScript.Pieces(script.Text, 6).Select(piece => new JsonObject { ["type"] = "text_delta", ["text"] = piece }));
            default:
                var arguments = script.Calls.First(call => "toolu_" + call.Id == (string)block["id"]!).Arguments;
                return (
                    new()
                    {
                        ["type"] = "tool_use",
                        ["id"] = (string)block["id"]!,
                        ["name"] = (string)block["name"]!,
                        ["input"] = new JsonObject(),
                    },
                    ModelScript.Pieces(arguments, 5).Prepend("")
                        .Select(piece => new JsonObject { ["type"] = "input_json_delta", ["partial_json"] = piece }));
        }
    }

    private static JsonObject Envelope(ModelScript script, string model, JsonArray content) => new()
    {
        ["id"] = "msg_script",
        ["type"] = "message",
        ["role"] = "assistant",
        ["model"] = model + "-20260101",
        ["content"] = content,
        ["stop_reason"] = null,
        ["stop_sequence"] = null,
        ["usage"] = new JsonObject
        {
            ["input_tokens"] = ModelScript.Input - ModelScript.Cached,
            ["cache_creation_input_tokens"] = 0,
            ["cache_read_input_tokens"] = ModelScript.Cached,
            ["output_tokens"] = ModelScript.Output,
            ["service_tier"] = "standard",
        },
    };

    private static string Reason(ModelScript script) => script.Ending switch
    {
        Ending.Length => "max_tokens",
        Ending.Tools => "tool_use",
        Ending.StopSequence => "stop_sequence",
        _ => "end_turn",
    };

    private static Task EventAsync(HttpContext http, string type, JsonObject members)
    {
        members.Insert(0, "type", type);
        return FlushAsync(http, $"event: {type}\ndata: {members.ToJsonString()}   \n\n");
    }
}
