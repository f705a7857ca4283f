namespace Switchyard.Experiments;

/// <summary>
/// The asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas ("Time-uniform central limit theory and asymptotic
/// confidence sequences", Annals of Statistics 52(6), 2024) for the difference of two means. It holds at every look at once: a reader who
/// looks after each outcome, and stops at any of them, is wrong at most with the probability alpha.
/// </summary>
internal static class ConfidenceSequence
{
    /// <summary>
    /// The number of outcomes that each variant needs. The sequence is asymptotic: it overestimates the certainty of a mean of few, skewed
    /// values.
    /// </summary>
    public const int Minimum = 100;

    /// <summary>
    /// The number of outcomes, of both variants together, at which it is tightest. It is a little wider before and after; at a tenth or ten
    /// times that number by less than a quarter.
    /// </summary>
    private const double Tightest = 2000;

    /// <summary>The difference of the means, treatment less control, and its limits.</summary>
    /// <param name="control">The control's outcomes.</param>
    /// <param name="treatment">The other variant's.</param>
    /// <param name="alpha">The chance that the true difference is ever outside.</param>
    /// <param name="isShare">Whether each outcome is 0 or 1.</param>
    /// <param name="range">The maximum difference of two outcomes; 0 if unbounded.</param>
    /// <returns>Null as long as there are fewer than <see cref="Minimum"/> outcomes of either.</returns>
    public static Interval? Of(
        in RunningMoments control, in RunningMoments treatment, double alpha, bool isShare = false, double range = 0)
    {
        if (control.Count < Minimum || treatment.Count < Minimum)
            return null;
        // The variant of an outcome is random, so both together are one sample: each outcome's influence on the difference is its distance
        // from the mean of its variant, divided by the variant's share. n and v are the number and variance of these.
        double n = control.Count + treatment.Count;
        var v = n
            * ((VarianceOf(control, isShare, range) / control.Count) + (VarianceOf(treatment, isShare, range) / treatment.Count));
        var logs = -2 * Math.Log(alpha);
        var rhoSquared = (logs + Math.Log(logs) + 1) / Tightest;
        var growth = (n * rhoSquared) + 1;
        var margin = Math.Sqrt(v * growth / (n * n * rhoSquared) * Math.Log(growth / (alpha * alpha)));
        var difference = treatment.Mean - control.Mean;
        return new(difference - margin, difference + margin);
    }

    /// <summary>
    /// The variance. For zeros and ones it is computed with two more of each (Agresti and Coull): a hundred calls without an error do not
    /// prove that errors never occur. Nor do a hundred ratings of 1 exclude other ratings: for bounded values it is increased as if there
    /// were two more values at the other bound.
    /// </summary>
    private static double VarianceOf(in RunningMoments moments, bool isShare, double range)
    {
        if (isShare)
        {
            var share = ((moments.Mean * moments.Count) + 2) / (moments.Count + 4);
            return share * (1 - share);
        }

        var unseen = 2.0 / (moments.Count + 4);
        return moments.Variance + (range * range * unseen * (1 - unseen));
    }
}

/// <summary>The limits of a difference.</summary>
internal readonly record struct Interval(double Low, double High);
