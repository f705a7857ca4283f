namespace Switchyard.Storage.Ledger;

/// <summary>The time that a line of the roll-ups covers, in UTC.</summary>
internal enum RollupSpan
{
    /// <summary>An hour.</summary>
    Hour,

    /// <summary>A day.</summary>
    Day,

    /// <summary>A month.</summary>
    Month,
}

/// <summary>The beginnings of hours, days and months.</summary>
internal static class RollupSpans
{
    // The last month that a date can name.
    private static readonly long s_lastMonth = new DateTimeOffset(9999, 12, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();

    /// <summary>The first millisecond of the span in which a moment lies.</summary>
    public static long Begin(this RollupSpan span, long milliseconds)
    {
        if (span != RollupSpan.Month)
            return milliseconds - (milliseconds % LengthOf(span));
        var time = DateTimeOffset.FromUnixTimeMilliseconds(Math.Min(milliseconds, s_lastMonth));
        return new DateTimeOffset(time.Year, time.Month, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();
    }

    /// <summary>The first millisecond of the first span that begins at a moment or after it.</summary>
    public static long Next(this RollupSpan span, long milliseconds)
    {
        if (milliseconds > s_lastMonth)
            return long.MaxValue;
        var begin = span.Begin(milliseconds);
        return begin == milliseconds ? begin
            : span == RollupSpan.Month ? DateTimeOffset.FromUnixTimeMilliseconds(begin).AddMonths(1).ToUnixTimeMilliseconds()
            : begin + LengthOf(span);
    }

    private static long LengthOf(RollupSpan span) => span == RollupSpan.Hour ? RollupKey.HourLength : 24 * RollupKey.HourLength;
}
