namespace Switchyard.Experiments;

/// <summary>The metric by which variants are compared.</summary>
public enum ExperimentMetric
{
    /// <summary>The time from the call's start to the end of its answer, of calls that the variant answered.</summary>
    Latency,

    /// <summary>The providers' time to the first content frame, of streams that the variant answered.</summary>
    FirstToken,

    /// <summary>The share of calls that the variant did not answer to the end, including those that another target then answered.</summary>
    Errors,

    /// <summary>US dollars per call, of calls that the variant answered and whose price is known.</summary>
    Cost,

    /// <summary>The mean of the scores that callers gave, from -1 to 1.</summary>
    Feedback,
}

/// <summary>The names of metrics in configuration and answers, and which are compared as ratios.</summary>
public static class ExperimentMetrics
{
    internal static readonly ExperimentMetric[] All = Enum.GetValues<ExperimentMetric>();

    /// <summary>The name, as in the configuration and in <c>GET /experiments</c>: <c>first_token</c>.</summary>
    public static string NameOf(ExperimentMetric metric) => metric switch
    {
        ExperimentMetric.Latency => "latency",
        ExperimentMetric.FirstToken => "first_token",
        ExperimentMetric.Errors => "errors",
        ExperimentMetric.Cost => "cost",
        ExperimentMetric.Feedback => "feedback",
        _ => throw new ArgumentOutOfRangeException(nameof(metric), metric, "Not a metric."),
    };

    internal static ExperimentMetric Parse(string name) => Array.Find(All, metric => NameOf(metric) == name);

    /// <summary>
    /// Whether logarithms are compared. Times have a long tail, which distorts a mean; their logarithms have none, and a difference of
    /// logarithms is a ratio, as in "10 % faster".
    /// </summary>
    internal static bool IsRatio(ExperimentMetric metric) => metric is ExperimentMetric.Latency or ExperimentMetric.FirstToken;
}
