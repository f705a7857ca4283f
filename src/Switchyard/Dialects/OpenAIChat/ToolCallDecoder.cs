using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Tools;

namespace Switchyard.Dialects.OpenAIChat;

/// <summary>Reads whole tool calls, of a history or of an answer.</summary>
internal static class ToolCallDecoder
{
    public static AIContent Decode(JsonElement wire, string path)
    {
        FieldReader.Object(wire, path);
        var id = wire.Text("id") ?? "";
        if (wire.Member("custom") is { ValueKind: JsonValueKind.Object } custom)
            return Custom(id, FieldReader.RequiredName(custom, path + ".custom"), custom.Text("input") ?? "");
        if (wire.Member("function") is not { } function)
        {
            // A call of a vendor's built-in tool: kept whole for this format.
            if (wire.Text("type") is { } type && type != "function")
                return new AIContent { AdditionalProperties = new() { [CanonicalKeys.RawOpenAIChat] = wire } };
            throw RequestErrors.Missing(path + ".function");
        }

        FieldReader.Object(function, path + ".function");
        var call = ToolArguments.ToCall(
            id, FieldReader.RequiredName(function, path + ".function"), ArgumentsText(function, path + ".function"));
        foreach (var member in wire.EnumerateObject())
        {
            // For example `extra_content`, in which Gemini's compatible endpoint puts the signature it requires back. The index has no
            // meaning in whole calls.
            if (member.Name is not ("id" or "type" or "function" or "index"))
                call.AdditionalProperties![member.Name] = member.Value;
        }

        return call;
    }

    public static FunctionCallContent DecodeLegacy(JsonElement functionCall, string path, LegacyCallIds legacy)
    {
        var name = FieldReader.RequiredName(functionCall, path);
        var call = ToolArguments.ToCall(legacy.Open(name), name, ArgumentsText(functionCall, path));
        call.AdditionalProperties![CanonicalKeys.LegacyFunctionCall] = true;
        return call;
    }

    public static FunctionCallContent Custom(string id, string name, string input) => new(id, name)
    {
        Arguments = new Dictionary<string, object?> { ["input"] = input },
        AdditionalProperties = new() { [CanonicalKeys.RawArguments] = input, [CanonicalKeys.CustomToolCall] = true },
    };

    /// <summary>The arguments as text. Some servers send the object itself instead of a string that holds it.</summary>
    public static string ArgumentsText(JsonElement function, string path) => function.Member("arguments") switch
    {
        null => "",
        { ValueKind: JsonValueKind.String } text => text.GetString()!,
        { ValueKind: JsonValueKind.Object } arguments => WireJson.ToJson(arguments),
        { } other => throw RequestErrors.WrongType(path + ".arguments", "a string", other.ValueKind),
    };
}
