using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Fields;

namespace Switchyard.Dialects.Shared.Tools;

/// <summary>
/// Custom tools, whose input is free text, as functions of one text argument, for models that have functions only; and calls of such
/// functions as calls of the custom tool again.
/// </summary>
internal static class CustomTools
{
    private const string Input = "input";

    private static readonly JsonElement s_schema = JsonElement.Parse(
        """{"type":"object","properties":{"input":{"type":"string"}},"required":["input"],"additionalProperties":false}"""u8);

    /// <summary>The tool as a function; null if it is not a custom tool.</summary>
    public static DeclaredFunction? AsFunction(AITool tool)
    {
        if (!tool.AdditionalProperties.TryGetValue(CanonicalKeys.RawOpenAIChat, out var raw) || raw is not JsonElement whole
            || whole.Text("type") != "custom" || whole.Member("custom") is not { ValueKind: JsonValueKind.Object } custom)
        {
            return null;
        }

        var grammar = custom.Member("format")?.Member("grammar");
        var rule = grammar is { } wanted
            ? $"'{Input}' holds the text itself, which must follow this {wanted.Text("syntax")} grammar:\n{wanted.Text("definition")}"
            : $"'{Input}' holds the text itself.";
        var description = custom.Text("description") is { Length: > 0 } said ? $"{said}\n\n{rule}" : rule;
        return new DeclaredFunction(tool.Name, description, s_schema, Others(tool, whole, custom));
    }

    /// <summary>The tool's further members, under the keys by which they are kept on a function; null if it has none.</summary>
    private static AdditionalPropertiesDictionary? Others(AITool tool, JsonElement whole, JsonElement custom)
    {
        AdditionalPropertiesDictionary? kept = null;
        var isOfResponses = tool.AdditionalProperties.ContainsKey(CanonicalKeys.Raw(DialectId.OpenAIResponses));
        foreach (var member in whole.EnumerateObject().Concat(custom.EnumerateObject()))
        {
            if (member.IsNamed("type", "custom", "name", "description", "format") || member.Value.ValueKind == JsonValueKind.Null)
                continue;
            if (isOfResponses && member.Name != CanonicalKeys.CacheControl)
                KeptFields.Keep(ref kept, DialectId.OpenAIResponses, member.Name, member.Value);
            else
                WireJson.Keep(ref kept, member.Name, member.Value);
        }

        return kept;
    }

    /// <summary>Whether the call is to a custom tool.</summary>
    public static bool IsCustom(FunctionCallContent call) => call.AdditionalProperties?.ContainsKey(CanonicalKeys.CustomToolCall) == true;

    /// <summary>A custom tool's call as the call of its function.</summary>
    public static FunctionCallContent AsFunctionCall(FunctionCallContent call)
    {
        var input = call.AdditionalProperties.Text(CanonicalKeys.RawArguments) ?? "";
        var function = ToolArguments.ToCall(
            call.CallId, call.Name, WireJson.ToJson(new Dictionary<string, object?> { [Input] = input }));
        foreach (var (key, value) in call.AdditionalProperties ?? [])
        {
            // The item that the call came in is that of a custom tool.
            if (key is not CanonicalKeys.CustomToolCall && !key.StartsWith(CanonicalKeys.RawPrefix, StringComparison.Ordinal))
                function.AdditionalProperties!.TryAdd(key, value);
        }

        return function;
    }

    /// <summary>A function's call as the custom tool's: the argument's text, or all of the arguments if the model wrote others.</summary>
    public static FunctionCallContent AsCustomCall(FunctionCallContent call)
    {
        var input = call.Arguments?.TryGetValue(Input, out var value) == true
            && value is JsonElement { ValueKind: JsonValueKind.String } or string
                ? value!.ToString()!
                : ToolArguments.ToText(call);
        return new FunctionCallContent(call.CallId, call.Name)
        {
            Arguments = new Dictionary<string, object?> { [Input] = input },
            AdditionalProperties = new() { [CanonicalKeys.RawArguments] = input, [CanonicalKeys.CustomToolCall] = true },
        };
    }
}
