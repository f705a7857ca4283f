using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Common;

namespace Switchyard.Refinement.Requests;

/// <summary>Reads a request as it is sent over HTTP.</summary>
internal static class RequestJson
{
    private const string Known = "schema, samples, counterExamples, options, format, stream";

    /// <exception cref="CallException">The text is not a JSON object, or a member is missing, invalid or unknown.</exception>
    public static SchemaRefinementRequest Read(ReadOnlySpan<byte> json)
    {
        var root = Parse(json);
        if (JsonText.ProblemOf(json) is { } problem)
            throw Wrong($"The body {problem}", null);
        if (root.ValueKind != JsonValueKind.Object)
            throw Wrong("The body must be a JSON object with schema and samples.", null);
        SchemaSource? schema = null;
        var request = new SchemaRefinementRequest(new SchemaSource(""), []);
        foreach (var member in root.EnumerateObject())
        {
            var value = member.Value;
            switch (member.Name)
            {
                case "schema":
                    schema = SchemaOf(value);
                    break;
                case "samples":
                    request = request with { Samples = ListOf(value, "samples") };
                    break;
                case "counterExamples" or "counter_examples":
                    request = request with { CounterExamples = ListOf(value, member.Name) };
                    break;
                case "options":
                    request = request with { Options = ChoiceOf(value) };
                    break;
                case "format":
                    request = request with { Format = TextOf(value, "format") };
                    break;
                case "stream":
                    request = request with
                    {
                        Stream = value.ValueKind is JsonValueKind.True or JsonValueKind.False or JsonValueKind.Null
                            ? value.ValueKind == JsonValueKind.True
                            : throw Wrong("'stream' must be true or false.", "stream"),
                    };
                    break;
                default:
                    throw Wrong($"'{(member.Name.Length <= 60 ? member.Name : member.Name[..60])}' is not known here; send {Known}.", null);
            }
        }

        return request with
        {
            Schema = schema ?? throw Wrong("'schema' is missing: an object with code, typeName and fields.", "schema"),
        };
    }

    private static JsonElement Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonElement.Parse(json);
        }
        catch (JsonException e)
        {
            throw Wrong(
                e.Message.Contains("maximum configured depth", StringComparison.OrdinalIgnoreCase)
                    ? "The body is nested more than 64 deep."
                    : $"The body is not valid JSON: line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}.",
                null);
        }
    }

    private static SchemaSource SchemaOf(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object)
            throw Wrong("'schema' must be an object with code, typeName and fields.", "schema");
        // A JSON Schema may be given as an object instead of a string.
        var code = Member(value, "code") switch
        {
            { ValueKind: JsonValueKind.Object } whole => whole.GetRawText(),
            { } text => TextOf(text, "schema.code"),
            null => null,
        };
        var typeName = (Member(value, "typeName") ?? Member(value, "type_name")) is { } name ? TextOf(name, "schema.typeName") : null;
        return new(code ?? "", typeName ?? "") { Fields = Member(value, "fields") is { } fields ? FieldsOf(fields) : [] };
    }

    /// <summary>Reads the fields: names, objects with a name, or one object with the fields as members.</summary>
    private static List<string> FieldsOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => [.. value.EnumerateObject().Select(member => member.Name)],
        JsonValueKind.Array =>
        [
            .. value.EnumerateArray().Select(item => item.ValueKind == JsonValueKind.String
                ? item.GetString()!
                : item.ValueKind == JsonValueKind.Object && Member(item, "name") is { ValueKind: JsonValueKind.String } name
                ? name.GetString()!
                : throw Wrong("'schema.fields' must list names, or objects with a name.", "schema.fields")),
        ],
        JsonValueKind.Null => [],
        _ => throw Wrong("'schema.fields' must list names, or objects with a name.", "schema.fields"),
    };

    private static RefinementChoice ChoiceOf(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Null)
            return new();
        if (value.ValueKind != JsonValueKind.Object)
            throw Wrong("'options' must be an object with provider, model and temperature.", "options");
        return new()
        {
            Provider = (Member(value, "provider") is { } provider ? TextOf(provider, "options.provider") : null) ?? RefinementChoice.Auto,
            Model = Member(value, "model") is { } model ? TextOf(model, "options.model") : null,
            Temperature = Member(value, "temperature") switch
            {
                null or { ValueKind: JsonValueKind.Null } => null,
                { ValueKind: JsonValueKind.Number } temperature => temperature.GetDouble(),
                _ => throw Wrong("'options.temperature' must be a number from 0 to 2.", "options.temperature"),
            },
        };
    }

    private static List<JsonElement> ListOf(JsonElement value, string name) => value.ValueKind switch
    {
        JsonValueKind.Array => [.. value.EnumerateArray()],
        JsonValueKind.Null => [],
        _ => throw Wrong($"'{name}' must be a list of values.", name),
    };

    private static string? TextOf(JsonElement value, string name) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Null => null,
        _ => throw Wrong($"'{name}' must be text.", name),
    };

    private static JsonElement? Member(JsonElement value, string name) => value.TryGetProperty(name, out var member) ? member : null;

    private static CallException Wrong(string message, string? param) => new(CallErrorKind.InvalidRequest, message, param);
}
