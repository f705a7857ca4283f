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
                return Backoff.Bounded(TimeSpan.FromMilliseconds(milliseconds));
        }

        if (First(headers, "Retry-After") is not { } value)
            return null;
        if (ReadNumber(value) is { } seconds)
            return Backoff.Bounded(seconds);
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

    private static double? ReadNumber(string text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number is >= 0 and < 1e9
            ? number
            : null;
}
