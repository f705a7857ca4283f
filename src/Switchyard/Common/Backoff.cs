namespace Switchyard.Common;

/// <summary>
/// The wait before another try: exponential, with full jitter, so that clients that failed together do not retry together.
/// </summary>
internal static class Backoff
{
    /// <summary>The longest pause requested by a provider that is waited for; a longer one is returned to the client instead.</summary>
    public static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(60);

    // A longer value is a mistake, or amounts to a refusal; and time arithmetic would overflow.
    private static readonly TimeSpan s_longestRequested = TimeSpan.FromDays(1);

    /// <summary>A pause requested by a provider, within bounds: not below zero, and not longer than a day.</summary>
    public static TimeSpan Bounded(TimeSpan pause) =>
        pause > s_longestRequested ? s_longestRequested : pause > TimeSpan.Zero ? pause : TimeSpan.Zero;

    /// <summary>The same for a number of seconds of any size.</summary>
    public static TimeSpan Bounded(double seconds) =>
        seconds > 0 ? TimeSpan.FromSeconds(Math.Min(seconds, s_longestRequested.TotalSeconds)) : TimeSpan.Zero;

    /// <summary>
    /// The wait before a retry: a random part of <c>min(first · 2^retry, most)</c>, and at least the provider's requested pause.
    /// </summary>
    /// <param name="retry">The number of the retry, from 0.</param>
    /// <param name="first">The bound of the first wait.</param>
    /// <param name="most">The bound of all waits.</param>
    /// <param name="retryAfter">The provider's requested pause; null for none.</param>
    /// <param name="random">A random number from 0 (included) to 1 (excluded).</param>
    public static TimeSpan Delay(int retry, TimeSpan first, TimeSpan most, TimeSpan? retryAfter, double random)
    {
        var bound = Math.Min(first.TotalMilliseconds * Math.Pow(2, Math.Min(retry, 30)), most.TotalMilliseconds);
        var wait = TimeSpan.FromMilliseconds(bound * random);
        return retryAfter is { } pause && pause > wait ? pause : wait;
    }
}
