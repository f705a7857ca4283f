using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Switchyard.Calls;

namespace Switchyard.Dialects.Json;

/// <summary>The 400s of a request, in one wording and with one set of codes for every dialect.</summary>
internal static class RequestErrors
{
    private const string Type = "invalid_request_error";

    public static CallException Missing(string param) =>
        Of($"Missing required parameter: '{param}'.", param, "missing_required_parameter");

    public static CallException WrongType(string param, string expected, JsonValueKind actual) =>
        Of($"Invalid type for '{param}': expected {expected}, but got {WireJson.KindName(actual)} instead.", param, "invalid_type");

    public static CallException EmptyArray(string param) => Of(
        $"Invalid '{param}': empty array. Expected an array with minimum length 1, but got an empty array instead.", param, "empty_array");

    public static CallException EmptyString(string param) =>
        Of($"Invalid '{param}': empty string. Expected a string with minimum length 1.", param, "empty_string");

    /// <summary>The 400 for a number outside its range, with OpenAI's codes.</summary>
    public static CallException OutOfRange(string param, double value, double least, double most, bool isWhole)
    {
        var isLess = value < least;
        var bound = string.Create(CultureInfo.InvariantCulture, $"{(isLess ? least : most):0.##}");
        return Of(
            string.Create(CultureInfo.InvariantCulture, $"Invalid '{param}': {value} is {(isLess ? "less" : "more")} than {bound}."), param,
            $"{(isWhole ? "integer" : "decimal")}_{(isLess ? "below_min" : "above_max")}_value");
    }

    public static CallException InvalidValue(string param, string message) => Of(message, param, "invalid_value");

    public static CallException Duplicate(string param) =>
        Of($"Invalid JSON: '{param}' appears more than once in the request body.", param, "duplicate_parameter");

    public static CallException Body(string message, Exception? cause = null) =>
        new(new CallError(CallErrorKind.InvalidRequest, message) { Type = Type, Code = "invalid_json", Cause = cause });

    /// <summary>The 400 for a body that <see cref="Utf8JsonReader"/> failed on.</summary>
    public static CallException Unreadable(ReadOnlySpan<byte> body, Exception cause) => Body(
        cause switch
        {
            // Utf8JsonReader throws this for half a surrogate pair in a name or in a string that is read.
            InvalidOperationException => "The request body holds an invalid Unicode escape.",
            _ when body.Trim(" \t\r\n"u8).IsEmpty => "The request body is empty: send a JSON object.",
            _ when IsTooDeep(body) => $"The request body is nested deeper than {WireJson.MaxDepth} levels.",
            _ => InvalidJson(cause as JsonException),
        },
        cause);

    /// <summary>The message for a body that is not JSON, with the position where parsing failed.</summary>
    public static string InvalidJson(JsonException? problem) => problem is { LineNumber: { } line, BytePositionInLine: { } position }
        ? string.Create(CultureInfo.InvariantCulture, $"The request body is not valid JSON: see line {line + 1}, byte {position + 1}.")
        : "The request body is not valid JSON.";

    /// <summary>The 400 for a body that is not UTF-8, with the place of the first wrong byte.</summary>
    public static CallException NotUtf8(ReadOnlySpan<byte> body)
    {
        var (at, line, lineStart) = (0, 1, 0);
        while (Rune.DecodeFromUtf8(body[at..], out var rune, out var length) == OperationStatus.Done)
        {
            at += length;
            if (rune.Value == '\n')
                (line, lineStart) = (line + 1, at);
        }

        return Body(string.Create(
            CultureInfo.InvariantCulture, $"The request body is not valid UTF-8: see line {line}, byte {at - lineStart + 1}."));
    }

    /// <summary>Runs only after the body has failed, so its cost does not matter.</summary>
    private static bool IsTooDeep(ReadOnlySpan<byte> body)
    {
        var depth = 0;
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = int.MaxValue });
        try
        {
            while (reader.Read())
            {
                depth = Math.Max(
                    depth, reader.CurrentDepth + (reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject ? 1 : 0));
            }
        }
        catch (JsonException)
        {
            // The body ends or breaks here: the depth reached so far decides.
        }

        return depth > WireJson.MaxDepth;
    }

    private static CallException Of(string message, string param, string code) =>
        new(new CallError(CallErrorKind.InvalidRequest, message) { Param = param, Type = Type, Code = code });
}
