using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Switchyard.TestKit;
using static Switchyard.EndToEnd.Tests.Upstream.RequestRules;

namespace Switchyard.EndToEnd.Tests.Upstream;

/// <summary>Cohere's chat as a script. The model's text before a call is its plan, not its answer.</summary>
internal sealed class ScriptedCohere : ScriptedApi
{
    public override string Type => "cohere";

    public override string Dialect => "cohere";

    public override string BaseUrl => Address + "/v2";

    public override string Model => "command-script";

    protected override async Task AnswerAsync(HttpContext http, SeenRequest seen, JsonElement request)
    {
        if (seen.Headers.GetValueOrDefault("Authorization") != $"Bearer {Key}")
            throw new Refusal(401, "invalid api token");
        if (seen.Path != "/v2/chat")
            throw new Refusal(404, "route not found: " + seen.Path);
        Refusal.Unless(IsTrue(request, "stream"), "this script only streams");
        var script = ModelScript.To(Read(request));
        http.Response.ContentType = "text/event-stream";
        await EventAsync(http, "message-start", new JsonObject { ["role"] = "assistant" });
        if (script.Reasoning.Length > 0)
            await ContentAsync(http, 0, "thinking", script.Reasoning);
        foreach (var piece in script.Calls.Count > 0 ? ModelScript.Pieces(script.Text, 6) : [])
            await EventAsync(http, "tool-plan-delta", new JsonObject { ["tool_plan"] = piece });
        if (script.Calls.Count == 0)
            await ContentAsync(http, script.Reasoning.Length > 0 ? 1 : 0, "text", script.Text);
        for (var i = 0; i < script.Calls.Count; i++)
            await CallAsync(http, i, script.Calls[i]);
        var usage = new JsonObject { ["input_tokens"] = ModelScript.Input, ["output_tokens"] = ModelScript.Output };
        var end = new JsonObject
        {
            ["type"] = "message-end",
            ["delta"] = new JsonObject
            {
                ["finish_reason"] = script.Calls.Count > 0 ? "TOOL_CALL" : "COMPLETE",
                ["usage"] = new JsonObject { ["billed_units"] = usage, ["tokens"] = usage.DeepClone() },
            },
        };
        await FlushAsync(http, $"event: message-end\ndata: {end.ToJsonString()}\n\ndata: [DONE]\n\n");
    }

    protected override Task RefuseAsync(HttpContext http, Refusal refusal) =>
        WriteAsync(http, refusal.Status, new JsonObject { ["id"] = "script", ["message"] = refusal.Message }.ToJsonString());

    private static Asked Read(JsonElement request)
    {
        Refusal.Unknown(
            request, "request", "model", "messages", "stream", "tools", "strict_tools", "tool_choice", "documents", "citation_options",
            "response_format", "safety_mode", "max_tokens", "stop_sequences", "seed", "temperature", "p", "k", "frequency_penalty",
            "presence_penalty", "logprobs", "thinking", "priority");
        var messages = request.GetProperty("messages").EnumerateArray().ToList();
        var names = CheckMessages(messages);
        var thinking = Get(request, "thinking");
        return new Asked
        {
            System = string.Join("\n\n", messages.Where(message => Text(message, "role") == "system").Select(TextOf)),
            Text = TextOf(messages.Last(message => Text(message, "role") == "user")),
            Said = [.. messages.Where(message => Text(message, "role") == "assistant").Select(TextOf)],
            Tools =
            [
                .. Get(request, "tools")?.EnumerateArray().Select(tool => tool.GetProperty("function"))
                    .Select(function => new AskedTool(Text(function, "name")!, Get(function, "parameters"))) ?? [],
            ],
            Choice = Text(request, "tool_choice") switch { "NONE" => "none", "REQUIRED" => "any", _ => "auto" },
            Results =
            [
                .. messages.Skip(messages.FindLastIndex(message => Text(message, "role") != "tool") + 1)
                    .Select(message => (names[Text(message, "tool_call_id")!], TextOf(message))),
            ],
            MaxTokens = Get(request, "max_tokens")?.GetInt32(),
            Thinks = thinking is { } asked && Text(asked, "type") == "enabled",
        };
    }

