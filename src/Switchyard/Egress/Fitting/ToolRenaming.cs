using System.Buffers;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Tools;

namespace Switchyard.Egress.Fitting;

/// <summary>Writes the fitted names of tools wherever a request names one: its tools, its choice, the calls of its history.</summary>
internal static class ToolRenaming
{
    private const string Choice = "tool_choice";

    /// <summary>The request with fitted names. The caller's own objects are not changed.</summary>
    public static CanonicalChatRequest Apply(CanonicalChatRequest request, ToolNames names)
    {
        var options = request.Options.Clone();
        if (options.Tools is { } tools)
            options.Tools = [.. tools.Select(tool => Named(tool, names))];
        if (options.ToolMode is RequiredChatToolMode { RequiredFunctionName: { } forced })
            options.ToolMode = ChatToolMode.RequireSpecific(names.Fit(forced));
        if (options.AdditionalProperties is { } kept)
        {
            foreach (var key in kept.Keys.Where(IsChoice).ToList())
            {
                if (kept[key] is JsonElement { ValueKind: JsonValueKind.Object } choice)
                    kept[key] = Named(choice, names);
            }
        }

        return request.With([.. request.Messages.Select(message => Named(message, names))], options);
    }

    /// <summary>The same call under another name.</summary>
    public static FunctionCallContent Named(FunctionCallContent call, string name) => new(call.CallId, name, call.Arguments)
    {
        Exception = call.Exception,
        Annotations = call.Annotations,
        AdditionalProperties = call.AdditionalProperties,
        RawRepresentation = call.RawRepresentation,
    };

    private static bool IsChoice(string key) => key == Choice || key.EndsWith(":" + Choice, StringComparison.Ordinal);

    private static AITool Named(AITool tool, ToolNames names)
    {
        if (tool is not AIFunctionDeclaration function || names.Fit(function.Name) is var fitted && fitted == function.Name)
            return tool;
        return DeclaredFunction.CopyOf(function, fitted, DeclaredFunction.SchemaOf(function));
    }

    private static ChatMessage Named(ChatMessage message, ToolNames names)
    {
        // The result of a call of the old kind names the function as its author.
        var isResult = message.AuthorName is { } author && names.Fit(author) != author
            && message.Contents.Any(content => content is FunctionResultContent);
        if (!isResult && !message.Contents.Any(content => content is FunctionCallContent call && names.Fit(call.Name) != call.Name))
            return message;
        var named = message.Clone();
        if (isResult)
            named.AuthorName = names.Fit(message.AuthorName!);
        named.Contents =
        [
            .. message.Contents.Select(content => content is FunctionCallContent call && names.Fit(call.Name) is var fitted
                && fitted != call.Name
                ? Named(call, fitted)
                : content),
        ];
        return named;
    }

    /// <summary>A choice with its members <c>name</c> fitted, at any depth: formats place them differently.</summary>
    private static JsonElement Named(JsonElement choice, ToolNames names)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(output, WireJson.WriterOptions))
            Write(writer, choice, names);
        return JsonElement.Parse(output.WrittenSpan);
    }

    private static void Write(Utf8JsonWriter writer, JsonElement value, ToolNames names)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in value.EnumerateObject())
                {
                    writer.WritePropertyName(member.Name);
                    if (member.NameEquals("name"u8) && member.Value.ValueKind == JsonValueKind.String)
                        writer.WriteStringValue(names.Fit(member.Value.GetString()!));
                    else
                        Write(writer, member.Value, names);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray())
                    Write(writer, item, names);
                writer.WriteEndArray();
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }
}
