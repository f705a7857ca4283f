using System.Globalization;
using System.Text.RegularExpressions;

namespace Switchyard.Server.Importing;

/// <summary>Periods as other products write them: a number and <c>s m h d w</c>, <c>mo</c> or <c>M</c>, <c>y</c> or <c>Y</c>.</summary>
internal static partial class Periods
{
    private const int LongestInYears = 10_000;

    [GeneratedRegex(@"^\s*(?<number>\d{1,6})\s*(?<unit>s|m|h|d|w|mo|M|y|Y)\s*$", RegexOptions.CultureInvariant)]
    private static partial Regex Period { get; }

    /// <summary>The period; null if the text is not one.</summary>
    public static TimeSpan? Read(string? text)
    {
        if (text is null || Period.Match(text) is not { Success: true } match)
            return null;
        var number = int.Parse(match.Groups["number"].Value, CultureInfo.InvariantCulture);
        return number == 0 ? null : match.Groups["unit"].Value switch
        {
            "s" => TimeSpan.FromSeconds(number),
            "m" => TimeSpan.FromMinutes(number),
            "h" => TimeSpan.FromHours(number),
            "d" => TimeSpan.FromDays(number),
            "w" => TimeSpan.FromDays(7.0 * number),
            "mo" or "M" when number <= LongestInYears * 12 => TimeSpan.FromDays(30.0 * number),
            "y" or "Y" when number <= LongestInYears => TimeSpan.FromDays(365.0 * number),
            // More than a time span can be.
            _ => default(TimeSpan?),
        };
    }

    /// <summary>
    /// A budget's period: <c>day</c>, <c>week</c> or <c>month</c> for a calendar period, else a rolling window of that length.
    /// </summary>
    /// <param name="text">The period as written.</param>
    /// <param name="isAligned">Whether it is aligned to the calendar.</param>
    /// <returns>The period, and whether it means the same as in the source; null if the text is not one.</returns>
    public static (string Period, bool IsExact)? Budget(string? text, bool isAligned)
    {
        if (Read(text) is not { } span || span.TotalDays > 3650)
            return null;
        var calendar = text!.Trim() switch { "1d" or "24h" => "day", "1w" or "7d" => "week", "1mo" or "1M" => "month", _ => null };
        return calendar is not null && (isAligned || calendar == "month") ? (calendar, isAligned)
            : (ImportJob.Duration((decimal)span.TotalMilliseconds), false);
    }
}
