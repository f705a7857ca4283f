using System.Text.Json;
using System.Text.RegularExpressions;
using static Switchyard.EndToEnd.Tests.Upstream.RequestRules;

namespace Switchyard.EndToEnd.Tests.Upstream;

/// <summary>Refuses what Gemini's generateContent refuses, and reads the request.</summary>
internal static partial class GeminiRules
{
    /// <summary>The value that Google documents for calls with an unknown signature.</summary>
    public const string NoSignature = "skip_thought_signature_validator";

    private static readonly string[] s_data =
    [
        "text", "inlineData", "fileData", "functionCall", "functionResponse", "executableCode", "codeExecutionResult",
    ];

    // The keywords of the OpenAPI subset in `parameters` and `responseSchema`.
    private static readonly string[] s_schema =
    [
        "type", "anyOf", "default", "description", "enum", "example", "format", "items", "maxItems", "minItems", "maxLength", "minLength",
        "maximum",
        "minimum", "nullable", "pattern", "properties", "propertyOrdering", "required", "title", "maxProperties", "minProperties",
    ];

    public static Asked Read(JsonElement request, string model)
    {
        Refusal.Unknown(
            request, "request", "contents", "systemInstruction", "tools", "toolConfig", "safetySettings", "cachedContent",
            "generationConfig", "serviceTier");
        var config = Get(request, "generationConfig");
        if (config is { } given)
            CheckConfig(given);
        var tools = CheckTools(request);
        var contents = CheckContents(request, model);
        var last = contents.Last(turn => Text(turn, "role") is "user");
        var choice = Get(request, "toolConfig") is { } toolConfig ? Get(toolConfig, "functionCallingConfig") : null;
        return new Asked
        {
            System = Get(request, "systemInstruction") is { } system
                ? string.Join("\n\n", Parts(system, "text").Select(part => Text(part, "text")))
                : "",
            Text = string.Concat(Parts(last, "text").Select(part => Text(part, "text"))),
            Said =
            [
                .. Turns(contents).Where(turn => turn.Role == "model")
                    .Select(turn => string.Concat(
                        turn.Contents.SelectMany(content => Parts(content, "text")).Select(part => Text(part, "text")))),
            ],
            Tools = tools,
            Choice = choice is { } chosen ? CheckChoice(chosen, tools) : "auto",
            Results = [.. Parts(contents[^1], "functionResponse").Select(part => part.GetProperty("functionResponse")).Select(ResultOf)],
            Images =
            [
                .. Parts(last, "inlineData").Select(part => part.GetProperty("inlineData"))
                    .Select(data => $"{Text(data, "mimeType")}:{Text(data, "data")}"),
            ],
            Schema = config is { } format ? Get(format, "responseJsonSchema") ?? Get(format, "responseSchema") : null,
            Stops = config is { } ends && Get(ends, "stopSequences") is { } stops
                ? [.. stops.EnumerateArray().Select(stop => stop.GetString()!)]
                : [],
            MaxTokens = config is { } most ? Get(most, "maxOutputTokens")?.GetInt32() : null,
            Thinks = config is { } thinking && Get(thinking, "thinkingConfig") is { } thoughts && IsTrue(thoughts, "includeThoughts"),
        };
    }

