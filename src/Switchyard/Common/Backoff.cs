namespace Switchyard.Common;

/// <summary>The wait before another try: exponential, with full jitter, so that clients that failed together do not return
/// together.</summary>
internal static class Backoff
{
    /// <summary>The longest pause that is waited for because a provider asks for it; a longer one is told to the client instead.</summary>
    public static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(60);

    // What is longer is a mistake, or as good as a refusal; and the arithmetic of times has an end.
    private static readonly TimeSpan s_longestAsked = TimeSpan.FromDays(1);

    /// <summary>A pause that a provider asks for, within bounds: none is below zero, or longer than a day.</summary>
    public static TimeSpan Asked(TimeSpan pause) =>
        pause > s_longestAsked ? s_longestAsked : pause > TimeSpan.Zero ? pause : TimeSpan.Zero;

    /// <summary>The same of a number of seconds, however large.</summary>
    public static TimeSpan Asked(double seconds) =>
        seconds > 0 ? TimeSpan.FromSeconds(Math.Min(seconds, s_longestAsked.TotalSeconds)) : TimeSpan.Zero;

    /// <summary>The wait before a retry: a random part of <c>min(first · 2^retry, most)</c>, and at least what the provider asks
    /// for.</summary>
    /// <param name="retry">The number of the retry, from 0.</param>
    /// <param name="first">The bound of the first wait.</param>
    /// <param name="most">The bound of all waits.</param>
    /// <param name="retryAfter">The pause the provider asks for; null when it asks for none.</param>
    /// <param name="random">A random number from 0 (included) to 1 (excluded).</param>
    public static TimeSpan Delay(int retry, TimeSpan first, TimeSpan most, TimeSpan? retryAfter, double random)
    {
        var bound = Math.Min(first.TotalMilliseconds * Math.Pow(2, Math.Min(retry, 30)), most.TotalMilliseconds);
        var wait = TimeSpan.FromMilliseconds(bound * random);
        return retryAfter is { } pause && pause > wait ? pause : wait;
    }
}
