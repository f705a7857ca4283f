using System.Text.Json;
using System.Text.RegularExpressions;

namespace Switchyard.EndToEnd.Tests.Upstream;

/// <summary>Refuses what OpenAI's chat endpoint refuses, so that a request we wrote badly fails a client's scenario.</summary>
internal static partial class RequestRules
{
    private static readonly HashSet<string> s_known =
    [
        "model", "messages", "temperature", "top_p", "n", "max_completion_tokens", "max_tokens", "stop", "presence_penalty",
        "frequency_penalty",
        "logit_bias", "logprobs", "top_logprobs", "seed", "user", "safety_identifier", "prompt_cache_key", "prompt_cache_retention",
        "stream",
        "stream_options", "tools", "tool_choice", "parallel_tool_calls", "functions", "function_call", "response_format",
        "reasoning_effort",
        "verbosity", "service_tier", "modalities", "audio", "prediction", "web_search_options", "store", "metadata",
    ];

    public static void CheckChat(JsonElement request)
    {
        foreach (var member in request.EnumerateObject())
            Require(s_known.Contains(member.Name), $"Unknown parameter: '{member.Name}'.", member.Name, "unknown_parameter");
        Range(request, "temperature", 0, 2);
        Range(request, "top_p", 0, 1);
        Range(request, "presence_penalty", -2, 2);
        Range(request, "frequency_penalty", -2, 2);
        Range(request, "top_logprobs", 0, 20);
        Range(request, "n", 1, 128);
        Range(request, "max_completion_tokens", 1, int.MaxValue);
        Range(request, "max_tokens", 1, int.MaxValue);
        foreach (var flag in (string[])["stream", "logprobs", "store", "parallel_tool_calls"])
            Require(
                Get(request, flag) is null or { ValueKind: JsonValueKind.True or JsonValueKind.False }, $"'{flag}' must be a boolean.",
                flag);
        Require(Get(request, "top_logprobs") is null || IsTrue(request, "logprobs"), "'top_logprobs' needs 'logprobs'.", "top_logprobs");
        if (Get(request, "stream_options") is { } options)
        {
            Require(
                IsTrue(request, "stream"), "The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options");
            foreach (var member in options.EnumerateObject())
                Require(
                    member.Name is "include_usage" or "include_obfuscation", $"Unknown parameter: 'stream_options.{member.Name}'.",
                    "stream_options");
        }

        CheckStop(request);
        CheckTools(request);
        CheckFormat(request);
        CheckMessages(request);
    }

    public static void Require(bool holds, string message, string? param, string? code = "invalid_value")
    {
        if (!holds)
            throw new ApiError(400, message, code, param);
    }

    public static JsonElement? Get(JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out var member) && member.ValueKind != JsonValueKind.Null
            ? member
            : null;

    public static bool IsTrue(JsonElement value, string name) => Get(value, name) is { ValueKind: JsonValueKind.True };

