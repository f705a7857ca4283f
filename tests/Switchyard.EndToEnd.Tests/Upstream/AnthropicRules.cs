using System.Text.Json;
using System.Text.RegularExpressions;
using static Switchyard.EndToEnd.Tests.Upstream.RequestRules;

namespace Switchyard.EndToEnd.Tests.Upstream;

/// <summary>Refuses what Anthropic's messages endpoint refuses, and reads the request.</summary>
internal static partial class AnthropicRules
{
    public static Asked Read(JsonElement request)
    {
        Refusal.Unknown(
            request, "request", "model", "max_tokens", "messages", "system", "temperature", "top_p", "top_k", "stop_sequences", "stream",
            "tools",
            "tool_choice", "thinking", "output_config", "service_tier", "metadata", "cache_control", "container", "inference_geo", "speed");
        Refusal.Unless(Get(request, "max_tokens") is { ValueKind: JsonValueKind.Number }, "max_tokens: Field required");
        var max = request.GetProperty("max_tokens").GetInt32();
        Refusal.Unless(max >= 1, "max_tokens: must be at least 1");
        Refusal.Range(request, "temperature", 0, 1);
        Refusal.Range(request, "top_p", 0, 1);
        var stops = Get(request, "stop_sequences")?.EnumerateArray().Select(stop => stop.GetString()!).ToList() ?? [];
        Refusal.Unless(
            stops.TrueForAll(stop => !string.IsNullOrWhiteSpace(stop)), "stop_sequences: each stop sequence must contain non-whitespace");
        Refusal.Unless(CacheHints(request) <= 4, "A maximum of 4 blocks with cache_control may be provided.");
        var tools = CheckTools(request);
        var thinks = CheckThinking(request, max);
        var names = CheckMessages(request, thinks);
        var messages = request.GetProperty("messages").EnumerateArray().ToList();
        var last = messages.Last(message => Text(message, "role") == "user");
        var choice = Get(request, "tool_choice");
        return new Asked
        {
            System = SystemText(request),
            Text = TextOf(last),
            Said = [.. messages.Where(message => Text(message, "role") == "assistant").Select(TextOf)],
            Tools = tools,
            Choice = choice is { } chosen ? Text(chosen, "type") == "tool" ? Text(chosen, "name")! : Text(chosen, "type")! : "auto",
            Parallel = choice is null || !IsTrue(choice.Value, "disable_parallel_tool_use"),
            Results = [.. Blocks(messages[^1], "tool_result").Select(block => (names[Text(block, "tool_use_id")!], TextOf(block)))],
            Images = [.. Blocks(last, "image").Select(block => block.GetProperty("source")).Select(ImageOf)],
            Schema = Get(request, "output_config") is { } output && Get(output, "format") is { } format
                ? format.GetProperty("schema")
                : null,
            Stops = stops,
            MaxTokens = max,
            Thinks = thinks,
        };
    }

    private static List<AskedTool> CheckTools(JsonElement request)
    {
        var tools = new List<AskedTool>();
        foreach (var tool in Get(request, "tools")?.EnumerateArray() ?? default)
        {
            Refusal.Unknown(tool, "tools", "name", "description", "input_schema", "type", "strict", "cache_control", "input_examples");
            Refusal.Unless(ToolName().IsMatch(Text(tool, "name") ?? ""), "tools: invalid name");
            Refusal.Unless(
                Get(tool, "input_schema") is { } schema && Text(schema, "type") == "object", "tools: input_schema.type must be 'object'");
            Refusal.Unless(tools.TrueForAll(other => other.Name != Text(tool, "name")), "tools: Tool names must be unique.");
            tools.Add(new(Text(tool, "name")!, tool.GetProperty("input_schema")));
        }

        if (Get(request, "tool_choice") is { } choice)
        {
            Refusal.Unless(tools.Count > 0, "tool_choice may only be specified while providing tools.");
            Refusal.Unless(Text(choice, "type") is "auto" or "any" or "tool" or "none", "tool_choice: unknown type");
            Refusal.Unless(
                Text(choice, "type") != "none" || Get(choice, "disable_parallel_tool_use") is null,
                "tool_choice.none: disable_parallel_tool_use is not permitted");
            Refusal.Unless(
                Text(choice, "type") != "tool" || tools.Exists(tool => tool.Name == Text(choice, "name")),
                "tool_choice: tool not found in provided tools");
        }

        return tools;
    }

