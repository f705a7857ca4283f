using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Switchyard.TestKit;
using static Switchyard.EndToEnd.Tests.Upstream.RequestRules;

namespace Switchyard.EndToEnd.Tests.Upstream;

/// <summary>
/// Ollama's native chat as a script: lines of JSON, calls are whole, with their arguments as an object; a tool cannot be forced.
/// </summary>
internal sealed class ScriptedOllama : ScriptedApi
{
    private static readonly string[] s_options =
    [
        "temperature", "top_p", "top_k", "min_p", "num_predict", "num_ctx", "stop", "seed", "repeat_penalty", "repeat_last_n",
        "presence_penalty",
        "frequency_penalty", "typical_p", "num_keep", "num_batch", "num_gpu", "main_gpu", "use_mmap", "num_thread",
    ];

    public override string Type => "ollama";

    public override string Dialect => "ollama";

    public override string BaseUrl => Address + "/api";

    public override string Model => "script:8b";

    protected override async Task AnswerAsync(HttpContext http, SeenRequest seen, JsonElement request)
    {
        if (seen.Path != "/api/chat")
            throw new Refusal(404, "404 page not found: " + seen.Path);
        var model = Text(request, "model") ?? throw new Refusal(400, "model is required");
        FailIfAsked(model);
        var script = ModelScript.To(Read(request));
        Refusal.Unless(
            Get(request, "stream") is { ValueKind: JsonValueKind.True or JsonValueKind.False },
            "this script wants 'stream' said, because it defaults to true");
        if (!IsTrue(request, "stream"))
        {
            var message = Message(script.Text, script.Reasoning, script.Calls);
            await WriteAsync(http, 200, Line(model, message, script).ToJsonString(), "application/json; charset=utf-8");
            return;
        }

        http.Response.ContentType = "application/x-ndjson";
        foreach (var piece in ModelScript.Pieces(script.Reasoning, 6))
            await LineAsync(http, model, Message("", piece, []));
        var sent = 0;
        foreach (var piece in ModelScript.Pieces(script.Text, 6))
        {
            await LineAsync(http, model, Message(piece, "", []));
            if (++sent == 2 && Hangs(model))
                await HangAsync(http, model);
        }

        foreach (var call in script.Calls)
            await LineAsync(http, model, Message("", "", [call]));
        await FlushAsync(http, Line(model, Message("", "", []), script).ToJsonString() + "\n");
    }

    protected override Task RefuseAsync(HttpContext http, Refusal refusal) =>
        WriteAsync(http, refusal.Status, new JsonObject { ["error"] = refusal.Message }.ToJsonString(), "application/json; charset=utf-8");

    private static Asked Read(JsonElement request)
    {
        Refusal.Unknown(
            request, "request", "model", "messages", "stream", "think", "keep_alive", "format", "tools", "options", "logprobs",
            "top_logprobs", "truncate", "shift");
        var options = Get(request, "options");
        if (options is { } given)
            Refusal.Unknown(given, "options", s_options);
        var messages = request.GetProperty("messages").EnumerateArray().ToList();
        foreach (var message in messages)
            CheckMessage(message);
        CheckOrder(messages);
        var last = messages.LastOrDefault(message => Text(message, "role") == "user");
        var tools = new List<AskedTool>();
        foreach (var tool in Get(request, "tools")?.EnumerateArray() ?? default)
        {
            var function = tool.GetProperty("function");
            Refusal.Unknown(function, "tools.function", "name", "description", "parameters");
            tools.Add(new(Text(function, "name")!, Get(function, "parameters")));
        }

        var format = Get(request, "format");
        Refusal.Unless(
            format is null or { ValueKind: JsonValueKind.Object } || format.Value.GetString() == "json",
            "format must be \"json\" or a schema");
        var think = Get(request, "think");
        Refusal.Unless(
            think is null or { ValueKind: JsonValueKind.True or JsonValueKind.False }
                || think.Value.GetString() is "low" or "medium" or "high" or "max",
            "invalid think value");
        return new Asked
        {
            System = string.Join(
                "\n\n", messages.Where(message => Text(message, "role") == "system").Select(message => Text(message, "content"))),
            Text = Text(last, "content") ?? "",
            Said = [.. messages.Where(message => Text(message, "role") == "assistant").Select(message => Text(message, "content") ?? "")],
            Tools = tools,
            Results = Text(messages[^1], "role") == "tool" ? [.. ResultsAtEnd(messages)] : [],
            Images = Get(last, "images") is { } images ? [.. images.EnumerateArray().Select(image => "image:" + image.GetString())] : [],
            Schema = format is { ValueKind: JsonValueKind.Object } ? format : null,
            Stops = options is { } ends && Get(ends, "stop") is { } stops
                ? [.. stops.EnumerateArray().Select(stop => stop.GetString()!)]
                : [],
            MaxTokens = options is { } most ? Get(most, "num_predict")?.GetInt32() : null,
            Thinks = think is { ValueKind: JsonValueKind.True or JsonValueKind.String },
        };
    }

