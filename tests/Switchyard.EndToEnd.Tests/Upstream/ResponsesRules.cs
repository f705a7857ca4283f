using System.Text.Json;
using static Switchyard.EndToEnd.Tests.Upstream.RequestRules;

namespace Switchyard.EndToEnd.Tests.Upstream;

/// <summary>Refuses what OpenAI's responses endpoint refuses in a conversation the client keeps, and reads the request.</summary>
internal static class ResponsesRules
{
    public static Asked Read(JsonElement request)
    {
        Refusal.Unknown(
            request, "request", "model", "input", "instructions", "stream", "store", "include", "tools", "tool_choice",
            "parallel_tool_calls", "max_output_tokens", "temperature", "top_p", "reasoning", "text", "metadata", "truncation",
            "service_tier", "user", "safety_identifier", "prompt_cache_key", "stream_options");
        Refusal.Unless(Get(request, "store") is { ValueKind: JsonValueKind.False }, "this script stores nothing: send store false");
        var items = request.GetProperty("input").EnumerateArray().ToList();
        var names = CheckItems(items);
        var last = items.Last(item => Text(item, "role") == "user");
        var reasoning = Get(request, "reasoning");
        return new Asked
        {
            System = string.Join(
                "\n\n",
                items.Where(item => Text(item, "role") is "system" or "developer").Select(TextOf).Prepend(Text(request, "instructions"))
                    .OfType<string>()),
            Text = TextOf(last),
            Said = [.. items.Where(item => Text(item, "role") == "assistant").Select(TextOf)],
            Tools =
            [
                .. Get(request, "tools")?.EnumerateArray()
                    .Select(tool => new AskedTool(Text(tool, "name")!, Get(tool, "parameters"))) ?? [],
            ],
            Choice = Get(request, "tool_choice") is { ValueKind: JsonValueKind.String } word
                ? word.GetString() == "required" ? "any" : word.GetString()!
                : "auto",
            Results =
            [
                .. items.Skip(items.FindLastIndex(item => Text(item, "type") != "function_call_output") + 1)
                    .Select(item => (names[Text(item, "call_id")!], Text(item, "output")!)),
            ],
            MaxTokens = Get(request, "max_output_tokens")?.GetInt32(),
            Thinks = reasoning is { } asked && Text(asked, "effort") is not (null or "none"),
        };
    }

    /// <summary>Checks the items and their order; returns which function each call's id called.</summary>
    private static Dictionary<string, string> CheckItems(List<JsonElement> items)
    {
        Refusal.Unless(items.Count > 0, "input: empty array");
        var names = new Dictionary<string, string>();
        var open = new HashSet<string>();
        for (var i = 0; i < items.Count; i++)
        {
            var item = items[i];
            switch (Text(item, "type") ?? "message")
            {
                case "message":
                    CheckMessage(item);
                    Refusal.Unless(
                        open.Count == 0 || Text(item, "role") == "assistant",
                        $"No tool output found for function call {string.Join(' ', open)}.");
                    break;
                case "function_call":
                    Refusal.Unknown(item, "function_call", "type", "id", "call_id", "name", "arguments", "status");
                    Refusal.Unless(open.Add(Text(item, "call_id") ?? ""), "call_id: missing, or there twice");
                    Refusal.Unless(
                        JsonElement.Parse(Text(item, "arguments") ?? "").ValueKind == JsonValueKind.Object, "arguments: not an object");
                    names[Text(item, "call_id")!] = Text(item, "name")!;
                    break;
                case "function_call_output":
                    Refusal.Unknown(item, "function_call_output", "type", "id", "call_id", "output", "status");
                    Refusal.Unless(
                        open.Remove(Text(item, "call_id") ?? ""),
                        $"No tool call found for function call output with call_id {Text(item, "call_id")}.");
                    break;
                case "reasoning":
                    Refusal.Unknown(item, "reasoning", "type", "id", "summary", "content", "encrypted_content", "status");
                    Refusal.Unless(
                        Text(item, "encrypted_content") == ModelScript.Sign(ModelScript.Thought),
                        "The encrypted content could not be verified.");
                    Refusal.Unless(
                        i + 1 < items.Count && (Text(items[i + 1], "type") == "function_call" || Text(items[i + 1], "role") == "assistant"),
                        "Item of type 'reasoning' was provided without its required following item.");
                    break;
                case var unknown:
                    throw new Refusal(400, $"Invalid value: '{unknown}'.");
            }
        }

        Refusal.Unless(open.Count == 0, $"No tool output found for function call {string.Join(' ', open)}.");
        return names;
    }

    private static void CheckMessage(JsonElement item)
    {
        Refusal.Unknown(item, "message", "type", "role", "content", "id", "status", "phase");
        var role = Text(item, "role");
        Refusal.Unless(role is "user" or "assistant" or "system" or "developer", $"Invalid value: '{role}'.");
        if (Text(item, "content") is { } text)
        {
            Refusal.Unless(text.Length > 0, "content: empty string");
            return;
        }

        Refusal.Unless(
            item.GetProperty("content") is { ValueKind: JsonValueKind.Array } parts && parts.GetArrayLength() > 0, "content: empty array");
        foreach (var part in item.GetProperty("content").EnumerateArray())
        {
            Refusal.Unknown(part, "content", "type", "text", "annotations", "logprobs", "image_url", "detail", "file_id");
            Refusal.Unless(
                Text(part, "type") == (role == "assistant" ? "output_text" : "input_text")
                    || (role == "user" && Text(part, "type") == "input_image"),
                $"Invalid value: '{Text(part, "type")}'.");
        }
    }

    private static string TextOf(JsonElement item) => Text(item, "content")
        ?? string.Concat(item.GetProperty("content").EnumerateArray().Select(part => Text(part, "text")));
}
