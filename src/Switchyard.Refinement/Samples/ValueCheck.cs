using System.Text;
using System.Text.Json;
using Switchyard.Refinement.Schemas;

namespace Switchyard.Refinement.Samples;

/// <summary>Checks one value against the rules of its place, without its fields and items.</summary>
/// <param name="format">The schema's format: formats count characters and match patterns differently.</param>
/// <param name="formatsCount">See <see cref="SampleCheck"/>.</param>
internal sealed class ValueCheck(SchemaFormat format, bool formatsCount)
{
    private readonly Dictionary<string, PortablePattern?> _patterns = new(StringComparer.Ordinal);

    /// <summary>The problem of a value; null if it is valid.</summary>
    public string? Problem(Facets facets, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Null)
            return facets.IsNullable ? null : "is null";
        return facets.Kind switch
        {
            NodeKind.Text =>
                value.ValueKind == JsonValueKind.String ? TextProblem(facets, value.GetString()!) : $"is {NameOf(value)}, not text",
            NodeKind.Number or NodeKind.Integer => value.ValueKind == JsonValueKind.Number
                ? NumberProblem(facets, value)
                : $"is {NameOf(value)}, not a number",
            NodeKind.Flag =>
                value.ValueKind is JsonValueKind.True or JsonValueKind.False ? null : $"is {NameOf(value)}, not true or false",
            NodeKind.List => value.ValueKind == JsonValueKind.Array
                ? LengthProblem(facets, value.GetArrayLength(), "items")
                : $"is {NameOf(value)}, not a list",
            NodeKind.Object => value.ValueKind == JsonValueKind.Object ? null : $"is {NameOf(value)}, not an object",
            _ => null,
        };
    }

    /// <summary>The length of a text: JSON Schema counts characters, the others UTF-16 units.</summary>
    public static int LengthOf(string text, SchemaFormat format) =>
        format == SchemaFormat.JsonSchema ? text.EnumerateRunes().Count() : text.Length;

    /// <summary>Whether a number is whole, and exactly so in every language.</summary>
    public static bool IsWhole(JsonElement number)
    {
        var raw = number.GetRawText().AsSpan();
        return raw.TrimStart('-').IndexOfAnyExceptInRange('0', '9') < 0
            && number.TryGetInt64(out var value) && value is >= -9_007_199_254_740_991 and <= 9_007_199_254_740_991;
    }

    private static string NameOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => "a text",
        JsonValueKind.Number => "a number",
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        JsonValueKind.Array => "a list",
        _ => "an object",
    };

    private string? TextProblem(Facets facets, string text)
    {
        if (facets.Choices is { } choices && !choices.Contains(text))
            return "is not one of the allowed texts";
        if (facets.MinLength is not null || facets.MaxLength is not null)
        {
            if (LengthProblem(facets, LengthOf(text, format), "characters") is { } problem)
                return problem;
        }

        if (formatsCount && facets.Format is { } name && !TextFormats.Allows(name, text))
            return $"does not have the format {name}";
        return facets.Pattern is { } pattern && PatternOf(pattern) is { } compiled && !compiled.IsMatch(text, format == SchemaFormat.CSharp)
            && !(format == SchemaFormat.CSharp && text.Length == 0)
            ? "does not match the pattern" : null;
    }

    private static string? LengthProblem(Facets facets, int length, string unit) =>
        length < facets.MinLength ? $"has {length} {unit}, fewer than {facets.MinLength}"
        : length > facets.MaxLength ? $"has {length} {unit}, more than {facets.MaxLength}"
        : null;

    private string? NumberProblem(Facets facets, JsonElement number)
    {
        if (facets.Kind == NodeKind.Integer && !IsWholeHere(number))
            return "is not a whole number";
        if (facets.Least is null && facets.Most is null)
            return null;
        // A number out of a decimal's range is compared as a double; bounds are always decimals.
        var isDecimal = number.TryGetDecimal(out var exact);
        var rough = isDecimal ? 0 : number.GetDouble();
        if (facets.Least is { } least && (Compare(least.Value) is var low && (low < 0 || (low == 0 && least.IsExclusive))))
            return $"is less than {least.Value}";
        return facets.Most is { } most && (Compare(most.Value) is var high && (high > 0 || (high == 0 && most.IsExclusive)))
            ? $"is more than {most.Value}" : null;

        int Compare(decimal bound) => isDecimal ? exact.CompareTo(bound) : rough.CompareTo((double)bound);
    }

    /// <summary>JSON Schema and JavaScript accept 1.0 as a whole number; C#'s integer types do not.</summary>
    private bool IsWholeHere(JsonElement number) => format == SchemaFormat.CSharp
        ? number.GetRawText().AsSpan().TrimStart('-').IndexOfAnyExceptInRange('0', '9') < 0
        : number.TryGetDecimal(out var value) ? value == decimal.Truncate(value) : double.IsInteger(number.GetDouble());

    /// <summary>The pattern; null if it cannot be matched safely, and any text then passes.</summary>
    private PortablePattern? PatternOf(string pattern)
    {
        if (!_patterns.TryGetValue(pattern, out var compiled))
            _patterns[pattern] = compiled = PortablePattern.Read(pattern, out _);
        return compiled;
    }
}
