namespace Switchyard.Statistics;

/// <summary>The totals of the attempts at a provider within a period. All zero for a provider without attempts.</summary>
/// <param name="Provider">The provider's name.</param>
public sealed record ProviderMetrics(string Provider)
{
    /// <summary>The number of attempts that ended.</summary>
    public long TotalRequests { get; init; }

    /// <summary>The number of attempts whose answer was complete.</summary>
    public long SuccessfulRequests { get; init; }

    /// <summary>The number of attempts that the provider failed or refused.</summary>
    public long FailedRequests { get; init; }

    /// <summary>The response times of all attempts together.</summary>
    public TimeSpan TotalResponseTime { get; init; }

    /// <summary>The mean response time.</summary>
    public TimeSpan AverageResponseTime => TotalRequests == 0 ? TimeSpan.Zero : TotalResponseTime / TotalRequests;

    /// <summary>The shortest response time.</summary>
    public TimeSpan MinResponseTime { get; init; }

    /// <summary>The longest response time.</summary>
    public TimeSpan MaxResponseTime { get; init; }

    /// <summary>The response time that half of the attempts did not exceed, to about 4 %.</summary>
    /// <remarks>Percentiles are kept by the hour: all attempts of the hour in which the period begins count.</remarks>
    public TimeSpan P50ResponseTime { get; init; }

    /// <summary>The response time that 95 % of the attempts did not exceed.</summary>
    /// <inheritdoc cref="P50ResponseTime" path="/remarks"/>
    public TimeSpan P95ResponseTime { get; init; }

    /// <summary>The response time that 99 % of the attempts did not exceed.</summary>
    /// <inheritdoc cref="P50ResponseTime" path="/remarks"/>
    public TimeSpan P99ResponseTime { get; init; }

    /// <summary>
    /// The output tokens per second after the first token, over all streams; null without a stream whose provider counts tokens.
    /// </summary>
    /// <remarks>A client that reads slowly makes its provider write slowly.</remarks>
    public double? TokensPerSecond { get; init; }

    /// <summary>The share of the attempts that succeeded, from 0 to 1; 0 without attempts.</summary>
    public double SuccessRate => TotalRequests == 0 ? 0 : (double)SuccessfulRequests / TotalRequests;

    /// <summary>When the last attempt ended; null if there was none.</summary>
    public DateTimeOffset? LastRequestTime { get; init; }

    /// <summary>When the last successful attempt ended; null if there was none.</summary>
    public DateTimeOffset? LastSuccessTime { get; init; }

    /// <summary>When the last failed attempt ended; null if there was none.</summary>
    public DateTimeOffset? LastFailureTime { get; init; }
}

/// <summary>One kind of error among a provider's failures.</summary>
/// <param name="Count">How often it occurred.</param>
/// <param name="Percentage">Its share of the failures, from 0 to 100.</param>
public sealed record ErrorShare(long Count, double Percentage);

/// <summary>The totals of the attempts at a provider in one interval of a timeline.</summary>
public sealed record TimelineBucket
{
    /// <summary>When it begins: a multiple of the timeline's interval, counted from 1970 on.</summary>
    public required DateTimeOffset Timestamp { get; init; }

    /// <summary>The number of attempts that ended in it.</summary>
    public required long Requests { get; init; }

    /// <summary>The number of them that succeeded.</summary>
    public required long Successful { get; init; }

    /// <summary>The number of them that failed.</summary>
    public required long Failed { get; init; }

    /// <summary>Their mean response time.</summary>
    public required TimeSpan AverageResponseTime { get; init; }

    /// <inheritdoc cref="ProviderMetrics.TokensPerSecond"/>
    public double? TokensPerSecond { get; init; }
}