    private static void CheckConfig(JsonElement config)
    {
        Refusal.Unknown(
            config, "generationConfig", "temperature", "topP", "topK", "candidateCount", "maxOutputTokens", "stopSequences", "seed",
            "presencePenalty",
            "frequencyPenalty", "responseLogprobs", "logprobs", "responseMimeType", "responseSchema", "responseJsonSchema",
            "responseModalities",
            "mediaResolution", "thinkingConfig", "speechConfig", "imageConfig");
        Refusal.Range(config, "temperature", 0, 2);
        Refusal.Range(config, "topP", 0, 1);
        Refusal.Range(config, "candidateCount", 1, 8);
        Refusal.Range(config, "maxOutputTokens", 1, int.MaxValue);
        Refusal.Unless(Get(config, "stopSequences") is not { } stops || stops.GetArrayLength() <= 5, "stopSequences: at most 5");
        var schema = Get(config, "responseSchema");
        Refusal.Unless(
            schema is null || Get(config, "responseJsonSchema") is null, "only one of responseSchema and responseJsonSchema may be set");
        Refusal.Unless(
            (schema ?? Get(config, "responseJsonSchema")) is null || Text(config, "responseMimeType") == "application/json",
            "a schema needs responseMimeType application/json");
        if (schema is { } subset)
            CheckSubset(subset);
        if (Get(config, "thinkingConfig") is not { } thinking)
            return;
        Refusal.Unknown(thinking, "thinkingConfig", "includeThoughts", "thinkingBudget", "thinkingLevel");
        Refusal.Unless(
            Get(thinking, "thinkingBudget") is null || Get(thinking, "thinkingLevel") is null,
            "thinkingBudget and thinkingLevel cannot both be set");
        Refusal.Unless(Text(thinking, "thinkingLevel") is null or "MINIMAL" or "LOW" or "MEDIUM" or "HIGH", "thinkingLevel: unknown value");
    }

    private static List<AskedTool> CheckTools(JsonElement request)
    {
        var tools = new List<AskedTool>();
        foreach (var declaration in Get(request, "tools")?.EnumerateArray()
            .SelectMany(tool => tool.GetProperty("functionDeclarations").EnumerateArray())
            ?? [])
        {
            Refusal.Unknown(
                declaration, "functionDeclarations", "name", "description", "parameters", "parametersJsonSchema", "response",
                "responseJsonSchema", "behavior");
            Refusal.Unless(FunctionName().IsMatch(Text(declaration, "name") ?? ""), "functionDeclarations: invalid name");
            var subset = Get(declaration, "parameters");
            Refusal.Unless(
                subset is null || Get(declaration, "parametersJsonSchema") is null,
                "parameters and parametersJsonSchema are mutually exclusive");
            if (subset is { } schema)
                CheckSubset(schema);
            tools.Add(new(Text(declaration, "name")!, subset ?? Get(declaration, "parametersJsonSchema")));
        }

        return tools;
    }

    private static void CheckSubset(JsonElement schema)
    {
        Refusal.Unknown(schema, "schema", s_schema);
        foreach (var property in Get(schema, "properties")?.EnumerateObject() ?? default)
            CheckSubset(property.Value);
        if (Get(schema, "items") is { } items)
            CheckSubset(items);
    }

    private static string CheckChoice(JsonElement choice, List<AskedTool> tools)
    {
        Refusal.Unknown(choice, "functionCallingConfig", "mode", "allowedFunctionNames");
        Refusal.Unless(tools.Count > 0, "function calling config is set without function declarations");
        var mode = Text(choice, "mode");
        Refusal.Unless(mode is "AUTO" or "ANY" or "NONE" or "VALIDATED", "functionCallingConfig.mode: unknown value");
        if (Get(choice, "allowedFunctionNames") is not { } allowed)
            return mode switch { "ANY" => "any", "NONE" => "none", _ => "auto" };
        Refusal.Unless(mode is "ANY" or "VALIDATED", "allowed_function_names is only allowed with mode ANY or VALIDATED");
        Refusal.Unless(
            allowed.EnumerateArray().All(name => tools.Exists(tool => tool.Name == name.GetString())),
            "allowed_function_names: not declared");
        return allowed.GetArrayLength() == 1 ? allowed[0].GetString()! : "any";
    }

