using System.Globalization;

namespace Switchyard.Configuration.Binding;

/// <summary>Durations in the configuration: a number and one of <c>ms s m h d</c>, to the millisecond.</summary>
internal static class DurationText
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(3650);

    private static readonly (string Unit, long Ticks)[] Units =
    [
        ("ms", TimeSpan.TicksPerMillisecond),
        ("s", TimeSpan.TicksPerSecond),
        ("m", TimeSpan.TicksPerMinute),
        ("h", TimeSpan.TicksPerHour),
        ("d", TimeSpan.TicksPerDay),
    ];

    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        var (number, unit) = UnitText.Split(text);
        var ticks = Array.Find(Units, known => known.Unit.Equals(unit, StringComparison.OrdinalIgnoreCase)).Ticks;
        if (ticks == 0 || !decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount))
            return false;
        if (amount > Longest.Ticks / ticks || amount * ticks % TimeSpan.TicksPerMillisecond != 0)
            return false;

        duration = new TimeSpan((long)(amount * ticks));
        return true;
    }

    /// <summary>The shortest text that reads back as the same duration, without a fraction.</summary>
    public static string Format(TimeSpan duration)
    {
        var (unit, ticks) = duration == TimeSpan.Zero
            ? Units[1]
            : Units.Last(known => duration.Ticks % known.Ticks == 0 || known.Unit == "ms");
        return string.Create(CultureInfo.InvariantCulture, $"{duration.Ticks / ticks}{unit}");
    }
}
