using System.Text.Json;

namespace Switchyard.Tests.CrossDialect;

/// <summary>
/// Histories that each vendor refuses: turns out of order, a call without its result, a turn or a block without
/// content. Names the rules a request breaks.
/// </summary>
internal static class HistoryRules
{
    public static List<string> Broken(string egress, JsonElement request)
    {
        var broken = new List<string>();
        switch (egress)
        {
            case "anthropic-messages":
                Alternating(request.GetProperty("messages"), "content", "assistant", IsAnthropicBlock, broken);
                break;
            case "bedrock-converse":
                Alternating(request.GetProperty("messages"), "content", "assistant", IsBedrockBlock, broken);
                break;
            case "gemini":
                Alternating(request.GetProperty("contents"), "parts", "model", IsGeminiPart, broken);
                break;
            case "openai-responses":
                Items(request.GetProperty("input"), broken);
                break;
            default:
                Messages(egress, request.GetProperty("messages"), broken);
                break;
        }

        foreach (var system in (string[])["system", "systemInstruction"])
        {
            if (request.TryGetProperty(system, out var text) && IsEmpty(text))
                broken.Add($"{system} is empty");
        }

        return broken;
    }

    /// <summary>The call of a block, the call it answers, and its fault.</summary>
    private readonly record struct Block(string? Calls, string? Answers, string? Problem);

    private static void Alternating(JsonElement turns, string contents, string model, Func<JsonElement, Block> read, List<string> broken)
    {
        if (turns.GetArrayLength() == 0)
            broken.Add("no turn at all");
        string? before = null;
        var open = new List<string>();
        var at = 0;
        foreach (var turn in turns.EnumerateArray())
        {
            var role = turn.GetProperty("role").GetString();
            if (at == 0 && role == model)
                broken.Add("the model's turn is the first");
            if (role == before)
                broken.Add($"turn {at} has the role of the one before it: {role}");
            before = role;
            var blocks = turn.GetProperty(contents);
            if (blocks.GetArrayLength() == 0)
                broken.Add($"turn {at} is empty");
            var (others, calls) = (false, new List<string>());
            foreach (var block in blocks.EnumerateArray().Select(read))
            {
                if (block.Problem is not null)
                    broken.Add($"turn {at}: {block.Problem}");
                if (block.Calls is { } call)
                    calls.Add(call);
                if (block.Answers is { } answer && (others || !open.Remove(answer)))
                    broken.Add($"turn {at}: the result of {answer} is out of place");
                others |= block.Answers is null;
            }

            if (open.Count > 0)
                broken.Add($"turn {at} does not answer {string.Join(", ", open)}");
            open = calls;
            at++;
        }

        if (open.Count > 0)
            broken.Add($"nothing answers {string.Join(", ", open)}");
    }

    private static Block IsAnthropicBlock(JsonElement block) => block.GetProperty("type").GetString() switch
    {
        "text" => new(null, null, Blank(block.GetProperty("text"))),
        "tool_use" => new(block.GetProperty("id").GetString(), null, null),
        "tool_result" => new(
            null, block.GetProperty("tool_use_id").GetString(),
            block.TryGetProperty("content", out var content) && IsEmpty(content) ? "an empty list in a result" : null),
        _ => default,
    };

    private static Block IsBedrockBlock(JsonElement block)
    {
        if (block.TryGetProperty("toolUse", out var call))
            return new(call.GetProperty("toolUseId").GetString(), null, null);
        if (block.TryGetProperty("toolResult", out var result))
            return new(
                null, result.GetProperty("toolUseId").GetString(), IsEmpty(result.GetProperty("content")) ? "an empty result" : null);
        return new(null, null, block.TryGetProperty("text", out var text) ? Blank(text) : null);
    }

