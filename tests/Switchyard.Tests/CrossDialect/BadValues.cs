using System.Text;
using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Canonical;

namespace Switchyard.Tests.CrossDialect;

/// <summary>Hostile values in the place of a value, and checks of the results.</summary>
internal static class BadValues
{
    /// <summary>A proxy's HTML page inside a string.</summary>
    public const string Page = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>";

    /// <summary>A typical key.</summary>
    public const string Key = "sk-abcdefghijklmnopqrstuvwxyz123456";

    /// <summary>Every kind of value that is wrong somewhere: counts, types, words, unknown parts, text that no encoder can write.</summary>
    public static readonly IReadOnlyList<string> All =
    [
        "null", "true", "-1", "-9223372036854775808", "9223372036854775807", "1e30", "1e400", "-0.5", "0.5", "12.0", "\"\"",
        "\"a-word-nobody-knows\"", "\"9223372036854775807\"", "\"-5\"", "\"\\ud800\"", $"\"{Page}\"", $"\"Error: {Page}\"", "[]", "{}",
        "[[]]",
        "[null]", "[1,\"a\"]", "{\"type\":\"nobody-knows\"}", "[{\"type\":\"nobody-knows\",\"x\":1}]", "{\"\":null}",
    ];

    /// <summary>The JSON with each of its values in turn replaced by each bad one.</summary>
    /// <param name="json">The JSON.</param>
    /// <param name="before">JSON that has been tried: values in their common beginning and end are skipped.</param>
    public static IEnumerable<byte[]> In(byte[] json, byte[]? before = null)
    {
        var alike = before is null ? 0 : json.AsSpan().CommonPrefixLength(before);
        var alikeAtEnd = before is null ? 0 : json.Reverse().Zip(before.Reverse()).TakeWhile(pair => pair.First == pair.Second).Count();
        foreach (var (start, end) in Places(json))
        {
            if (before is not null && (end <= alike || start >= json.Length - alikeAtEnd))
                continue;
            foreach (var bad in All)
                yield return [.. json[..start], .. Encoding.UTF8.GetBytes(bad), .. json[end..]];
        }
    }

    /// <summary>The JSON with each value replaced in turn; values with a null replacement are skipped.</summary>
    public static IEnumerable<byte[]> Replacing(byte[] json, Func<JsonElement, string?> replacement)
    {
        foreach (var (start, end) in Places(json))
        {
            if (replacement(JsonElement.Parse(json.AsSpan(start, end - start))) is { } text)
                yield return [.. json[..start], .. Encoding.UTF8.GetBytes(text), .. json[end..]];
        }
    }

    /// <summary>Whether all counts are plausible.</summary>
    public static bool IsPlausible(TokenUsage usage) =>
        new[]
        {
            usage.Input, usage.Output, usage.Total, usage.CacheRead, usage.CacheWrite, usage.Reasoning, usage.InputAudio, usage.OutputAudio,
        }.All(count => count is null or (>= 0 and <= 1_000_000_000_000_000));

    /// <summary>The fault of an error made from a provider's bytes; null if correct.</summary>
    public static string? Fault(CallError error)
    {
        if (error.Kind is CallErrorKind.Internal)
            return $"is internal: {error.Message}";
        var words = new[] { error.Message, error.Type, error.Code, error.Param };
        return words.Any(word => word?.Contains("<html", StringComparison.OrdinalIgnoreCase) == true) ? $"holds a page: {error}"
            : words.Any(word => word?.Contains(Key, StringComparison.Ordinal) == true) ? $"holds a key: {error}"
            : error.Message.Length == 0 ? "says nothing"
            : null;
    }

    /// <summary>An implausible count in a written answer; null if all are plausible.</summary>
    public static string? AbsurdCount(JsonElement json)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.Array:
                return json.EnumerateArray().Select(AbsurdCount).FirstOrDefault(found => found is not null);
            case JsonValueKind.Object:
                foreach (var member in json.EnumerateObject())
                {
                    if (member.Value.ValueKind == JsonValueKind.Number && member.Name.Contains("oken", StringComparison.Ordinal)
                        && !(member.Value.TryGetDouble(out var count) && count is >= 0 and <= 1e15))
                        return $"{member.Name}: {member.Value}";
                    if (AbsurdCount(member.Value) is { } inner)
                        return inner;
                }

                return null;
            default:
                return null;
        }
    }

    /// <summary>An unexpected exception, and its origin in our code.</summary>
    public static string Describe(Exception exception)
    {
        var place = exception.StackTrace?.Split('\n').FirstOrDefault(line => line.Contains("Switchyard", StringComparison.Ordinal));
        return $"{exception.GetType().Name}: {exception.Message} {place}";
    }

    private static List<(int Start, int End)> Places(byte[] json)
    {
        var places = new List<(int, int)>();
        var reader = new Utf8JsonReader(json);
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.PropertyName or JsonTokenType.EndArray or JsonTokenType.EndObject)
                continue;
            var ahead = reader;
            ahead.Skip();
            places.Add(((int)reader.TokenStartIndex, (int)ahead.BytesConsumed));
        }

        return places;
    }
}
