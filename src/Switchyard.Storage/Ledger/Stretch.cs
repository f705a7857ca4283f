namespace Switchyard.Storage.Ledger;

/// <summary>A stretch of time, in milliseconds since 1970.</summary>
/// <param name="From">The first of them.</param>
/// <param name="To">The first that is no longer part of it.</param>
internal readonly record struct Stretch(long From, long To)
{
    /// <summary>Hours within a period, in their order: those that follow each other are merged into one stretch.</summary>
    public static IEnumerable<Stretch> Of(IReadOnlyList<long> hours, Stretch period)
    {
        for (var i = 0; i < hours.Count;)
        {
            var (first, last) = (hours[i], hours[i]);
            while (++i < hours.Count && Math.Abs(hours[i] - last) == RollupKey.HourLength)
                last = hours[i];
            yield return new(
                Math.Max(period.From, Math.Min(first, last)),
                Math.Min(period.To, Math.Max(first, last) + RollupKey.HourLength));
        }
    }
}
