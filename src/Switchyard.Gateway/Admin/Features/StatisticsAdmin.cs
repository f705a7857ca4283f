using System.Globalization;
using System.Text.Json.Serialization;
using Switchyard.Engine;
using Switchyard.Identity;
using Switchyard.Money;
using Switchyard.Statistics;

namespace Switchyard.Gateway.Admin.Features;

/// <summary>
/// <c>/admin/statistics</c>: the attempts at each provider in the last 24 hours; of one provider also its errors and a timeline.
/// </summary>
internal sealed class StatisticsAdmin(SwitchyardEngine engine, ProviderStatistics statistics, TimeProvider time) : IAdminEndpoints
{
    private const int MinutesOfADay = 24 * 60;

    private static readonly (string, string) s_since =
        ("since", "The start, to the minute: a time (2026-11-28T14:00Z), today, or how long ago (15m). Default: 24h.");

    public void Map(AdminRoutes routes)
    {
        routes.Get(
            "/admin/statistics",
            new(AdminRole.Viewer, "Counts the attempts at each provider, with their outcomes and response times")
            {
                Description = "They are counted in memory, for the last 24 hours; /metrics and the ledger have what lasts.",
                Query = [s_since, ("order", "name, success (the best first), fastest or slowest. Default: name.")],
                Answer = () => StatisticsJson.Default.AdminListAttemptTotalsJson,
                IsList = true,
            },
            call => call.AnswerAsync(
                call.Page().Of(Ordered(call), totals => totals.Place), StatisticsJson.Default.AdminListAttemptTotalsJson));
        routes.Get(
            "/admin/statistics/{name}",
            new(AdminRole.Viewer, "Counts the attempts at one provider, with its errors and a timeline")
            {
                Query = [s_since, ("interval_minutes", "The length of an interval of the timeline, from 1 to 1440. Default: 1.")],
                Answer = () => StatisticsJson.Default.AttemptDetailsJson,
            },
            call => call.AnswerAsync(DetailsOf(call), StatisticsJson.Default.AttemptDetailsJson));
    }

    private IEnumerable<AttemptTotalsJson> Ordered(AdminCall call)
    {
        var all = statistics.GetAllMetrics(Since(call)).Values;
        var ordered = call.Query("order") switch
        {
            null or "name" => all,
            "success" => all.OrderByDescending(metrics => metrics.SuccessRate).ThenByDescending(metrics => metrics.TotalRequests),
            "fastest" => all.OrderBy(metrics => metrics.AverageResponseTime),
            "slowest" => all.OrderByDescending(metrics => metrics.AverageResponseTime),
            _ => throw AdminException.BadRequest("invalid_order", "'order' must be name, success, fastest or slowest."),
        };
        return ordered.Select(AttemptTotalsJson.Of);
    }

    private AttemptDetailsJson DetailsOf(AdminCall call)
    {
        var written = call.Part("name");
        var known = engine.FindProvider(written);
        var name = known?.Name ?? written;
        var metrics = statistics.GetMetrics(name, Since(call));
        // A provider that is no longer there may still have attempts.
        if (known is null && metrics.LastRequestTime is null)
        {
            throw AdminException.NotFound(
                "provider_not_found", $"There is no provider '{written}'; GET /admin/providers lists them.");
        }

        return new()
        {
            Totals = AttemptTotalsJson.Of(metrics, 0),
            Errors =
            [
                .. statistics.GetErrorBreakdown(name).OrderByDescending(error => error.Value.Count)
                    .Select(error => new ErrorShareJson(error.Key, error.Value.Count, error.Value.Percentage)),
            ],
            Timeline = [.. statistics.GetTimeline(name, Interval(call)).Select(TimelineJson.Of)],
        };
    }

    private DateTimeOffset? Since(AdminCall call)
    {
        try
        {
            return UsageQuestion.TimeOf("since", call.Query("since"), time.GetUtcNow());
        }
        catch (LedgerException wrong)
        {
            throw AdminException.BadRequest("invalid_since", wrong.Message);
        }
    }

