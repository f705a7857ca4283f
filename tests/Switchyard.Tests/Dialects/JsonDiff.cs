using System.Text.Json;

namespace Switchyard.Tests.Dialects;

/// <summary>Compares JSON by meaning: member order does not count, numbers count by value, null counts as absent.</summary>
internal static class JsonDiff
{
    /// <summary>The paths at which the two differ; empty if they are equal.</summary>
    /// <param name="expected">The expected JSON.</param>
    /// <param name="actual">The actual JSON.</param>
    /// <param name="ignore">Paths that may differ, array positions written as <c>[]</c>.</param>
    public static List<string> Compare(JsonElement expected, JsonElement actual, params string[] ignore)
    {
        var differences = new List<string>();
        Compare(expected, actual, "$", differences, ignore);
        return differences;
    }

    public static JsonElement Parse(ReadOnlySpan<byte> json) => JsonElement.Parse(json);

    private static void Compare(JsonElement expected, JsonElement actual, string path, List<string> differences, string[] ignore)
    {
        if (ignore.Contains(Generic(path)))
            return;
        if (expected.ValueKind != actual.ValueKind)
        {
            differences.Add($"{path}: {Short(expected)} became {Short(actual)}");
            return;
        }

        switch (expected.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var name in Names(expected).Union(Names(actual)))
                    Compare(Member(expected, name), Member(actual, name), $"{path}.{name}", differences, ignore);
                break;
            case JsonValueKind.Array:
                for (var i = 0; i < Math.Max(expected.GetArrayLength(), actual.GetArrayLength()); i++)
                    Compare(Item(expected, i), Item(actual, i), $"{path}[{i}]", differences, ignore);
                break;
            case JsonValueKind.Number:
                // The canonical form holds sampling options as single precision.
                if (expected.GetDouble() != actual.GetDouble() && expected.GetSingle() != actual.GetSingle())
                    differences.Add($"{path}: {Short(expected)} became {Short(actual)}");
                break;
            case JsonValueKind.String:
                if (expected.GetString() != actual.GetString())
                    differences.Add($"{path}: {Short(expected)} became {Short(actual)}");
                break;
        }
    }

    private static IEnumerable<string> Names(JsonElement value) => value.EnumerateObject().Select(member => member.Name);

    private static JsonElement Member(JsonElement value, string name) =>
        value.TryGetProperty(name, out var member) ? member : Null;

    private static JsonElement Item(JsonElement value, int index) => index < value.GetArrayLength() ? value[index] : Null;

    private static readonly JsonElement Null = JsonElement.Parse("null"u8);

    private static string Generic(string path) => System.Text.RegularExpressions.Regex.Replace(path, @"\[\d+\]", "[]");

    private static string Short(JsonElement value) => value.GetRawText() is { Length: > 120 } text ? text[..120] + "…" : value.GetRawText();
}