    /// <summary>Checks the order of the messages; returns which function each call's id called.</summary>
    private static Dictionary<string, string> CheckMessages(List<JsonElement> messages)
    {
        Refusal.Unless(messages.Count > 0, "messages: must not be empty");
        var names = new Dictionary<string, string>();
        var open = new HashSet<string>();
        foreach (var message in messages)
        {
            Refusal.Unknown(message, "messages", "role", "content", "tool_calls", "tool_plan", "tool_call_id", "citations");
            var role = Text(message, "role");
            if (role == "tool")
            {
                Refusal.Unless(open.Remove(Text(message, "tool_call_id") ?? ""), "a tool message must answer a call of the turn before it");
                continue;
            }

            Refusal.Unless(open.Count == 0, "every tool call must be answered by a tool message");
            Refusal.Unless(role is "system" or "user" or "assistant", $"messages: invalid role '{role}'");
            var calls = Get(message, "tool_calls")?.EnumerateArray().ToList() ?? [];
            Refusal.Unless(calls.Count > 0 || TextOf(message).Length > 0, "all messages must have content or tool calls");
            Refusal.Unless(calls.Count == 0 || role == "assistant", "tool_calls: only of the assistant");
            foreach (var call in calls)
            {
                Refusal.Unless(Text(call, "type") == "function" && open.Add(Text(call, "id") ?? ""), "tool_calls: type and own id");
                var function = call.GetProperty("function");
                Refusal.Unless(
                    JsonElement.Parse(Text(function, "arguments") ?? "").ValueKind == JsonValueKind.Object, "arguments: not an object");
                names[Text(call, "id")!] = Text(function, "name")!;
            }
        }

        Refusal.Unless(open.Count == 0, "every tool call must be answered by a tool message");
        return names;
    }

    private static string TextOf(JsonElement message) => Get(message, "content") is { ValueKind: JsonValueKind.Array } parts
        ? string.Concat(parts.EnumerateArray().Select(part => Text(part, "text")))
        : Text(message, "content") ?? "";

    private static async Task ContentAsync(HttpContext http, int index, string type, string text)
    {
        await EventAsync(http, "content-start", new() { ["content"] = new JsonObject { ["type"] = type, [type] = "" } }, index);
        foreach (var piece in ModelScript.Pieces(text, 6))
            await EventAsync(http, "content-delta", new() { ["content"] = new JsonObject { [type] = piece } }, index);
        await EventAsync(http, "content-end", null, index);
    }

    private static async Task CallAsync(HttpContext http, int index, ScriptedCall call)
    {
        var opened = new JsonObject
        {
            ["id"] = call.Id, ["type"] = "function", ["function"] = new JsonObject { ["name"] = call.Name, ["arguments"] = "" },
        };
        await EventAsync(http, "tool-call-start", new() { ["tool_calls"] = opened }, index);
        foreach (var piece in ModelScript.Pieces(call.Arguments, 5))
        {
            var more = new JsonObject { ["function"] = new JsonObject { ["arguments"] = piece } };
            await EventAsync(http, "tool-call-delta", new() { ["tool_calls"] = more }, index);
        }

        await EventAsync(http, "tool-call-end", null, index);
    }

    private static Task EventAsync(HttpContext http, string type, JsonObject? message, int? index = null)
    {
        var data = new JsonObject { ["type"] = type };
        if (index is not null)
            data["index"] = index;
        if (type == "message-start")
            data["id"] = "script";
        if (message is not null)
            data["delta"] = new JsonObject { ["message"] = message };
        return FlushAsync(http, $"event: {type}\ndata: {data.ToJsonString()}\n\n");
    }
}