    // Names, because calls have no ids here.
    private static Block IsGeminiPart(JsonElement part)
    {
        if (part.TryGetProperty("functionCall", out var call))
            return new(call.GetProperty("name").GetString(), null, null);
        if (part.TryGetProperty("functionResponse", out var response))
            return new(null, response.GetProperty("name").GetString(), null);
        var signed = part.TryGetProperty("thoughtSignature", out _);
        if (part.TryGetProperty("fileData", out var file) && file.GetProperty("fileUri").GetString() is not { Length: > 0 })
            return new(null, null, "a file without an address");
        return new(null, null, part.TryGetProperty("text", out var text) && !signed ? Blank(text) : null);
    }

    private static void Messages(string egress, JsonElement messages, List<string> broken)
    {
        if (messages.GetArrayLength() == 0)
            broken.Add("no message at all");
        var open = new List<string>();
        var at = 0;
        foreach (var message in messages.EnumerateArray())
        {
            var role = message.GetProperty("role").GetString();
            var calls = message.TryGetProperty("tool_calls", out var list) ? list : default;
            if (role == "tool")
            {
                if (!open.Remove(message.GetProperty("tool_call_id").GetString()!))
                    broken.Add($"message {at} answers no call before it");
            }
            else if (open.Count > 0)
            {
                broken.Add($"message {at} does not answer {string.Join(", ", open)}");
                open.Clear();
            }

            message.TryGetProperty("content", out var content);
            var hasMore = calls.ValueKind == JsonValueKind.Array || message.TryGetProperty("reasoning_content", out _)
                || message.TryGetProperty("thinking", out _) || message.TryGetProperty("images", out _)
                || message.TryGetProperty("refusal", out _);
            if (content.ValueKind == JsonValueKind.Array && content.GetArrayLength() == 0)
                broken.Add($"message {at} has an empty list as content");
            if (role == "assistant" && !hasMore && IsEmpty(content))
                broken.Add($"message {at} says nothing");
            if (role == "user" && !hasMore && IsEmpty(content) && egress != "openai-chat")
                broken.Add($"message {at} asks nothing");
            if (calls.ValueKind == JsonValueKind.Array)
                open.AddRange(calls.EnumerateArray().Select(call => call.GetProperty("id").GetString()!));
            at++;
        }

        if (open.Count > 0)
            broken.Add($"nothing answers {string.Join(", ", open)}");
    }

    private static void Items(JsonElement items, List<string> broken)
    {
        if (items.GetArrayLength() == 0)
            broken.Add("no item at all");
        var open = new HashSet<string>();
        var at = 0;
        foreach (var item in items.EnumerateArray())
        {
            var type = item.TryGetProperty("type", out var named) ? named.GetString() : "message";
            switch (type)
            {
                case "message":
                    if (open.Count > 0 && item.GetProperty("role").GetString() == "user")
                        broken.Add($"item {at} does not answer {string.Join(", ", open)}");
                    if (item.GetProperty("content") is { ValueKind: JsonValueKind.Array } parts && parts.GetArrayLength() == 0)
                        broken.Add($"item {at} is empty");
                    break;
                case "function_call" or "custom_tool_call":
                    open.Add(item.GetProperty("call_id").GetString()!);
                    break;
                case "function_call_output" or "custom_tool_call_output":
                    if (!open.Remove(item.GetProperty("call_id").GetString()!))
                        broken.Add($"item {at} answers no call before it");
                    if (item.GetProperty("output") is { ValueKind: JsonValueKind.Array } output && output.GetArrayLength() == 0)
                        broken.Add($"item {at} is an empty list");
                    break;
            }

            at++;
        }

        if (open.Count > 0)
            broken.Add($"nothing answers {string.Join(", ", open)}");
    }

    private static string? Blank(JsonElement text) => string.IsNullOrWhiteSpace(text.GetString()) ? "a blank text" : null;

    private static bool IsEmpty(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.String => value.GetString()!.Length == 0,
        JsonValueKind.Object => value.TryGetProperty("parts", out var parts) && parts.GetArrayLength() == 0,
        _ => true,
    };
}
