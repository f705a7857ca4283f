using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Dialects.Shared.Tools;

namespace Switchyard.Dialects.OpenAIChat;

/// <summary>
/// The old fields <c>functions</c> and <c>function_call</c> of a request. For other formats they are ordinary tools, this one gets them
/// unchanged, and the answer has its call as <c>function_call</c>, one per message.
/// </summary>
internal static class LegacyFunctions
{
    public const string Field = "functions";
    public const string Choice = "function_call";

    // Internal marks of this dialect, not wire fields, so that no other format reports them as lost.
    private static readonly string s_field = CanonicalKeys.Own(DialectId.OpenAIChat, Field);
    private static readonly string s_choice = CanonicalKeys.Own(DialectId.OpenAIChat, Choice);

    /// <summary>Reads both, unless the request has newer tools as well: then they are kept as they are.</summary>
    public static void Read(JsonElement root, ChatOptions options, AdditionalPropertiesDictionary kept)
    {
        var (functions, choice) = (root.Member(Field), root.Member(Choice));
        if (functions is not { } declared || FieldReader.Array(declared, Field).GetArrayLength() == 0 || options.Tools is { Count: > 0 })
        {
            if (functions is { } other)
                kept[Field] = other;
            if (choice is { } own)
                kept[Choice] = own;
            return;
        }

        options.Tools = [.. declared.EnumerateArray().Select((function, i) => Decode(function, $"{Field}[{i}]"))];
        kept[s_field] = new KeptWire(declared);
        if (choice is not { } chosen)
            return;
        kept[s_choice] = new KeptWire(chosen);
        options.ToolMode ??= ModeOf(chosen);
    }

    /// <summary>Writes both unchanged.</summary>
    /// <returns>False if the request has no such fields or the provider refuses them: the functions are then written as tools.</returns>
    public static bool TryWrite(ChatOptions options, FieldWriter fields)
    {
        if (Find(options, s_field) is not { } functions || fields.Refuses(Field))
            return false;
        if (fields.BeginKept(Field, functions))
            functions.WriteTo(fields.Json);
        if (Find(options, s_choice) is { } choice && fields.BeginKept(Choice, choice))
            choice.WriteTo(fields.Json);
        return true;
    }

    /// <summary>Whether the client asked with the old fields, and so reads no call but <c>function_call</c>.</summary>
    public static bool AreAskedFor(AnswerContext context) =>
        context.Request is CanonicalChatRequest { Options: var options } && Find(options, s_field) is not null;

    /// <summary>The call as one of the old kind.</summary>
    public static FunctionCallContent Marked(FunctionCallContent call)
    {
        var kept = call.AdditionalProperties is { } own ? new AdditionalPropertiesDictionary(own) : [];
        kept[CanonicalKeys.LegacyFunctionCall] = true;
        return new FunctionCallContent(call.CallId, call.Name, call.Arguments) { AdditionalProperties = kept, Exception = call.Exception };
    }

    /// <summary>The finish reason's word, which is another for calls of the old kind.</summary>
    public static string FinishOf(string word, bool isAskedFor) => isAskedFor && word == "tool_calls" ? Choice : word;

    private static JsonElement? Find(ChatOptions options, string key) =>
        options.AdditionalProperties?.TryGetValue(key, out var value) == true && value is KeptWire { Value: var sent } ? sent : null;

    private static ChatToolMode? ModeOf(JsonElement choice) => choice switch
    {
        { ValueKind: JsonValueKind.Object } when FieldReader.RequiredText(choice, "name", Choice) is var name =>
            string.IsNullOrWhiteSpace(name) ? throw RequestErrors.EmptyString(Choice + ".name") : ChatToolMode.RequireSpecific(name),
        { ValueKind: JsonValueKind.String } when choice.ValueEquals("none"u8) => ChatToolMode.None,
        { ValueKind: JsonValueKind.String } when choice.ValueEquals("auto"u8) => ChatToolMode.Auto,
        _ => null,
    };

    private static DeclaredFunction Decode(JsonElement function, string path)
    {
        FieldReader.Object(function, path);
        AdditionalPropertiesDictionary? others = null;
        foreach (var member in function.EnumerateObject())
        {
            if (!member.IsNamed("name", "description", "parameters"))
                WireJson.Keep(ref others, member.Name, member.Value);
        }

        var parameters = function.Member("parameters");
        if (parameters is { } schema)
            FieldReader.Object(schema, path + ".parameters");
        return new DeclaredFunction(
            FieldReader.RequiredText(function, "name", path), function.Text("description"), parameters, others);
    }
}
