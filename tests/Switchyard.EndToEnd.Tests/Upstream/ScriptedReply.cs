using System.Text.Json;
using System.Text.Json.Nodes;

namespace Switchyard.EndToEnd.Tests.Upstream;

/// <summary>A tool call of the scripted model.</summary>
internal sealed record ScriptedCall(string Id, string Name, string Arguments);

/// <summary>The scripted model's answer to a request: it depends only on the request.</summary>
internal sealed record ScriptedReply(string Text, IReadOnlyList<ScriptedCall> Calls, int PromptTokens, int CompletionTokens)
{
    /// <summary>Its reasoning, if the request asks for effort; a field of OpenAI-compatible vendors.</summary>
    public string Reasoning { get; init; } = "";

    /// <summary>Whether the answer was cut at the token limit.</summary>
    public bool Cut { get; init; }

    public string FinishReason => Calls.Count > 0 ? "tool_calls" : Cut ? "length" : "stop";

    public static ScriptedReply To(JsonElement request)
    {
        var messages = request.GetProperty("messages").EnumerateArray().ToList();
        var asked = messages.LastOrDefault(message => RequestRules.Text(message, "role") == "user");
        var calls = CallsFor(request, messages[^1], asked);
        var text = calls.Count > 0 ? ModelScript.TextBeforeCalls(TextOf(asked)) : TextFor(request, messages, asked);
        text = Stops(request).Where(stop => text.Contains(stop, StringComparison.Ordinal))
            .Aggregate(text, (said, stop) => said.Split(stop)[0]);
        var cut = text.Length > 10
            && (RequestRules.Get(request, "max_completion_tokens") ?? RequestRules.Get(request, "max_tokens"))?.GetInt32() <= 5;
        text = cut ? text[..10] : text;
        var prompt = messages.Sum(message => TextOf(message).Length) + (10 * messages.Count);
        return new(text, calls, prompt, text.Length + calls.Sum(call => call.Name.Length + call.Arguments.Length) + 7)
        {
            Cut = cut,
            Reasoning = RequestRules.Text(request, "reasoning_effort") is null or "none" ? "" : ModelScript.Thought,
        };
    }

    public JsonObject Usage() => new()
    {
        ["prompt_tokens"] = PromptTokens,
        ["completion_tokens"] = CompletionTokens,
        ["total_tokens"] = PromptTokens + CompletionTokens,
        ["prompt_tokens_details"] = new JsonObject { ["cached_tokens"] = 3, ["audio_tokens"] = 0 },
        ["completion_tokens_details"] = new JsonObject
        {
            ["reasoning_tokens"] = 5, ["audio_tokens"] = 0, ["accepted_prediction_tokens"] = 0, ["rejected_prediction_tokens"] = 0,
        },
    };

    public JsonObject Message()
    {
        var message = new JsonObject
        {
            ["role"] = "assistant",
            ["content"] = Calls.Count > 0 && Text.Length == 0 ? null : Text,
            ["refusal"] = null,
            ["annotations"] = new JsonArray(),
        };
        if (Reasoning.Length > 0)
            message["reasoning_content"] = Reasoning;
        if (Calls.Count > 0)
        {
            message["tool_calls"] = new JsonArray(
            [
                .. Calls.Select(call => new JsonObject
                {
                    ["id"] = call.Id,
                    ["type"] = "function",
                    ["function"] = new JsonObject { ["name"] = call.Name, ["arguments"] = call.Arguments },
                }),
            ]);
        }

        return message;
    }

    /// <summary>The deltas of a stream, in order.</summary>
    public IEnumerable<JsonObject> Deltas()
    {
        yield return new() { ["role"] = "assistant", ["content"] = Calls.Count > 0 ? null : "", ["refusal"] = null };
        foreach (var piece in ModelScript.Pieces(Reasoning, 6))
            yield return new() { ["reasoning_content"] = piece };
        foreach (var piece in ModelScript.Pieces(Text, 6))
            yield return new() { ["content"] = piece };
        for (var i = 0; i < Calls.Count; i++)
        {
            yield return Delta(i, new JsonObject { ["name"] = Calls[i].Name, ["arguments"] = "" }, Calls[i].Id);
            foreach (var piece in ModelScript.Pieces(Calls[i].Arguments, 5))
                yield return Delta(i, new JsonObject { ["arguments"] = piece }, null);
        }
    }

