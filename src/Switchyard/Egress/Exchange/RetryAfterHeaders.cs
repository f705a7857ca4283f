using System.Globalization;
using System.Net.Http.Headers;
using Switchyard.Common;

namespace Switchyard.Egress.Exchange;

/// <summary>
/// The pause a provider asks for in its answer's headers. The form of the standard is <c>Retry-After</c> in seconds or as a date; vendors
/// send milliseconds, fractions of seconds, and the time at which a limit is full again.
/// </summary>
internal static class RetryAfterHeaders
{
    private static readonly string[] s_milliseconds = ["retry-after-ms", "x-ms-retry-after-ms"];

    /// <summary>The pause; null if none is requested, or if it cannot be read.</summary>
    /// <param name="headers">The answer's headers.</param>
    /// <param name="now">The time, for pauses that are given as a date.</param>
    public static TimeSpan? Read(HttpResponseHeaders headers, DateTimeOffset now)
    {
        foreach (var name in s_milliseconds)
        {
            if (First(headers, name) is { } text && ReadNumber(text) is { } milliseconds)
                return Backoff.Bounded(milliseconds / 1000);
        }

        if (First(headers, "Retry-After") is not { } value)
            return null;
        if (ReadNumber(value) is { } seconds)
            return PauseOf(seconds, now);
        const DateTimeStyles styles = DateTimeStyles.AssumeUniversal | DateTimeStyles.AllowWhiteSpaces;
        return DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, styles, out var date) && date > now
            ? Backoff.Bounded(date - now)
            : null;
    }

    private static string? First(HttpResponseHeaders headers, string name)
    {
        if (!headers.NonValidated.TryGetValues(name, out var values))
            return null;
        foreach (var value in values)
            return value.Trim();
        return null;
    }

    // Some servers send the time at which to try again as Unix time, in seconds or milliseconds (from 1e12). As a pause, a number that
    // large (1e9) would be 31 years.
    private static TimeSpan? PauseOf(double seconds, DateTimeOffset now)
    {
        if (seconds < 1e9)
            return Backoff.Bounded(seconds);
        var then = seconds < 1e12 ? seconds : seconds / 1000;
        var untilThen = then - now.ToUnixTimeMilliseconds() / 1000d;
        return untilThen > 0 ? Backoff.Bounded(untilThen) : null;
    }

    // A number of any length: one too long for any clock still asks for a pause. The parser would also take "NaN" and "Infinity".
    private static double? ReadNumber(string text) =>
        text is [(>= '0' and <= '9') or '.', ..]
            && double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;
}