    private static TimeSpan Interval(AdminCall call) =>
        call.Query("interval_minutes") is not { } text ? TimeSpan.FromMinutes(1)
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var minutes) && minutes is > 0 and <= MinutesOfADay
            ? TimeSpan.FromMinutes(minutes)
        : throw AdminException.BadRequest(
            "invalid_interval", $"'interval_minutes' must be a whole number from 1 to {MinutesOfADay}.");
}

/// <summary>The totals of the attempts at a provider, as they are shown. Times are in milliseconds.</summary>
internal sealed record AttemptTotalsJson
{
    /// <summary>Its place in the list, by which pages are cut.</summary>
    [JsonIgnore]
    public string Place { get; init; } = "";

    public required string Provider { get; init; }

    public required long TotalRequests { get; init; }

    public required long SuccessfulRequests { get; init; }

    public required long FailedRequests { get; init; }

    public required double SuccessRate { get; init; }

    public required double TotalResponseMs { get; init; }

    public required double AverageResponseMs { get; init; }

    public required double MinResponseMs { get; init; }

    public required double MaxResponseMs { get; init; }

    public required double P50ResponseMs { get; init; }

    public required double P95ResponseMs { get; init; }

    public required double P99ResponseMs { get; init; }

    public double? TokensPerSecond { get; init; }

    public DateTimeOffset? LastRequestTime { get; init; }

    public DateTimeOffset? LastSuccessTime { get; init; }

    public DateTimeOffset? LastFailureTime { get; init; }

    public static AttemptTotalsJson Of(ProviderMetrics metrics, int place) => new()
    {
        Place = place.ToString("D6", CultureInfo.InvariantCulture),
        Provider = metrics.Provider,
        TotalRequests = metrics.TotalRequests,
        SuccessfulRequests = metrics.SuccessfulRequests,
        FailedRequests = metrics.FailedRequests,
        SuccessRate = metrics.SuccessRate,
        TotalResponseMs = Milliseconds(metrics.TotalResponseTime),
        AverageResponseMs = Milliseconds(metrics.AverageResponseTime),
        MinResponseMs = Milliseconds(metrics.MinResponseTime),
        MaxResponseMs = Milliseconds(metrics.MaxResponseTime),
        P50ResponseMs = Milliseconds(metrics.P50ResponseTime),
        P95ResponseMs = Milliseconds(metrics.P95ResponseTime),
        P99ResponseMs = Milliseconds(metrics.P99ResponseTime),
        TokensPerSecond = metrics.TokensPerSecond,
        LastRequestTime = metrics.LastRequestTime,
        LastSuccessTime = metrics.LastSuccessTime,
        LastFailureTime = metrics.LastFailureTime,
    };

    internal static double Milliseconds(TimeSpan time) => Math.Round(time.TotalMilliseconds, 3);
}

/// <summary>One provider's attempts, as they are shown.</summary>
internal sealed record AttemptDetailsJson
{
    public required AttemptTotalsJson Totals { get; init; }

    public required IReadOnlyList<ErrorShareJson> Errors { get; init; }

    public required IReadOnlyList<TimelineJson> Timeline { get; init; }
}

/// <summary>An error of a provider, as it is shown: its share of the failures is in percent.</summary>
internal sealed record ErrorShareJson(string Error, long Count, double Percentage);

/// <summary>The attempts of an interval, as they are shown.</summary>
internal sealed record TimelineJson(
    DateTimeOffset Timestamp, long Requests, long Successful, long Failed, double AverageResponseMs, double? TokensPerSecond)
{
    public static TimelineJson Of(TimelineBucket bucket) => new(
        bucket.Timestamp, bucket.Requests, bucket.Successful, bucket.Failed,
        AttemptTotalsJson.Milliseconds(bucket.AverageResponseTime), bucket.TokensPerSecond);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(AdminList<AttemptTotalsJson>))]
[JsonSerializable(typeof(AttemptDetailsJson))]
internal sealed partial class StatisticsJson : JsonSerializerContext;