    private static JsonObject Delta(int index, JsonObject function, string? id)
    {
        var call = new JsonObject { ["index"] = index };
        if (id is not null)
            (call["id"], call["type"]) = (id, "function");
        call["function"] = function;
        return new() { ["tool_calls"] = new JsonArray(call) };
    }

    private static IEnumerable<string> Stops(JsonElement request) => RequestRules.Get(request, "stop") switch
    {
        null => [],
        { ValueKind: JsonValueKind.String } one => [one.GetString()!],
        { } several => several.EnumerateArray().Select(stop => stop.GetString()!),
    };

    private static List<ScriptedCall> CallsFor(JsonElement request, JsonElement last, JsonElement asked)
    {
        if (RequestRules.Get(request, "tools") is not { } tools || RequestRules.Text(last, "role") == "tool"
            || RequestRules.Text(request, "tool_choice") == "none" || ModelScript.OnlyTalks(TextOf(asked)))
            return [];
        var functions = tools.EnumerateArray().Select(tool => tool.GetProperty("function"));
        if (RequestRules.Get(request, "tool_choice") is { ValueKind: JsonValueKind.Object } named)
            functions = functions.Where(
                function => RequestRules.Text(function, "name") == RequestRules.Text(named.GetProperty("function"), "name"));
        if (RequestRules.Get(request, "parallel_tool_calls") is { ValueKind: JsonValueKind.False }
            || !TextOf(asked).Contains("both", StringComparison.Ordinal))
            functions = functions.Take(1);
        return
        [
            .. functions.Select((function, index) => new ScriptedCall(
                $"call_{index + 1}", RequestRules.Text(function, "name")!,
                Instance(RequestRules.Get(function, "parameters")).ToJsonString())),
        ];
    }

    private static string TextFor(JsonElement request, List<JsonElement> messages, JsonElement asked)
    {
        if (RequestRules.Text(messages[^1], "role") == "tool")
        {
            var last = messages.FindLastIndex(message => RequestRules.Text(message, "role") != "tool");
            return "Results: " + string.Join("; ", messages.Skip(last + 1)
                .Select(message => $"{RequestRules.Text(message, "tool_call_id")}={TextOf(message)}"));
        }

        if (TextOf(asked) == ModelScript.Recite)
            return ModelScript.Recited(messages.Where(message => RequestRules.Text(message, "role") == "assistant").Select(TextOf));
        if (RequestRules.Get(request, "response_format") is { } format && RequestRules.Text(format, "type") is not "text")
            return Instance(RequestRules.Get(format, "json_schema") is { } schema ? RequestRules.Get(schema, "schema") : null)
                .ToJsonString();
        var images = Parts(asked, "image_url").Select(part => part.GetProperty("image_url")).ToList();
        if (images.Count > 0)
            return "Images: "
                + string.Join(
                    ", ", images.Select(image => $"{RequestRules.Text(image, "url")}({RequestRules.Text(image, "detail") ?? "-"})"));
        var system = messages.FirstOrDefault(message => RequestRules.Text(message, "role") is "system" or "developer");
        return $"You said: {TextOf(asked)}" + (system.ValueKind == JsonValueKind.Undefined ? "" : $" (told to: {TextOf(system)})");
    }

    private static string TextOf(JsonElement message) =>
        RequestRules.Text(message, "content") ?? string.Concat(Parts(message, "text").Select(part => RequestRules.Text(part, "text")));

    private static IEnumerable<JsonElement> Parts(JsonElement message, string type) =>
        RequestRules.Get(message, "content") is { ValueKind: JsonValueKind.Array } parts
            ? parts.EnumerateArray().Where(part => RequestRules.Text(part, "type") == type)
            : [];

    private static JsonObject Instance(JsonElement? schema)
    {
        var value = new JsonObject();
        foreach (var property in (schema is { } given ? RequestRules.Get(given, "properties") : null)?.EnumerateObject() ?? default)
        {
            value[property.Name] = RequestRules.Get(property.Value, "enum") is { } choices
                ? JsonNode.Parse(choices[0].GetRawText())
                : RequestRules.Text(property.Value, "type") switch
            {
                "integer" or "number" => 42,
                "boolean" => true,
                "object" => Instance(property.Value),
                "array" => new JsonArray(1, 2),
                _ => $"some \"{property.Name}\" – ü 👋",
            };
        }

        return value;
    }
}