    private static bool CheckThinking(JsonElement request, int max)
    {
        if (Get(request, "thinking") is not { } thinking || Text(thinking, "type") is "disabled")
            return false;
        if (Text(thinking, "type") == "enabled")
        {
            var budget = thinking.GetProperty("budget_tokens").GetInt32();
            Refusal.Unless(budget >= 1024, "thinking.enabled.budget_tokens: must be at least 1024");
            Refusal.Unless(budget < max, "`max_tokens` must be greater than `thinking.budget_tokens`");
        }
        else
        {
            Refusal.Unless(Text(thinking, "type") == "adaptive" && Get(thinking, "budget_tokens") is null, "thinking: unknown type");
        }

        Refusal.Unless(
            Get(request, "temperature") is not { } warm || warm.GetDouble() == 1,
            "`temperature` may only be set to 1 when thinking is enabled");
        Refusal.Unless(Get(request, "top_k") is null, "`top_k` must be unset when thinking is enabled");
        Refusal.Unless(
            Get(request, "tool_choice") is not { } choice || Text(choice, "type") is "auto" or "none",
            "Thinking may not be enabled when tool_choice forces tool use.");
        return true;
    }

    /// <summary>Checks the turns; returns which function each call's id called.</summary>
    private static Dictionary<string, string> CheckMessages(JsonElement request, bool thinks)
    {
        var names = new Dictionary<string, string>();
        var open = new HashSet<string>();
        string? before = null;
        var messages = Get(request, "messages")?.EnumerateArray().ToList() ?? [];
        Refusal.Unless(messages.Count > 0, "messages: at least one message is required");
        foreach (var message in messages)
        {
            Refusal.Unknown(message, "messages", "role", "content");
            var role = Text(message, "role");
            Refusal.Unless(role is "user" or "assistant", $"messages: unexpected role '{role}'");
            Refusal.Unless(before is not null || role == "user", "messages: first message must use the \"user\" role");
            Refusal.Unless(role != before, "messages: roles must alternate between \"user\" and \"assistant\"");
            before = role;
            var content = message.GetProperty("content");
            if (content.ValueKind == JsonValueKind.String)
            {
                Refusal.Unless(
                    !string.IsNullOrWhiteSpace(content.GetString()), "messages: text content blocks must contain non-whitespace text");
                Refusal.Unless(open.Count == 0, "`tool_use` ids were found without `tool_result` blocks immediately after");
                continue;
            }

            Refusal.Unless(
                content.ValueKind == JsonValueKind.Array && content.GetArrayLength() > 0,
                "messages: all messages must have non-empty content");
            CheckBlocks(content, role == "user", names, open);
        }

        Refusal.Unless(open.Count == 0, "`tool_use` ids were found without `tool_result` blocks immediately after");
        if (thinks && Blocks(messages[^1], "tool_result").Any())
        {
            var first = Text(messages[^2].GetProperty("content")[0], "type");
            Refusal.Unless(
                first is "thinking" or "redacted_thinking", $"messages: Expected `thinking` or `redacted_thinking`, but found `{first}`.");
        }

        return names;
    }

