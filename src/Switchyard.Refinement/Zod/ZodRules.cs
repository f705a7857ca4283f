using System.Globalization;
using Acornima.Ast;
using Switchyard.Refinement.Schemas;

namespace Switchyard.Refinement.Zod;

/// <summary>The rules that Zod's calls set.</summary>
internal static class ZodRules
{
    /// <summary>Whether a call allows a value to be missing or null.</summary>
    public static bool IsPresence(string name) =>
        name is "optional" or "nullable" or "nullish" or "default" or "prefault" or "catch" or "exactOptional";

    /// <summary>The rules including one more call; null if the call is unknown for this kind of value.</summary>
    public static Facets? Apply(Facets facets, ZodCall call)
    {
        if (call.Name is "nullable" or "nullish")
            return facets with { IsNullable = true };
        return facets.Kind switch
        {
            NodeKind.Text => Text(facets, call),
            NodeKind.Number or NodeKind.Integer => Number(facets, call),
            NodeKind.List => List(facets, call),
            _ => null,
        };
    }

    private static Facets? Text(Facets facets, ZodCall call) => (call.Name, Count(call)) switch
    {
        ("min", { } count) => facets with { MinLength = count },
        ("max", { } count) => facets with { MaxLength = count },
        ("length", { } count) => facets with { MinLength = count, MaxLength = count },
        ("nonempty", _) => facets with { MinLength = Math.Max(1, facets.MinLength ?? 0) },
        ("email" or "uuid" or "guid" or "url" or "date" or "ipv4" or "ipv6", _) => facets with { Format = TextFormats.NameOf(call.Name) },
        ("datetime", _) => facets with { Format = call.Arguments.Count == 0 ? TextFormats.UtcDateTime : TextFormats.DateTime },
        ("ip", _) => facets with { Format = "ip" },
        ("regex", _) when call.Arguments is [RegExpLiteral pattern, ..] =>
            // With flags the text alone is not the pattern: "\p" marks a pattern that is kept but not evaluated.
            facets with { Pattern = pattern.RegExp.Flags is "" or "u" ? Unescape(pattern.RegExp.Pattern) : "\\p" },
        ("startsWith" or "endsWith" or "includes", _) when facets.Pattern is null => facets with { Pattern = "\\p" },
        _ => null,
    };

    /// <summary>The pattern without the escapes of slashes, which only a literal needs.</summary>
    private static string Unescape(string pattern)
    {
        for (var i = 0; i + 1 < pattern.Length; i++)
        {
            if (pattern[i] != '\\')
                continue;
            if (pattern[i + 1] == '/')
                pattern = pattern.Remove(i, 1);
            else
                i++;
        }

        return pattern;
    }

    private static Facets? Number(Facets facets, ZodCall call) => (call.Name, Figure(call)) switch
    {
        ("min" or "gte", { } figure) => facets with { Least = new Bound(figure) },
        ("gt", { } figure) => facets with { Least = new Bound(figure, IsExclusive: true) },
        ("max" or "lte", { } figure) => facets with { Most = new Bound(figure) },
        ("lt", { } figure) => facets with { Most = new Bound(figure, IsExclusive: true) },
        ("positive", _) => facets with { Least = new Bound(0, IsExclusive: true) },
        ("nonnegative", _) => facets with { Least = new Bound(0) },
        ("negative", _) => facets with { Most = new Bound(0, IsExclusive: true) },
        ("nonpositive", _) => facets with { Most = new Bound(0) },
        ("int", _) => facets with { Kind = NodeKind.Integer },
        ("finite" or "safe", _) => facets,
        _ => null,
    };

    private static Facets? List(Facets facets, ZodCall call) => (call.Name, Count(call)) switch
    {
        ("min", { } count) => facets with { MinLength = count },
        ("max", { } count) => facets with { MaxLength = count },
        ("length", { } count) => facets with { MinLength = count, MaxLength = count },
        ("nonempty", _) => facets with { MinLength = Math.Max(1, facets.MinLength ?? 0) },
        _ => null,
    };

    private static int? Count(ZodCall call) =>
        Figure(call) is >= 0 and <= int.MaxValue and var figure && figure == decimal.Truncate(figure) ? (int)figure : null;

    private static decimal? Figure(ZodCall call) => call.Arguments switch
    {
        [NumericLiteral number, ..] => Parse(number.Raw),
        [UnaryExpression { Operator: Acornima.Operator.UnaryNegation, Argument: NumericLiteral number }, ..] => -Parse(number.Raw),
        _ => null,
    };

    private static decimal? Parse(string raw) =>
        decimal.TryParse(raw.Replace("_", "", StringComparison.Ordinal), NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
            ? value : null;
}
