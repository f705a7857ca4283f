using System.Globalization;
using System.Text.Json;

namespace Switchyard.Money.Bounds;

/// <summary>
/// A count as a server may read it: a number in any notation, or a string with one in it, which lenient servers take as well. Pure.
/// </summary>
internal static class WrittenCount
{
    /// <summary>The number or string at the reader's position; null if no number can be read.</summary>
    public static double? Of(scoped ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.Number when reader.TryGetDouble(out var number) => number,
        JsonTokenType.String when !reader.ValueIsEscaped
            && double.TryParse(reader.ValueSpan, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => Known(number),
        _ => null,
    };

    /// <summary>The same for a value of a decoded request, or one that an in-process caller has set.</summary>
    public static double? Of(object? value) => value switch
    {
        JsonElement { ValueKind: JsonValueKind.Number } json => json.GetDouble(),
        JsonElement { ValueKind: JsonValueKind.String } json => Of(json.GetString()),
        string text when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => Known(number),
        int number => number,
        long number => number,
        double number => Known(number),
        _ => null,
    };

    /// <summary>A count within bounds; a part of one is a whole one.</summary>
    public static int Within(double count, int least, int most) => (int)Math.Clamp(Math.Ceiling(count), least, most);

    private static double? Known(double number) => double.IsNaN(number) ? null : number;
}
