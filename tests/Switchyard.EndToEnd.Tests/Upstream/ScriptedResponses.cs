using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Switchyard.TestKit;
using static Switchyard.EndToEnd.Tests.Upstream.RequestRules;

namespace Switchyard.EndToEnd.Tests.Upstream;

/// <summary>OpenAI's responses endpoint as a script: nothing is stored, so reasoning is encrypted and must come back encrypted.</summary>
internal sealed class ScriptedResponses : ScriptedApi
{
    public override string Type => "openai";

    public override string Dialect => "openai-responses";

    public override string BaseUrl => Address + "/v1";

    public override string Model => "gpt-script";

    protected override async Task AnswerAsync(HttpContext http, SeenRequest seen, JsonElement request)
    {
        if (seen.Headers.GetValueOrDefault("Authorization") != $"Bearer {Key}")
            throw new Refusal(401, "Incorrect API key provided.");
        if (seen.Path != "/v1/responses")
            throw new Refusal(404, "Unknown request URL: " + seen.Path);
        Refusal.Unless(IsTrue(request, "stream"), "this script only streams");
        var asked = ResponsesRules.Read(request);
        Refusal.Unless(
            !asked.Thinks || Get(request, "include")?.EnumerateArray().Any(one => one.GetString() == "reasoning.encrypted_content") == true,
            "this script wants its encrypted reasoning included");
        var script = ModelScript.To(asked);
        http.Response.ContentType = "text/event-stream; charset=utf-8";
        await new Stream(http, script, Text(request, "model")!).WriteAsync();
    }

    protected override Task RefuseAsync(HttpContext http, Refusal refusal) =>
        WriteAsync(http, refusal.Status, new ApiError(refusal.Status, refusal.Message).ToJson());

    /// <summary>One streamed answer.</summary>
    private sealed class Stream(HttpContext http, ModelScript script, string model)
    {
        private readonly JsonArray _output = [];
        private int _sequence;

        public async Task WriteAsync()
        {
            await EventAsync("response.created", new() { ["response"] = Response("in_progress") });
            await EventAsync("response.in_progress", new() { ["response"] = Response("in_progress") });
            if (script.Reasoning.Length > 0)
                await ReasoningAsync();
            if (script.Text.Length > 0)
                await MessageAsync();
            foreach (var call in script.Calls)
                await CallAsync(call);
            await EventAsync("response.completed", new() { ["response"] = Response("completed") });
        }

        private async Task ReasoningAsync()
        {
            var item = new JsonObject
            {
                ["id"] = "rs_script", ["type"] = "reasoning", ["summary"] = new JsonArray(), ["encrypted_content"] = "",
            };
            await AddedAsync(item);
            await EventAsync("response.reasoning_summary_part.added", Place("rs_script", "summary_index", ("part", Summary(""))));
            foreach (var piece in ModelScript.Pieces(script.Reasoning, 6))
                await EventAsync("response.reasoning_summary_text.delta", Place("rs_script", "summary_index", ("delta", piece)));
            await EventAsync("response.reasoning_summary_text.done", Place("rs_script", "summary_index", ("text", script.Reasoning)));
            await EventAsync(
                "response.reasoning_summary_part.done", Place("rs_script", "summary_index", ("part", Summary(script.Reasoning))));
            (item["summary"], item["encrypted_content"]) =
                (new JsonArray(Summary(script.Reasoning)), ModelScript.Sign(script.Reasoning));
            await DoneAsync(item);
        }

        private async Task MessageAsync()
        {
            var item = new JsonObject
            {
                ["id"] = "msg_script", ["type"] = "message", ["status"] = "in_progress", ["role"] = "assistant",
                ["content"] = new JsonArray(),
            };
            await AddedAsync(item);
            await EventAsync("response.content_part.added", Place("msg_script", "content_index", ("part", Part(""))));
            foreach (var piece in ModelScript.Pieces(script.Text, 6))
                await EventAsync("response.output_text.delta", Place("msg_script", "content_index", ("delta", piece)));
            await EventAsync("response.output_text.done", Place("msg_script", "content_index", ("text", script.Text)));
            await EventAsync("response.content_part.done", Place("msg_script", "content_index", ("part", Part(script.Text))));
            (item["status"], item["content"]) = ("completed", new JsonArray(Part(script.Text)));
            await DoneAsync(item);
        }

        private async Task CallAsync(ScriptedCall call)
        {
            var item = new JsonObject
            {
                ["id"] = "fc_" + call.Id, ["type"] = "function_call", ["status"] = "in_progress", ["call_id"] = call.Id,
                ["name"] = call.Name, ["arguments"] = "",
            };
            await AddedAsync(item);
            foreach (var piece in ModelScript.Pieces(call.Arguments, 5))
                await EventAsync("response.function_call_arguments.delta", Place("fc_" + call.Id, null, ("delta", piece)));
            await EventAsync("response.function_call_arguments.done", Place("fc_" + call.Id, null, ("arguments", call.Arguments)));
            (item["status"], item["arguments"]) = ("completed", call.Arguments);
            await DoneAsync(item);
        }

        private Task AddedAsync(JsonObject item) =>
            EventAsync("response.output_item.added", new() { ["output_index"] = _output.Count, ["item"] = item.DeepClone() });

        private async Task DoneAsync(JsonObject item)
        {
            await EventAsync("response.output_item.done", new() { ["output_index"] = _output.Count, ["item"] = item.DeepClone() });
            _output.Add(item);
        }

        private JsonObject Place(string id, string? index, (string Name, JsonNode Value) member)
        {
            var place = new JsonObject { ["item_id"] = id, ["output_index"] = _output.Count, [member.Name] = member.Value };
            if (index is not null)
                place[index] = 0;
            return place;
        }

        private JsonObject Response(string status) => new()
        {
            ["id"] = "resp_script",
            ["object"] = "response",
            ["created_at"] = 1_790_000_000,
            ["status"] = status,
            ["error"] = null,
            ["incomplete_details"] = null,
            ["model"] = model,
            ["output"] = _output.DeepClone(),
            ["parallel_tool_calls"] = true,
            ["store"] = false,
            ["usage"] = status != "completed" ? null : new JsonObject
            {
                ["input_tokens"] = ModelScript.Input,
                ["input_tokens_details"] = new JsonObject { ["cached_tokens"] = ModelScript.Cached },
                ["output_tokens"] = ModelScript.Output,
                ["output_tokens_details"] = new JsonObject
                {
                    ["reasoning_tokens"] = script.Reasoning.Length > 0 ? ModelScript.ReasoningTokens : 0,
                },
                ["total_tokens"] = ModelScript.Input + ModelScript.Output,
            },
        };

        private Task EventAsync(string type, JsonObject members)
        {
            members.Insert(0, "type", type);
            members["sequence_number"] = _sequence++;
            return FlushAsync(http, $"event: {type}\ndata: {members.ToJsonString()}\n\n");
        }

        private static JsonObject Summary(string text) => new() { ["type"] = "summary_text", ["text"] = text };

        private static JsonObject Part(string text) =>
            new() { ["type"] = "output_text", ["text"] = text, ["annotations"] = new JsonArray() };
    }
}