    public static string? Text(JsonElement value, string name) =>
        Get(value, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    private static void CheckStop(JsonElement request)
    {
        if (Get(request, "stop") is not { } stop)
            return;
        Require(
            stop.ValueKind == JsonValueKind.String
            || (
                stop.ValueKind == JsonValueKind.Array && stop.GetArrayLength() is > 0 and <= 4
                    && stop.EnumerateArray().All(one => one.ValueKind == JsonValueKind.String)),
            "'stop' must be a string or up to 4 strings.", "stop");
    }

    private static void CheckTools(JsonElement request)
    {
        if (Get(request, "tools") is not { } tools)
        {
            Require(Get(request, "tool_choice") is null, "'tool_choice' is only allowed when 'tools' are specified.", "tool_choice");
            Require(
                Get(request, "parallel_tool_calls") is null, "'parallel_tool_calls' is only allowed when 'tools' are specified.",
                "parallel_tool_calls");
            return;
        }

        Require(
            tools.ValueKind == JsonValueKind.Array && tools.GetArrayLength() is > 0 and <= 128, "'tools' must be a list of 1 to 128.",
            "tools", "empty_array");
        foreach (var tool in tools.EnumerateArray())
        {
            Require(Text(tool, "type") == "function" && Get(tool, "function") is not null, "A tool must be a function.", "tools[0].type");
            var function = tool.GetProperty("function");
            Require(FunctionName().IsMatch(Text(function, "name") ?? ""), "Invalid function name.", "tools[0].function.name");
            Require(
                Get(function, "parameters") is null or { ValueKind: JsonValueKind.Object }, "'parameters' must be a schema.",
                "tools[0].function.parameters");
            if (IsTrue(function, "strict"))
                CheckStrict(function.GetProperty("parameters"), "tools[0].function.parameters", "invalid_function_parameters");
        }

        if (Get(request, "tool_choice") is { ValueKind: JsonValueKind.String } word)
            Require(word.GetString() is "none" or "auto" or "required", "Invalid 'tool_choice'.", "tool_choice");
        else if (Get(request, "tool_choice") is { } choice)
            Require(
                Text(choice, "type") == "function" && Text(choice.GetProperty("function"), "name") is not null, "Invalid 'tool_choice'.",
                "tool_choice");
    }

    private static void CheckFormat(JsonElement request)
    {
        if (Get(request, "response_format") is not { } format)
            return;
        Require(
            Text(format, "type") is "text" or "json_object" or "json_schema", "Invalid 'response_format.type'.", "response_format.type");
        if (Text(format, "type") != "json_schema")
            return;
        Require(
            Get(format, "json_schema") is not null, "Missing 'response_format.json_schema'.", "response_format.json_schema",
            "missing_required_parameter");
        var schema = format.GetProperty("json_schema");
        Require(
            FunctionName().IsMatch(Text(schema, "name") ?? ""), "Invalid 'response_format.json_schema.name'.",
            "response_format.json_schema.name");
        if (IsTrue(schema, "strict"))
            CheckStrict(schema.GetProperty("schema"), "response_format", "invalid_json_schema");
    }

    private static void CheckStrict(JsonElement schema, string param, string code)
    {
        if (Text(schema, "type") != "object")
            return;
        Require(
            Get(schema, "additionalProperties") is { ValueKind: JsonValueKind.False },
            "'additionalProperties' is required to be supplied and to be false.", param, code);
        foreach (var property in Get(schema, "properties")?.EnumerateObject() ?? default)
        {
            Require(
                Get(schema, "required") is { } required && required.EnumerateArray().Any(name => name.GetString() == property.Name),
                $"'required' must include every key in properties. Missing '{property.Name}'.", param, code);
            CheckStrict(property.Value, param, code);
        }
    }

    private static void CheckMessages(JsonElement request)
    {
        Require(
            Get(request, "messages") is { ValueKind: JsonValueKind.Array }, "Missing required parameter: 'messages'.", "messages",
            "missing_required_parameter");
        var messages = request.GetProperty("messages");
        Require(messages.GetArrayLength() > 0, "Invalid 'messages': empty array.", "messages", "empty_array");
        var open = new HashSet<string>();
        var index = 0;
        foreach (var message in messages.EnumerateArray())
        {
            var at = $"messages[{index++}]";
            var role = Text(message, "role");
            Require(role is "developer" or "system" or "user" or "assistant" or "tool", $"Invalid value: '{role}'.", at + ".role");
            if (role == "tool")
            {
                Require(
                    open.Remove(Text(message, "tool_call_id") ?? ""), "'tool' must answer a preceding 'tool_calls'.", at + ".role", null);
                CheckContent(message, at, textOnly: true);
                continue;
            }

            Require(
                open.Count == 0, "An assistant message with 'tool_calls' must be followed by tool messages responding to each.",
                at + ".role", null);
            if (role == "assistant" && Get(message, "tool_calls") is { } calls)
                CheckCalls(calls, at, open);
            if (Get(message, "tool_calls") is null || Get(message, "content") is not null)
                CheckContent(message, at, textOnly: role != "user");
            Require(
                role != "assistant" || Get(message, "tool_calls") is not null || Text(message, "content") is not "",
                "This script wants no message that says nothing.", at + ".content");
        }

        Require(
            open.Count == 0, "An assistant message with 'tool_calls' must be followed by tool messages responding to each.", "messages",
            null);
    }

    private static void CheckCalls(JsonElement calls, string at, HashSet<string> open)
    {
        Require(
            calls.ValueKind == JsonValueKind.Array && calls.GetArrayLength() > 0, "Invalid 'tool_calls': empty array.", at + ".tool_calls",
            "empty_array");
        foreach (var call in calls.EnumerateArray())
        {
            Require(
                Text(call, "id") is { Length: > 0 } && Text(call, "type") == "function", "A call needs id and type.", at + ".tool_calls");
            Require(Text(call.GetProperty("function"), "name") is not null && Text(call.GetProperty("function"), "arguments") is not null,
                "A call's function needs name and arguments, both strings.", at + ".tool_calls[0].function");
            Require(open.Add(Text(call, "id")!), "Duplicate call id.", at + ".tool_calls");
        }
    }

    private static void CheckContent(JsonElement message, string at, bool textOnly)
    {
        var content = Get(message, "content");
        Require(content is not null, $"Invalid value for 'content': expected a string, got null.", at + ".content", null);
        if (content!.Value.ValueKind == JsonValueKind.String)
            return;
        Require(
            content.Value.ValueKind == JsonValueKind.Array && content.Value.GetArrayLength() > 0, "Invalid 'content'.", at + ".content");
        foreach (var part in content.Value.EnumerateArray())
        {
            var type = Text(part, "type");
            Require(
                type is "text" or "refusal" || !textOnly, $"Invalid value: '{type}' in a message that takes only text.", at + ".content");
            switch (type)
            {
                case "text":
                    Require(Text(part, "text") is not null, "Missing 'text'.", at + ".content[0].text");
                    break;
                case "image_url":
                    var url = Text(part.GetProperty("image_url"), "url") ?? "";
                    Require(
                        url.StartsWith("https://", StringComparison.Ordinal) || url.StartsWith("data:image/", StringComparison.Ordinal),
                        "Invalid image.", at + ".content[0].image_url.url", "invalid_image_url");
                    break;
                default:
                    Require(type is "input_audio" or "file" or "refusal", $"Invalid value: '{type}'.", at + ".content[0].type");
                    break;
            }
        }
    }

    private static void Range(JsonElement request, string name, double least, double most)
    {
        if (Get(request, name) is not { } value)
            return;
        Require(value.ValueKind == JsonValueKind.Number, $"Invalid type for '{name}': expected a number.", name, "invalid_type");
        Require(value.GetDouble() >= least, $"Invalid '{name}': below the minimum.", name, "decimal_below_min_value");
        Require(value.GetDouble() <= most, $"Invalid '{name}': above the maximum.", name, "decimal_above_max_value");
    }

    [GeneratedRegex("^[A-Za-z0-9_-]{1,64}$")]
    private static partial Regex FunctionName();
}