    private static List<JsonElement> CheckContents(JsonElement request, string model)
    {
        var contents = Get(request, "contents")?.EnumerateArray().ToList() ?? [];
        Refusal.Unless(contents.Count > 0, "contents is not specified");
        Refusal.Unless(Text(contents[0], "role") == "user", "the conversation must start with a turn of the user's");
        foreach (var content in contents)
        {
            Refusal.Unknown(content, "contents", "role", "parts");
            Refusal.Unless(Text(content, "role") is "user" or "model", "Please use a valid role: user, model.");
            Refusal.Unless(
                Get(content, "parts") is { ValueKind: JsonValueKind.Array } parts && parts.GetArrayLength() > 0,
                "contents.parts must not be empty");
            foreach (var part in content.GetProperty("parts").EnumerateArray())
                CheckPart(part, Text(content, "role") == "model");
        }

        var turns = Turns(contents);
        var currentTurn = turns.FindLastIndex(turn => turn.Role == "user" && turn.Contents.Exists(content => Parts(content, "text").Any()));
        for (var i = 0; i < turns.Count; i++)
        {
            var calls = turns[i].Contents.SelectMany(content => Parts(content, "functionCall")).ToList();
            var responses = i + 1 < turns.Count
                ? turns[i + 1].Contents.SelectMany(content => Parts(content, "functionResponse")).ToList()
                : [];
            Refusal.Unless(
                calls.Count == responses.Count,
                "the number of function response parts must equal the number of function call parts of the function call turn");
            Refusal.Unless(
                calls.Select(call => Text(call.GetProperty("functionCall"), "name")).Order()
                    .SequenceEqual(responses.Select(response => Text(response.GetProperty("functionResponse"), "name")).Order()),
                "function response names must match the calls'");
            // Gemini 3 requires its signatures back within the current turn.
            if (calls.Count > 0 && i > currentTurn && model.Contains("gemini-3", StringComparison.Ordinal))
            {
                var signature = Text(calls[0], "thoughtSignature");
                Refusal.Unless(signature is not null, "Function call is missing a thought_signature in functionCall parts.");
                Refusal.Unless(
                    signature == NoSignature || signature == ModelScript.Sign(Text(calls[0].GetProperty("functionCall"), "name")!),
                    "Corrupted thought signature.");
            }
        }

        return contents;
    }

    /// <summary>Neighbouring contents of one role are one turn: Google's own clients send streamed answers back like this.</summary>
    private static List<(string Role, List<JsonElement> Contents)> Turns(List<JsonElement> contents)
    {
        var turns = new List<(string Role, List<JsonElement> Contents)>();
        foreach (var content in contents)
        {
            var role = Text(content, "role")!;
            if (turns.Count > 0 && turns[^1].Role == role)
                turns[^1].Contents.Add(content);
            else
                turns.Add((role, [content]));
        }

        return turns;
    }

    private static void CheckPart(JsonElement part, bool isModel)
    {
        Refusal.Unknown(part, "parts", [.. s_data, "thought", "thoughtSignature", "videoMetadata", "mediaResolution"]);
        Refusal.Unless(
            s_data.Count(name => Get(part, name) is not null) == 1, "parts: required oneof field 'data' must have one initialized field");
        Refusal.Unless(
            Text(part, "text") is not { } text || text.Length > 0 || Get(part, "thoughtSignature") is not null,
            "parts: text must not be empty");
        if (Get(part, "inlineData") is { } data)
        {
            Refusal.Unless(Text(data, "mimeType")?.Contains('/') == true, "inlineData.mimeType: missing");
            Refusal.Base64(Text(data, "data"), "inlineData.data");
        }

        if (Get(part, "functionCall") is { } call)
        {
            Refusal.Unknown(call, "functionCall", "id", "name", "args");
            Refusal.Unless(isModel && Text(call, "name") is not null, "functionCall: name is required, in a model's turn");
            Refusal.Unless(Get(call, "args") is null or { ValueKind: JsonValueKind.Object }, "functionCall.args: must be an object");
        }

        if (Get(part, "functionResponse") is { } response)
        {
            Refusal.Unknown(response, "functionResponse", "id", "name", "response", "parts");
            Refusal.Unless(!isModel && Text(response, "name") is { Length: > 0 }, "functionResponse.name: cannot be empty");
            Refusal.Unless(
                Get(response, "response") is { ValueKind: JsonValueKind.Object }, "functionResponse.response: must be an object");
        }
    }

    private static (string Name, string Text) ResultOf(JsonElement response)
    {
        var said = response.GetProperty("response");
        return (Text(response, "name")!, Text(said, "output") ?? Text(said, "result") ?? Text(said, "error") ?? said.GetRawText());
    }

    private static IEnumerable<JsonElement> Parts(JsonElement turn, string data) =>
        Get(turn, "parts")?.EnumerateArray().Where(part => Get(part, data) is not null && !IsTrue(part, "thought")) ?? [];

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_.:-]{0,127}$")]
    private static partial Regex FunctionName();
}
