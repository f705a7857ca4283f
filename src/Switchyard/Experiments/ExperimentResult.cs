namespace Switchyard.Experiments;

/// <summary>What a comparison shows at one moment. Immutable.</summary>
public sealed record ExperimentResult
{
    internal ExperimentResult()
    {
    }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Whether its variants answer calls, or one of them is a shadow that gets copies.</summary>
    public required ExperimentKind Kind { get; init; }

    /// <summary>The alias whose calls it takes.</summary>
    public required string Alias { get; init; }

    /// <summary>Whether calls are still assigned.</summary>
    public required bool IsRunning { get; init; }

    /// <summary>When this process began to count: at its start, or when the comparison was last defined otherwise.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>What the verdict is about.</summary>
    public required ExperimentMetric Metric { get; init; }

    /// <summary>The chance of a false alarm, over all looks and all variants.</summary>
    public required double Alpha { get; init; }

    /// <summary>The answer in words.</summary>
    public required string Verdict { get; init; }

    /// <summary>The variants, the control first.</summary>
    public required IReadOnlyList<VariantResult> Variants { get; init; }

    /// <summary>Each other variant against the control, by each metric.</summary>
    public required IReadOnlyList<VariantComparison> Comparisons { get; init; }

    /// <summary>Of a shadow, what became of the calls chosen for it; null otherwise.</summary>
    public CopyCounts? Copies { get; init; }
}

/// <summary>What came of one variant's calls. A figure is null where there is none yet.</summary>
public sealed record VariantResult
{
    internal VariantResult()
    {
    }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary><c>provider/model</c>; of a shadow's other side, the alias.</summary>
    public required string Target { get; init; }

    /// <summary>Its share of the calls.</summary>
    public required double Share { get; init; }

    /// <summary>The calls that have ended.</summary>
    public required long Calls { get; init; }

    /// <summary>Those it answered to the end.</summary>
    public required long Answered { get; init; }

    /// <summary>Those whose client left, which say nothing of it.</summary>
    public required long Abandoned { get; init; }

    /// <summary>The share of calls it failed, of those not abandoned.</summary>
    public double? ErrorRate { get; init; }

    /// <summary>The typical (geometric mean) time to the end of an answer.</summary>
    public TimeSpan? Latency { get; init; }

    /// <summary>The typical (geometric mean) time to the first frame of a stream.</summary>
    public TimeSpan? FirstToken { get; init; }

    /// <summary>The mean cost of an answer, in US dollars, where the price is known.</summary>
    public double? Cost { get; init; }

    /// <summary>The prompt tokens of all answers, as far as they were reported.</summary>
    public required long InputTokens { get; init; }

    /// <summary>The generated tokens of all answers, as far as they were reported.</summary>
    public required long OutputTokens { get; init; }

    /// <summary>How many calls were rated.</summary>
    public required long Ratings { get; init; }

    /// <summary>The mean score, from -1 to 1.</summary>
    public double? Score { get; init; }
}

/// <summary>One variant against the control by one metric, as sure as 1 less alpha at every look.</summary>
/// <param name="Variant">The variant.</param>
/// <param name="Control">The control.</param>
/// <param name="Metric">The metric.</param>
public sealed record VariantComparison(string Variant, string Control, ExperimentMetric Metric)
{
    /// <summary>
    /// The least that the variant has more than the control (negative: the most it has less): for times as a part of the control's (-0.1
    /// is 10 % less), for the others the difference itself. Null while there are too few calls.
    /// </summary>
    public double? Low { get; init; }

    /// <summary>The most that the variant has more than the control; see <see cref="Low"/>.</summary>
    public double? High { get; init; }

    /// <summary>Whether there is a difference.</summary>
    public bool IsDifferent => Low > 0 || High < 0;

    /// <summary>The same in words.</summary>
    public string Verdict { get; init; } = "";
}

/// <summary>What a comparison showed after so many calls. Immutable.</summary>
/// <param name="At">When that was.</param>
/// <param name="Calls">The calls that had ended.</param>
/// <param name="Comparisons">Each other variant against the control, by the metric that the verdict is about.</param>
public sealed record ExperimentStep(DateTimeOffset At, long Calls, IReadOnlyList<VariantComparison> Comparisons);

/// <summary>What became of the calls that were chosen to be copied to a shadow.</summary>
/// <param name="Copied">Those copied.</param>
/// <param name="Busy">Those not copied because all places were taken.</param>
/// <param name="OverRate">Those not copied because the minute's copies were used up.</param>
/// <param name="TooLarge">Those not copied because the request was an upload, or larger than 1 MB.</param>
public sealed record CopyCounts(long Copied, long Busy, long OverRate, long TooLarge);
