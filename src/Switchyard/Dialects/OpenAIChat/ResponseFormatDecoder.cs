using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.OpenAIChat;

/// <summary>Reads <c>response_format</c>.</summary>
internal static class ResponseFormatDecoder
{
    /// <returns>False for a format the canonical form cannot hold whole: the caller keeps it as it is.</returns>
    public static bool TryDecode(JsonElement value, ChatOptions options, AdditionalPropertiesDictionary kept)
    {
        if (value.ValueKind == JsonValueKind.Null)
            return true;
        FieldReader.Object(value, "response_format");
        switch (FieldReader.RequiredText(value, "type", "response_format"))
        {
            case "text":
                options.ResponseFormat = ChatResponseFormat.Text;
                return true;
            case "json_object":
                options.ResponseFormat = ChatResponseFormat.Json;
                // Some servers take a schema beside it.
                return value.EnumerateObject().Count() == 1;
            case "json_schema":
                return TryDecodeSchema(value, options, kept);
            default:
                return false;
        }
    }

    private static bool TryDecodeSchema(JsonElement value, ChatOptions options, AdditionalPropertiesDictionary kept)
    {
        const string path = "response_format.json_schema";
        var wire = FieldReader.Object(value.Member("json_schema") ?? throw RequestErrors.Missing(path), path);
        var name = FieldReader.RequiredText(wire, "name", path);
        var description = wire.Text("description");
        if (wire.Member("schema") is not { ValueKind: JsonValueKind.Object } schema)
        {
            options.ResponseFormat = ChatResponseFormat.Json;
            return false;
        }

        options.ResponseFormat = ChatResponseFormat.ForJsonSchema(schema, name, description);
        if (wire.Member("strict") is { } strict)
            kept[CanonicalKeys.StrictResponseFormat] = strict;
        return wire.EnumerateObject().All(member => member.Name is "name" or "description" or "schema" or "strict")
            && value.EnumerateObject().All(member => member.Name is "type" or "json_schema");
    }
}
