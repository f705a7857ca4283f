using System.Globalization;

namespace Switchyard.Configuration.Binding;

/// <summary>
/// Sizes in the configuration: bytes, or a number and a unit. <c>KB</c>, <c>MB</c> and <c>GB</c> are powers of
/// 1024 like <c>KiB</c>, <c>MiB</c> and <c>GiB</c>, because users who bound memory or a body mean these.
/// </summary>
internal static class SizeText
{
    private const long Largest = 1L << 50;

    private static readonly (string Unit, string Other, long Bytes)[] Units =
    [
        ("B", "", 1),
        ("KB", "KiB", 1L << 10),
        ("MB", "MiB", 1L << 20),
        ("GB", "GiB", 1L << 30),
    ];

    public static bool TryParse(string text, out long bytes)
    {
        bytes = 0;
        var (number, unit) = UnitText.Split(text);
        var factor = Array.Find(Units, known => Is(known.Unit) || Is(known.Other)).Bytes;
        if (factor == 0 || !decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount))
            return false;
        if (amount > Largest / factor || amount * factor % 1 != 0)
            return false;

        bytes = (long)(amount * factor);
        return true;

        bool Is(string known) => known.Equals(unit, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The size in the largest unit that divides it.</summary>
    public static string Format(long bytes)
    {
        var (unit, _, factor) = bytes == 0 ? Units[0] : Units.Last(known => bytes % known.Bytes == 0);
        return string.Create(CultureInfo.InvariantCulture, $"{bytes / factor}{(factor == 1 ? "" : unit)}");
    }
}
