using System.Text.Json;

namespace Switchyard.Dialects.Json;

/// <summary>
/// Reads one request field of a required type; null counts as absent, anything else of another type is a 400 that names the field.
/// </summary>
internal static class FieldReader
{
    public static bool? Boolean(JsonElement value, string param) => value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Null => null,
        _ => throw RequestErrors.WrongType(param, "a boolean", value.ValueKind),
    };

    public static float? Number(JsonElement value, string param) => value.ValueKind switch
    {
        JsonValueKind.Number => value.TryGetSingle(out var number) && float.IsFinite(number)
            ? number
            : throw RequestErrors.InvalidValue(param, $"Invalid value for '{param}': the number is out of range."),
        JsonValueKind.Null => null,
        _ => throw RequestErrors.WrongType(param, "a number", value.ValueKind),
    };

    public static long? Integer(JsonElement value, string param) => value.ValueKind switch
    {
        JsonValueKind.Number => WireJson.WholeNumber(value) ?? throw RequestErrors.InvalidValue(
            param, $"Invalid type for '{param}': expected an integer, but got a decimal number instead."),
        JsonValueKind.Null => null,
        _ => throw RequestErrors.WrongType(param, "an integer", value.ValueKind),
    };

    public static string? Text(JsonElement value, string param) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Null => null,
        _ => throw RequestErrors.WrongType(param, "a string", value.ValueKind),
    };

    /// <summary>A member that must be there and be a string.</summary>
    public static string RequiredText(JsonElement owner, string name, string path)
    {
        if (owner.Member(name) is not { } value)
            throw RequestErrors.Missing(Param());
        return value.ValueKind == JsonValueKind.String ? value.GetString()! : Text(value, Param())!;

        string Param() => path.Length == 0 ? name : $"{path}.{name}";
    }

    /// <summary>The name of a tool call, which may not be empty: without it there is nothing to call.</summary>
    public static string RequiredName(JsonElement call, string path) => RequiredText(call, "name", path) is { Length: > 0 } name
        ? name
        : throw RequestErrors.EmptyString(path + ".name");

    public static JsonElement Object(JsonElement value, string param) =>
        value.ValueKind == JsonValueKind.Object ? value : throw RequestErrors.WrongType(param, "an object", value.ValueKind);

    public static JsonElement Array(JsonElement value, string param) =>
        value.ValueKind == JsonValueKind.Array ? value : throw RequestErrors.WrongType(param, "an array", value.ValueKind);
}
