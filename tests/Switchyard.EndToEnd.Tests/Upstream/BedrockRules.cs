using System.Text.Json;
using System.Text.RegularExpressions;
using static Switchyard.EndToEnd.Tests.Upstream.RequestRules;

namespace Switchyard.EndToEnd.Tests.Upstream;

/// <summary>Refuses what Bedrock's Converse refuses for a Claude model, and reads the request.</summary>
internal static partial class BedrockRules
{
    public static Asked Read(JsonElement request)
    {
        Refusal.Unknown(
            request, "request", "messages", "system", "inferenceConfig", "toolConfig", "outputConfig", "additionalModelRequestFields",
            "additionalModelResponseFieldPaths", "guardrailConfig", "performanceConfig", "serviceTier", "requestMetadata",
            "promptVariables");
        var inference = Get(request, "inferenceConfig");
        if (inference is { } config)
        {
            Refusal.Unknown(config, "inferenceConfig", "maxTokens", "temperature", "topP", "stopSequences");
            Refusal.Range(config, "temperature", 0, 1);
            Refusal.Range(config, "topP", 0, 1);
            Refusal.Range(config, "maxTokens", 1, int.MaxValue);
        }

        foreach (var block in Get(request, "system")?.EnumerateArray() ?? default)
            Refusal.Unless(
                Get(block, "text") is null || !string.IsNullOrWhiteSpace(Text(block, "text")), "system: the text field is blank");
        var tools = CheckTools(request);
        var thinks = CheckThinking(request, inference);
        var names = CheckMessages(request, thinks, tools.Count > 0);
        var messages = request.GetProperty("messages").EnumerateArray().ToList();
        var last = messages.Last(message => Text(message, "role") == "user");
        return new Asked
        {
            System = string.Join(
                "\n\n", Get(request, "system")?.EnumerateArray().Select(block => Text(block, "text")).OfType<string>() ?? []),
            Text = string.Concat(Blocks(last, "text").Select(text => text.GetString())),
            Said =
            [
                .. messages.Where(message => Text(message, "role") == "assistant")
                    .Select(message => string.Concat(Blocks(message, "text").Select(text => text.GetString()))),
            ],
            Tools = tools,
            Choice = ChoiceOf(request, tools),
            Parallel = Get(request, "additionalModelRequestFields") is not { } extra || Get(extra, "tool_choice") is not { } choice
                || !IsTrue(choice, "disable_parallel_tool_use"),
            Results = [.. Blocks(messages[^1], "toolResult").Select(result => (names[Text(result, "toolUseId")!], ResultText(result)))],
            Images =
            [
                .. Blocks(last, "image").Select(image => $"image/{Text(image, "format")}:{Text(image.GetProperty("source"), "bytes")}"),
            ],
            Schema = SchemaOf(request),
            Stops = inference is { } ends && Get(ends, "stopSequences") is { } stops
                ? [.. stops.EnumerateArray().Select(stop => stop.GetString()!)]
                : [],
            MaxTokens = inference is { } most ? Get(most, "maxTokens")?.GetInt32() : null,
            Thinks = thinks,
        };
    }

    private static List<AskedTool> CheckTools(JsonElement request)
    {
        var tools = new List<AskedTool>();
        if (Get(request, "toolConfig") is not { } config)
            return tools;
        Refusal.Unknown(config, "toolConfig", "tools", "toolChoice");
        Refusal.Unless(
            Get(config, "tools") is { ValueKind: JsonValueKind.Array } list && list.GetArrayLength() > 0,
            "toolConfig.tools: must have at least 1 item");
        foreach (var tool in config.GetProperty("tools").EnumerateArray())
        {
            if (Get(tool, "cachePoint") is not null)
                continue;
            var spec = tool.GetProperty("toolSpec");
            Refusal.Unknown(spec, "toolSpec", "name", "description", "inputSchema", "strict");
            Refusal.Unless(ToolName().IsMatch(Text(spec, "name") ?? ""), "toolSpec.name: does not match the pattern");
            Refusal.Unless(
                Get(spec, "description") is null || Text(spec, "description") is { Length: > 0 },
                "toolSpec.description: must have length of at least 1");
            var schema = spec.GetProperty("inputSchema").GetProperty("json");
            Refusal.Unless(Text(schema, "type") == "object", "toolSpec.inputSchema.json.type must be object");
            tools.Add(new(Text(spec, "name")!, schema));
        }

        return tools;
    }

