namespace Switchyard.Configuration.Runtime;

/// <summary>A candidate that a share of the calls runs on, and its results so far. Immutable.</summary>
/// <param name="Share">The share of the calls, from 0 to 1.</param>
/// <param name="Seed">Decides which calls.</param>
/// <param name="Generation">Its number, as in <c>x-switchyard-config</c>; 0 if it no longer fits the written configuration.</param>
/// <param name="Changes">Its changes, secrets masked.</param>
/// <param name="Stable">The results of the calls on the configuration in force since the canary began in this process.</param>
/// <param name="Candidate">The results of the calls on the candidate.</param>
public sealed record CanaryStatus(
    double Share, long Seed, long Generation, IReadOnlyList<ConfigurationChange> Changes, CanarySide Stable, CanarySide Candidate);

/// <summary>The results of calls.</summary>
/// <param name="Calls">The number of ended calls, without those whose client left.</param>
/// <param name="Failed">The number of those that failed, except by their client's fault.</param>
/// <param name="Time">The average duration; null before the first.</param>
public sealed record CanarySide(long Calls, long Failed, TimeSpan? Time);
