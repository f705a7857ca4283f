namespace Switchyard.Configuration.Runtime;

/// <summary>A candidate that a share of the calls runs on, and what came of it so far. Immutable.</summary>
/// <param name="Share">The share of the calls, from 0 to 1.</param>
/// <param name="Seed">Decides which calls.</param>
/// <param name="Generation">Its number, as in <c>x-switchyard-config</c>; 0 where it does not go with what is written any more.</param>
/// <param name="Changes">What it changes, secrets masked.</param>
/// <param name="Stable">The calls on the configuration in force since it began here.</param>
/// <param name="Candidate">Those on the candidate.</param>
public sealed record CanaryStatus(
    double Share, long Seed, long Generation, IReadOnlyList<ConfigurationChange> Changes, CanarySide Stable, CanarySide Candidate);

/// <summary>What calls came to.</summary>
/// <param name="Calls">How many have ended; one whose client left is not counted.</param>
/// <param name="Failed">How many of them failed, and not by their client's fault.</param>
/// <param name="Time">How long one took on average; null before the first.</param>
public sealed record CanarySide(long Calls, long Failed, TimeSpan? Time);
