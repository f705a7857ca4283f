using System.Globalization;

namespace Switchyard.Money;

/// <summary>The period of a budget. Immutable.</summary>
/// <param name="Kind">The kind of period.</param>
/// <param name="Length">The length of a rolling one; zero otherwise.</param>
internal readonly record struct BudgetPeriod(BudgetPeriodKind Kind, TimeSpan Length = default)
{
    /// <summary>The period that contains a time: its name, its start and its end.</summary>
    /// <param name="now">The time.</param>
    /// <param name="zone">The time zone of its midnight.</param>
    public (string Name, DateTimeOffset Start, DateTimeOffset End) At(DateTimeOffset now, TimeZoneInfo zone)
    {
        var local = TimeZoneInfo.ConvertTime(now, zone);
        var day = DateOnly.FromDateTime(local.DateTime);
        return Kind switch
        {
            BudgetPeriodKind.Day => Between("yyyy-MM-dd", day, day.AddDays(1)),
            BudgetPeriodKind.Week => Between("yyyy-MM-dd'+7'", Monday(day), Monday(day).AddDays(7)),
            BudgetPeriodKind.Month => Between("yyyy-MM", First(day), First(day).AddMonths(1)),
            BudgetPeriodKind.Rolling =>
                (
                    string.Create(CultureInfo.InvariantCulture, $"rolling-{(long)Length.TotalSeconds}s"), now - Length,
                    DateTimeOffset.MaxValue),
            _ => ("lifetime", DateTimeOffset.UnixEpoch, DateTimeOffset.MaxValue),
        };

        (string, DateTimeOffset, DateTimeOffset) Between(string format, DateOnly start, DateOnly end) =>
            (start.ToString(format, CultureInfo.InvariantCulture), Midnight(start, zone), Midnight(end, zone));
    }

    /// <summary>Reads <c>day</c>, <c>week</c>, <c>month</c>, <c>lifetime</c> or a duration; null for anything else.</summary>
    public static BudgetPeriod? Parse(string text, Func<string, TimeSpan?> duration) => text.ToLowerInvariant() switch
    {
        "day" => new(BudgetPeriodKind.Day),
        "week" => new(BudgetPeriodKind.Week),
        "month" => new(BudgetPeriodKind.Month),
        "lifetime" => new(BudgetPeriodKind.Lifetime),
        var other => duration(other) is { } length && length > TimeSpan.Zero ? new(BudgetPeriodKind.Rolling, length) : null,
    };

    private static DateOnly First(DateOnly day) => new(day.Year, day.Month, 1);

    private static DateOnly Monday(DateOnly day) => day.AddDays(-(((int)day.DayOfWeek + 6) % 7));

    private static DateTimeOffset Midnight(DateOnly day, TimeZoneInfo zone)
    {
        var midnight = day.ToDateTime(TimeOnly.MinValue);
        // If the clock is put forward at midnight, the day begins later.
        while (zone.IsInvalidTime(midnight))
            midnight = midnight.AddMinutes(30);
        // If the clock is put back over midnight, the day begins with the first of two midnights.
        return new DateTimeOffset(
            midnight, zone.IsAmbiguousTime(midnight) ? zone.GetAmbiguousTimeOffsets(midnight).Max() : zone.GetUtcOffset(midnight));
    }
}

/// <summary>The kind of a budget's period.</summary>
internal enum BudgetPeriodKind
{
    /// <summary>From midnight to midnight.</summary>
    Day,

    /// <summary>From Monday to Sunday.</summary>
    Week,

    /// <summary>From the first of a month.</summary>
    Month,

    /// <summary>A sliding window of the given length, which ends now.</summary>
    Rolling,

    /// <summary>For ever.</summary>
    Lifetime,
}
