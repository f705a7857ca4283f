using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.Shared;

/// <summary>Converts the arguments of tool calls between text and object.</summary>
internal static class ToolArguments
{
    /// <summary>
    /// A call from the arguments as the provider wrote them, which stay verbatim under <see cref="CanonicalKeys.RawArguments"/>. Text that
    /// is not a JSON object (cut off by a token limit, for example) gives a call without arguments whose <c>Exception</c> says why.
    /// </summary>
    public static FunctionCallContent ToCall(string callId, string name, string raw)
    {
        var call = new FunctionCallContent(callId, name);
        try
        {
            call.Arguments = Parse(raw);
        }
        catch (JsonException exception)
        {
            call.Exception = exception;
        }

        call.AdditionalProperties = new() { [CanonicalKeys.RawArguments] = raw };
        return call;
    }

    /// <summary>
    /// The arguments' text: what the provider wrote, else the arguments as JSON. Without arguments it is <c>{}</c>, never empty.
    /// </summary>
    public static string ToText(FunctionCallContent call)
    {
        if (call.AdditionalProperties.Text(CanonicalKeys.RawArguments) is { } raw)
            return string.IsNullOrWhiteSpace(raw) ? "{}" : raw;
        return call.Arguments is null ? "{}" : WireJson.ToJson(call.Arguments);
    }

    private static Dictionary<string, object?> Parse(string raw)
    {
        var arguments = new Dictionary<string, object?>();
        if (string.IsNullOrWhiteSpace(raw))
            return arguments;
        if (!WireJson.TryParse(System.Text.Encoding.UTF8.GetBytes(raw), out var root, out var problem))
            throw problem!;
        if (root.ValueKind != JsonValueKind.Object)
            throw new JsonException($"The arguments are {WireJson.KindName(root.ValueKind)}, not an object.");
        foreach (var member in root.EnumerateObject())
            arguments[member.Name] = member.Value.ValueKind == JsonValueKind.Null ? null : member.Value;
        return arguments;
    }
}
