using Switchyard.LoadTest.Subjects;

namespace Switchyard.LoadTest.Reporting;

/// <summary>The influence of other work on the machine on the figures.</summary>
internal static class Noise
{
    // A neighbour that takes this much of the core evicts the subject's cache and takes its turns often enough to move the ratios by more
    // than a tenth: seen here with a compiler running beside the measurement.
    private const double LimitPercent = 10;

    /// <summary>Whether the ratios of these figures are unreliable.</summary>
    public static bool IsTooMuch(Figures figures) =>
        Share(figures, SubjectNames.Kestrel) > LimitPercent || Share(figures, SubjectNames.Switchyard) > LimitPercent;

    public static IEnumerable<string> Warnings(Figures figures) =>
        from subject in figures.Subjects
        let share = Share(figures, subject)
        where share > LimitPercent
        select $"other work took {Number.Text(share, 0)} % of {subject}'s core: repeat the run on a quieter machine";

    private static double Share(Figures figures, string subject) => Spread.Of(figures.Of(Metrics.CoreForeign, subject))?.Median ?? 0;
}
