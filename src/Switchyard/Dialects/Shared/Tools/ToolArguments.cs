using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Fields;

namespace Switchyard.Dialects.Shared.Tools;

/// <summary>Converts the arguments of tool calls between text and object.</summary>
internal static class ToolArguments
{
    /// <summary>
    /// A call from the arguments as the provider wrote them, which stay verbatim under <see cref="CanonicalKeys.RawArguments"/>. Text that
    /// is not a JSON object (cut off by a token limit, for example) gives a call without arguments whose <c>Exception</c> has the reason.
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
    /// The arguments' text: what the provider wrote, as long as the arguments are still equal, because a host may have changed them since;
    /// else the arguments as JSON. Without arguments it is <c>{}</c>, never empty.
    /// </summary>
    public static string ToText(FunctionCallContent call)
    {
        var arguments = call.Arguments;
        if (call.AdditionalProperties.Text(CanonicalKeys.RawArguments) is not { } raw)
            return arguments is null ? "{}" : WireJson.ToJson(arguments);
        if (string.IsNullOrWhiteSpace(raw))
            raw = "{}";
        // A custom tool's text is not JSON.
        return arguments is null || CustomTools.IsCustom(call) || IsCurrent(raw, arguments, call.Exception)
            ? raw
            : WireJson.ToJson(arguments);
    }

    /// <summary>Whether the text is still valid: it equals the arguments.</summary>
    private static bool IsCurrent(string raw, IDictionary<string, object?> arguments, Exception? problem)
    {
        if (!WireJson.TryParse(Encoding.UTF8.GetBytes(raw), out var root, out _) || root.ValueKind != JsonValueKind.Object)
        {
            // With an exception the call came without arguments, and these are the host's. Without one the text was an object, until
            // masking changed something in it that the arguments may still hold.
            return problem is null;
        }

        try
        {
            foreach (var (name, value) in arguments)
            {
                if (!root.TryGetProperty(name, out var written) || !IsSame(written, value))
                    return false;
            }

            // A name may occur in the text more than once.
            return root.GetPropertyCount() == arguments.Count
                || root.EnumerateObject().All(member => arguments.ContainsKey(member.Name));
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            // An exponent too large to compare, or half a surrogate pair: the host's arguments are written.
            return false;
        }
    }

    private static bool IsSame(JsonElement written, object? value) => value switch
    {
        null or JsonElement { ValueKind: JsonValueKind.Undefined } => written.ValueKind == JsonValueKind.Null,
        string text => written.ValueKind == JsonValueKind.String && written.ValueEquals(text),
        // Almost always the same text, which is cheaper to compare than values.
        JsonElement element => JsonMarshal.GetRawUtf8Value(written).SequenceEqual(JsonMarshal.GetRawUtf8Value(element))
            || JsonElement.DeepEquals(written, element),
        _ => WireJson.TryParse(Encoding.UTF8.GetBytes(WireJson.ToJson(value)), out var other, out _)
            && JsonElement.DeepEquals(written, other),
    };

    private static Dictionary<string, object?> Parse(string raw)
    {
        var arguments = new Dictionary<string, object?>();
        if (string.IsNullOrWhiteSpace(raw))
            return arguments;
        if (!WireJson.TryParse(Encoding.UTF8.GetBytes(raw), out var root, out var problem))
            throw problem!;
        if (root.ValueKind != JsonValueKind.Object)
            throw new JsonException($"The arguments are {WireJson.KindName(root.ValueKind)}, not an object.");
        foreach (var member in root.EnumerateObject())
            arguments[member.Name] = member.Value.ValueKind == JsonValueKind.Null ? null : member.Value;
        return arguments;
    }
}
