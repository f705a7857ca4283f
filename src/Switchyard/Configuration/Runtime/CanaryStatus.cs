namespace Switchyard.Configuration.Runtime;

/// <summary>A candidate that a share of the calls runs on, and its results so far. Immutable.</summary>
public sealed record CanaryStatus
{
    /// <summary>The share of the calls, from 0 to 1.</summary>
    public required double Share { get; init; }

    /// <summary>Decides which calls.</summary>
    public required long Seed { get; init; }

    /// <summary>Its number, as in <c>x-switchyard-config</c>; 0 if it no longer fits the written configuration.</summary>
    public required long Generation { get; init; }

    /// <summary>Its changes, secrets masked.</summary>
    public required IReadOnlyList<ConfigurationChange> Changes { get; init; }

    /// <summary>The results of the calls on the configuration in force since the canary began in this process.</summary>
    public required CanarySide Stable { get; init; }

    /// <summary>The results of the calls on the candidate.</summary>
    public required CanarySide Candidate { get; init; }
}

/// <summary>The results of calls.</summary>
public sealed record CanarySide
{
    /// <summary>The number of ended calls, without those whose client left.</summary>
    public required long Calls { get; init; }

    /// <summary>The number of those that failed, except by their client's fault.</summary>
    public required long Failed { get; init; }

    /// <summary>The average duration; null before the first.</summary>
    public TimeSpan? Time { get; init; }
}
