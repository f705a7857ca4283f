using System.Globalization;

namespace Switchyard.Money;

/// <summary>
/// Reads days and times that people write. They begin with the year, as in ISO 8601: the framework would read 12.11.2026 as December 11th,
/// whatever the writer means.
/// </summary>
internal static class WrittenTime
{
    // "2026-11-28"
    private const int DayLength = 10;

    /// <summary>Reads a day, which begins at midnight, or a time; without a zone it is in UTC.</summary>
    public static bool TryRead(string text, out DateTimeOffset time)
    {
        time = default;
        return text.Length >= DayLength && IsYear(text.AsSpan(0, 4)) && (text[4] is '-' or '/' or '.')
            && DateTimeOffset.TryParse(
                text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out time);
    }

    private static bool IsYear(ReadOnlySpan<char> text)
    {
        foreach (var letter in text)
        {
            if (!char.IsAsciiDigit(letter))
                return false;
        }

        return true;
    }
}