    private static void CheckBlocks(JsonElement blocks, bool user, Dictionary<string, string> names, HashSet<string> open)
    {
        var other = false;
        foreach (var block in blocks.EnumerateArray())
        {
            var type = Text(block, "type");
            if (type == "tool_result")
            {
                Refusal.Unknown(block, type, "type", "tool_use_id", "content", "is_error", "cache_control");
                Refusal.Unless(user && !other, "tool_result blocks must come first in the user's message");
                Refusal.Unless(
                    open.Remove(Text(block, "tool_use_id") ?? ""),
                    "unexpected `tool_use_id` found in `tool_result` blocks, or found twice");
                foreach (var part in Get(block, "content") is { ValueKind: JsonValueKind.Array } parts ? parts.EnumerateArray() : default)
                    CheckContent(part);
                continue;
            }

            Refusal.Unless(open.Count == 0 || !user, "`tool_use` ids were found without `tool_result` blocks immediately after");
            other = true;
            switch (type)
            {
                case "tool_use":
                    Refusal.Unknown(block, type, "type", "id", "name", "input", "cache_control", "caller");
                    Refusal.Unless(
                        !user && CallId().IsMatch(Text(block, "id") ?? ""), "tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'");
                    Refusal.Unless(
                        block.GetProperty("input").ValueKind == JsonValueKind.Object, "tool_use.input: Input should be a valid dictionary");
                    Refusal.Unless(open.Add(Text(block, "id")!), "`tool_use` ids must be unique");
                    names[Text(block, "id")!] = Text(block, "name")!;
                    break;
                case "thinking":
                    Refusal.Unknown(block, type, "type", "thinking", "signature");
                    Refusal.Unless(
                        !user && Text(block, "signature") == ModelScript.Sign(Text(block, "thinking") ?? ""),
                        "Invalid `signature` in `thinking` block");
                    break;
                default:
                    CheckContent(block);
                    break;
            }
        }
    }

    private static void CheckContent(JsonElement block)
    {
        switch (Text(block, "type"))
        {
            case "text":
                Refusal.Unknown(block, "text", "type", "text", "cache_control", "citations");
                Refusal.Unless(!string.IsNullOrWhiteSpace(Text(block, "text")), "messages: text content blocks must be non-empty");
                break;
            case "image":
                Refusal.Unknown(block, "image", "type", "source", "cache_control");
                var source = block.GetProperty("source");
                if (Text(source, "type") == "url")
                    break;
                Refusal.Unless(
                    Text(source, "type") == "base64"
                        && Text(source, "media_type") is "image/jpeg" or "image/png" or "image/gif" or "image/webp",
                    "image.source: bad type");
                Refusal.Base64(Text(source, "data"), "image.source.data");
                break;
            case "document":
                Refusal.Unknown(block, "document", "type", "source", "title", "context", "citations", "cache_control");
                break;
            case "redacted_thinking":
                break;
            case var unknown:
                throw new Refusal(400, $"messages: Input tag '{unknown}' does not match any of the expected tags");
        }
    }

    private static string SystemText(JsonElement request)
    {
        if (Get(request, "system") is not { } system)
            return "";
        if (system.ValueKind == JsonValueKind.String)
            return system.GetString()!;
        foreach (var block in system.EnumerateArray())
            CheckContent(block);
        return string.Join("\n\n", system.EnumerateArray().Select(block => Text(block, "text")));
    }

    private static string TextOf(JsonElement message) =>
        Text(message, "content") ?? string.Concat(Blocks(message, "text").Select(block => Text(block, "text")));

    private static IEnumerable<JsonElement> Blocks(JsonElement message, string type) =>
        Get(message, "content") is { ValueKind: JsonValueKind.Array } blocks
            ? blocks.EnumerateArray().Where(block => Text(block, "type") == type)
            : [];

    private static string ImageOf(JsonElement source) => Text(source, "url") ?? $"{Text(source, "media_type")}:{Text(source, "data")}";

    private static int CacheHints(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => value.EnumerateObject().Sum(member => member.Name == "cache_control" ? 1 : CacheHints(member.Value)),
        JsonValueKind.Array => value.EnumerateArray().Sum(CacheHints),
        _ => 0,
    };

    [GeneratedRegex("^[a-zA-Z0-9_-]{1,128}$")]
    private static partial Regex ToolName();

    [GeneratedRegex("^[a-zA-Z0-9_-]+$")]
    private static partial Regex CallId();
}
