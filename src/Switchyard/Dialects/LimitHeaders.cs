using System.Buffers;
using System.Globalization;
using Switchyard.Common;

namespace Switchyard.Dialects;

/// <summary>The names of the headers that report one rate limit, in requests or in tokens. Immutable.</summary>
public sealed record LimitHeaders
{
    /// <summary>The header with the limit.</summary>
    public required string Limit { get; init; }

    /// <summary>The header with the remaining amount.</summary>
    public required string Remaining { get; init; }

    /// <summary>The header with the time when the limit is full again.</summary>
    public required string Reset { get; init; }

    /// <summary>Whether that is a point in time (RFC 3339) rather than a duration (<c>6m0s</c>).</summary>
    public bool ResetIsTime { get; init; }

    /// <summary>The headers that most formats share: for requests, and for tokens.</summary>
    public static readonly IReadOnlyList<LimitHeaders> Common =
    [
        new() { Limit = "x-ratelimit-limit-requests", Remaining = "x-ratelimit-remaining-requests", Reset = "x-ratelimit-reset-requests" },
        new() { Limit = "x-ratelimit-limit-tokens", Remaining = "x-ratelimit-remaining-tokens", Reset = "x-ratelimit-reset-tokens" },
    ];

    // No limit is full again after thirty years: so large a number is a point in time, since 1970, in seconds or in milliseconds.
    private const double FewestSinceEpoch = 1e9;
    private const double FewestMillisecondsSinceEpoch = 1e11;

    private static readonly SearchValues<char> s_digits = SearchValues.Create("0123456789.");

    /// <summary>Writes a time until the reset in the header's form.</summary>
    /// <param name="wait">The time.</param>
    /// <param name="now">The time of day.</param>
    public string WriteReset(TimeSpan wait, DateTimeOffset now)
    {
        if (ResetIsTime)
            return (now + wait).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        if (wait < TimeSpan.FromSeconds(1))
            return string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(wait.TotalMilliseconds):0}ms");
        var seconds = (long)Math.Ceiling(wait.TotalSeconds);
        return seconds < 60
            ? string.Create(CultureInfo.InvariantCulture, $"{seconds}s")
            : seconds < 3600
                ? string.Create(CultureInfo.InvariantCulture, $"{seconds / 60}m{seconds % 60}s")
                : string.Create(CultureInfo.InvariantCulture, $"{seconds / 3600}h{seconds / 60 % 60}m{seconds % 60}s");
    }

    /// <summary>Reads a time until the reset; null if the text is not one.</summary>
    /// <param name="text">
    /// The header's value: a duration such as <c>1m2.5s</c>, a number of seconds, or a point in time, as a date or a number since 1970.
    /// </param>
    /// <param name="now">The time of day.</param>
    internal static TimeSpan? ReadReset(string text, DateTimeOffset now)
    {
        if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds))
            return Backoff.Bounded(seconds < FewestSinceEpoch ? seconds : UnixSeconds(seconds) - (now.ToUnixTimeMilliseconds() / 1000.0));
        if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
            return Backoff.Bounded(time - now);
        var sum = 0.0;
        for (var rest = text.AsSpan(); rest.Length > 0;)
        {
            var digits = rest.IndexOfAnyExcept(s_digits);
            if (digits <= 0
                || !double.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
                return null;
            rest = rest[digits..];
            var letters = rest.IndexOfAny(s_digits) is >= 0 and var end ? end : rest.Length;
            var unit = rest[..letters] switch { "ms" => 0.001, "s" => 1, "m" => 60, "h" => 3600, "d" => 86400, _ => 0.0 };
            if (unit == 0)
                return null;
            sum += number * unit;
            rest = rest[letters..];
        }

        return text.Length == 0 ? null : Backoff.Bounded(sum);
    }

    private static double UnixSeconds(double number) => number < FewestMillisecondsSinceEpoch ? number : number / 1000;
}