    private static string ChoiceOf(JsonElement request, List<AskedTool> tools)
    {
        if (Get(request, "toolConfig") is not { } config || Get(config, "toolChoice") is not { } choice)
            return "auto";
        Refusal.Unknown(choice, "toolChoice", "auto", "any", "tool");
        if (Get(choice, "tool") is not { } named)
            return Get(choice, "any") is null ? "auto" : "any";
        Refusal.Unless(tools.Exists(tool => tool.Name == Text(named, "name")), "toolChoice.tool: not among the tools");
        return Text(named, "name")!;
    }

    private static bool CheckThinking(JsonElement request, JsonElement? inference)
    {
        if (Get(request, "additionalModelRequestFields") is not { } extra || Get(extra, "thinking") is not { } thinking
            || Text(thinking, "type") == "disabled")
            return false;
        if (Text(thinking, "type") == "enabled")
        {
            var budget = thinking.GetProperty("budget_tokens").GetInt32();
            Refusal.Unless(budget >= 1024, "thinking.budget_tokens: must be at least 1024");
            Refusal.Unless(
                inference is { } config && Get(config, "maxTokens")?.GetInt32() > budget,
                "maxTokens must be greater than thinking.budget_tokens");
        }

        Refusal.Unless(
            inference is not { } warm || Get(warm, "temperature") is not { } heat || heat.GetDouble() == 1,
            "temperature may only be 1 when thinking is enabled");
        Refusal.Unless(
            Get(request, "toolConfig") is not { } tools || Get(tools, "toolChoice") is not { } choice || Get(choice, "auto") is not null,
            "Thinking may not be enabled when toolChoice forces tool use.");
        return true;
    }

    /// <summary>Checks the turns; returns which function each call's id called.</summary>
    private static Dictionary<string, string> CheckMessages(JsonElement request, bool thinks, bool hasTools)
    {
        var names = new Dictionary<string, string>();
        var open = new HashSet<string>();
        string? before = null;
        var messages = Get(request, "messages")?.EnumerateArray().ToList() ?? [];
        Refusal.Unless(messages.Count > 0, "messages: must not be empty");
        foreach (var message in messages)
        {
            Refusal.Unknown(message, "messages", "role", "content");
            var role = Text(message, "role");
            Refusal.Unless(role is "user" or "assistant", $"messages: unexpected role '{role}'");
            Refusal.Unless(before is not null || role == "user", "A conversation must start with a user message.");
            Refusal.Unless(role != before, "A conversation must alternate between user and assistant roles.");
            before = role;
            Refusal.Unless(
                Get(message, "content") is { ValueKind: JsonValueKind.Array } blocks && blocks.GetArrayLength() > 0,
                "messages.content: must not be empty");
            CheckBlocks(message.GetProperty("content"), role == "user", names, open);
        }

        Refusal.Unless(open.Count == 0, "Expected toolResult blocks for every toolUse of the previous turn.");
        Refusal.Unless(
            names.Count == 0 || hasTools, "The toolConfig field must be defined when using toolUse and toolResult content blocks.");
        if (thinks && Blocks(messages[^1], "toolResult").Any())
            Refusal.Unless(
                Get(messages[^2].GetProperty("content")[0], "reasoningContent") is not null,
                "Expected `thinking` or `redacted_thinking`, but found `tool_use`.");
        return names;
    }