    private static void CheckMessage(JsonElement message)
    {
        Refusal.Unknown(message, "messages", "role", "content", "thinking", "images", "tool_calls", "tool_name", "tool_call_id");
        Refusal.Unless(Text(message, "role") is "system" or "user" or "assistant" or "tool", "messages: unknown role");
        Refusal.Unless(
            Text(message, "content") is { Length: > 0 } || Text(message, "role") == "tool" || Get(message, "tool_calls") is not null
                || Get(message, "images") is not null || Get(message, "thinking") is not null,
            "messages: this script wants no message that says nothing");
        Refusal.Unless(
            Get(message, "content") is null or { ValueKind: JsonValueKind.String },
            "json: cannot unmarshal array into Go struct field of type string");
        foreach (var image in Get(message, "images")?.EnumerateArray() ?? default)
            Refusal.Base64(image.GetString(), "images");
        foreach (var call in Get(message, "tool_calls")?.EnumerateArray() ?? default)
        {
            Refusal.Unknown(call, "tool_calls", "id", "function");
            Refusal.Unless(
                Get(call.GetProperty("function"), "arguments") is { ValueKind: JsonValueKind.Object },
                "tool_calls.function.arguments: Value looks like string, but must be object");
        }
    }

    /// <summary>The server accepts any order; its models' templates do not, so this script requires a result for each call.</summary>
    private static void CheckOrder(List<JsonElement> messages)
    {
        var open = 0;
        foreach (var message in messages)
        {
            var isResult = Text(message, "role") == "tool";
            Refusal.Unless(isResult == open > 0, "messages: this script wants a result for every call");
            open += isResult ? -1 : Get(message, "tool_calls")?.GetArrayLength() ?? 0;
        }

        Refusal.Unless(open == 0, "messages: this script wants a result for every call");
    }

    private static IEnumerable<(string Name, string Text)> ResultsAtEnd(List<JsonElement> messages) =>
        messages.Skip(messages.FindLastIndex(message => Text(message, "role") != "tool") + 1)
            .Select(message => (
                Text(message, "tool_name") ?? throw new Refusal(400, "tool_name: this script wants it"), Text(message, "content") ?? ""));

    private static JsonObject Message(string text, string reasoning, IReadOnlyList<ScriptedCall> calls)
    {
        var message = new JsonObject { ["role"] = "assistant", ["content"] = text };
        if (reasoning.Length > 0)
            message["thinking"] = reasoning;
        if (calls.Count > 0)
        {
            message["tool_calls"] = new JsonArray(
            [
                .. calls.Select((call, index) => new JsonObject
                {
                    ["function"] =
                        new JsonObject { ["index"] = index, ["name"] = call.Name, ["arguments"] = JsonNode.Parse(call.Arguments) },
                }),
            ]);
        }

        return message;
    }

    private static Task LineAsync(HttpContext http, string model, JsonObject message)
    {
        var line = new JsonObject { ["model"] = model, ["created_at"] = "2026-01-02T03:04:05.6Z", ["message"] = message, ["done"] = false };
        return FlushAsync(http, line.ToJsonString() + "\n");
    }

    private static JsonObject Line(string model, JsonObject message, ModelScript script) => new()
    {
        ["model"] = model,
        ["created_at"] = "2026-01-02T03:04:05.6Z",
        ["message"] = message,
        ["done"] = true,
        ["done_reason"] = script.Ending == Ending.Length ? "length" : "stop",
        ["total_duration"] = 1_897_385_625,
        ["prompt_eval_count"] = ModelScript.Input,
        ["eval_count"] = ModelScript.Output,
    };
}
