namespace Switchyard.Experiments;

/// <summary>The result of a comparison at one moment. Immutable.</summary>
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

    /// <summary>When this process began to count: at its start, or when the comparison's definition last changed.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>The metric of the verdict.</summary>
    public required ExperimentMetric Metric { get; init; }

    /// <summary>The probability of a false alarm, over all looks and all variants.</summary>
    public required double Alpha { get; init; }

    /// <summary>The verdict as text.</summary>
    public required string Verdict { get; init; }

    /// <summary>The variants, the control first.</summary>
    public required IReadOnlyList<VariantResult> Variants { get; init; }

    /// <summary>Each other variant against the control, by each metric.</summary>
    public required IReadOnlyList<VariantComparison> Comparisons { get; init; }

    /// <summary>For a shadow, the outcomes of the calls chosen for it; null for others.</summary>
    public CopyCounts? Copies { get; init; }
}

/// <summary>The figures of one variant's calls. A figure is null as long as it has no data.</summary>
public sealed record VariantResult
{
    internal VariantResult()
    {
    }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary><c>provider/model</c>; for the other side of a shadow, the alias.</summary>
    public required string Target { get; init; }

    /// <summary>Its share of the calls.</summary>
    public required double Share { get; init; }

    /// <summary>The calls that have ended.</summary>
    public required long Calls { get; init; }

    /// <summary>The calls that it answered to the end.</summary>
    public required long Answered { get; init; }

    /// <summary>The calls whose client disconnected; they do not count for or against it.</summary>
    public required long Abandoned { get; init; }

    /// <summary>The share of calls it failed, of those not abandoned.</summary>
    public double? ErrorRate { get; init; }

    /// <summary>The typical (geometric mean) time to the end of an answer.</summary>
    public TimeSpan? Latency { get; init; }

    /// <summary>The typical (geometric mean) time to the first frame of a stream.</summary>
    public TimeSpan? FirstToken { get; init; }

    /// <summary>The mean cost of an answer with a known price, in US dollars.</summary>
    public double? Cost { get; init; }

    /// <summary>The prompt tokens of all answers, as far as they were reported.</summary>
    public required long InputTokens { get; init; }

    /// <summary>The generated tokens of all answers, as far as they were reported.</summary>
    public required long OutputTokens { get; init; }

    /// <summary>The number of rated calls.</summary>
    public required long Ratings { get; init; }

    /// <summary>The mean score, from -1 to 1.</summary>
    public double? Score { get; init; }
}

/// <summary>One variant against the control by one metric, with the confidence 1 − alpha at every look.</summary>
/// <param name="Variant">The variant.</param>
/// <param name="Control">The control.</param>
/// <param name="Metric">The metric.</param>
public sealed record VariantComparison(string Variant, string Control, ExperimentMetric Metric)
{
    /// <summary>
    /// The lower limit of the variant's difference to the control: for times relative to the control's (-0.1 is 10 % less), for other
    /// metrics absolute. Null while there are too few calls.
    /// </summary>
    public double? Low { get; init; }

    /// <summary>The upper limit of the variant's difference to the control; see <see cref="Low"/>.</summary>
    public double? High { get; init; }

    /// <summary>Whether there is a difference.</summary>
    public bool IsDifferent => Low > 0 || High < 0;

    /// <summary>The comparison as text.</summary>
    public string Verdict { get; init; } = "";
}

/// <summary>The result of a comparison after a number of calls. Immutable.</summary>
public sealed record ExperimentStep
{
    /// <summary>The time of the result.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The calls that had ended.</summary>
    public required long Calls { get; init; }

    /// <summary>Each other variant against the control, by the metric of the verdict.</summary>
    public required IReadOnlyList<VariantComparison> Comparisons { get; init; }
}

/// <summary>The outcomes of the calls that were chosen to be copied to a shadow.</summary>
public sealed record CopyCounts
{
    /// <summary>The calls copied.</summary>
    public required long Copied { get; init; }

    /// <summary>The calls not copied because the maximum of concurrent copies was reached.</summary>
    public required long Busy { get; init; }

    /// <summary>The calls not copied because the maximum of the minute was reached.</summary>
    public required long OverRate { get; init; }

    /// <summary>The calls not copied because the request was an upload, or larger than 1 MB.</summary>
    public required long TooLarge { get; init; }
}