    private static void CheckBlocks(JsonElement blocks, bool user, Dictionary<string, string> names, HashSet<string> open)
    {
        var (called, said, document) = (false, false, false);
        foreach (var block in blocks.EnumerateArray())
        {
            Refusal.Unless(block.EnumerateObject().Count() == 1, "messages.content: a block has exactly one member");
            var member = block.EnumerateObject().First();
            var value = member.Value;
            Refusal.Unless(
                !user || open.Count == 0 || member.Name is "toolResult",
                "Expected toolResult blocks for every toolUse of the previous turn, first in the message.");
            switch (member.Name)
            {
                case "text":
                    Refusal.Unless(!string.IsNullOrWhiteSpace(value.GetString()), "The text field in the ContentBlock object is blank.");
                    Refusal.Unless(!called, "text must come before toolUse");
                    said = true;
                    break;
                case "image":
                    Refusal.Unknown(value, "image", "format", "source");
                    Refusal.Unless(user && Text(value, "format") is "png" or "jpeg" or "gif" or "webp", "image.format: unknown value");
                    Refusal.Base64(Text(value.GetProperty("source"), "bytes"), "image.source.bytes");
                    break;
                case "document":
                    Refusal.Unknown(value, "document", "format", "name", "source", "context", "citations");
                    Refusal.Unless(DocumentName().IsMatch(Text(value, "name") ?? ""), "document.name: invalid");
                    document = true;
                    break;
                case "toolUse":
                    Refusal.Unknown(value, "toolUse", "toolUseId", "name", "input");
                    Refusal.Unless(!user && CallId().IsMatch(Text(value, "toolUseId") ?? ""), "toolUseId: does not match the pattern");
                    Refusal.Unless(value.GetProperty("input").ValueKind == JsonValueKind.Object, "toolUse.input: must be a JSON object");
                    Refusal.Unless(open.Add(Text(value, "toolUseId")!), "duplicate toolUseId");
                    names[Text(value, "toolUseId")!] = Text(value, "name")!;
                    called = true;
                    break;
                case "toolResult":
                    Refusal.Unknown(value, "toolResult", "toolUseId", "content", "status");
                    Refusal.Unless(user && open.Remove(Text(value, "toolUseId") ?? ""), "unexpected toolResult, or found twice");
                    Refusal.Unless(value.GetProperty("content").ValueKind == JsonValueKind.Array, "toolResult.content: must be a list");
                    Refusal.Unless(Text(value, "status") is null or "success" or "error", "toolResult.status: unknown value");
                    break;
                case "reasoningContent":
                    var text = value.GetProperty("reasoningText");
                    Refusal.Unless(
                        !user && Text(text, "signature") == ModelScript.Sign(Text(text, "text") ?? ""),
                        "Invalid signature in reasoningContent");
                    break;
                case "cachePoint":
                    break;
                default:
                    throw new Refusal(400, $"messages.content: unknown block '{member.Name}'");
            }
        }

        Refusal.Unless(!document || said, "A document needs a text block beside it.");
    }

    private static JsonElement? SchemaOf(JsonElement request)
    {
        if (Get(request, "outputConfig") is not { } output || Get(output, "textFormat") is not { } format)
            return null;
        Refusal.Unless(Text(format, "type") == "json_schema", "outputConfig.textFormat.type: unknown value");
        return JsonElement.Parse(
            Text(format.GetProperty("structure").GetProperty("jsonSchema"), "schema")
                ?? throw new Refusal(400, "schema: must be a string"));
    }

    private static string ResultText(JsonElement result) =>
        string.Concat(result.GetProperty("content").EnumerateArray().Select(part => Text(part, "text") ?? Get(part, "json")?.GetRawText()));

    private static IEnumerable<JsonElement> Blocks(JsonElement message, string kind) =>
        message.GetProperty("content").EnumerateArray().Where(block => Get(block, kind) is not null)
            .Select(block => block.GetProperty(kind));

    [GeneratedRegex("^[a-zA-Z0-9_-]{1,64}$")]
    private static partial Regex ToolName();

    [GeneratedRegex("^[a-zA-Z0-9_.:-]{1,64}$")]
    private static partial Regex CallId();

    [GeneratedRegex("^(?!.*  )[A-Za-z0-9 ()\\[\\]-]{1,200}$")]
    private static partial Regex DocumentName();
}
