using System.Globalization;
using Microsoft.AspNetCore.Http;
using Switchyard.Calls;
using Switchyard.Targets;

namespace Switchyard.Gateway.Ingress;

/// <summary>The headers that say what was done: which provider and model answered, in how many attempts, at what cost in time.</summary>
internal static class ResponseHeaders
{
    public const string RequestId = AnswerFacts.RequestId;

    /// <summary>Time between the client's request and our answer that was not spent waiting for the provider, in milliseconds.</summary>
    public const string Overhead = "x-switchyard-overhead-ms";

    /// <summary>Whether the answer came from a cache. This version has none, and says so.</summary>
    public const string Cache = "x-switchyard-cache";

    // Up to a millisecond: what a forwarded call takes of ours.
    private static readonly string?[] s_short = new string?[1000];

    public static void Write(IHeaderDictionary headers, ModelCall call)
    {
        headers[RequestId] = call.Id;
        headers[AnswerFacts.Config] = call.Snapshot.GenerationText;
        if (call.Attempt is not { } attempt)
            return;
        headers[AnswerFacts.Provider] = attempt.Deployment.Provider;
        headers[AnswerFacts.Model] = HeaderText.Clean(attempt.Deployment.Model);
        headers[AnswerFacts.Attempts] = SmallNumber(call.AttemptCount);
        headers[Cache] = "off";
        headers[Overhead] = Milliseconds(call.Elapsed - call.UpstreamTime);
        if (attempt.Losses is { IsEmpty: false } losses)
            headers[AnswerFacts.Dropped] = HeaderText.Clean(string.Join(", ", losses.Fields));
    }

    public static void WriteStreaming(IHeaderDictionary headers)
    {
        headers.CacheControl = "no-cache, no-transform";
        headers["X-Accel-Buffering"] = "no";
    }

    /// <summary>Whole seconds, rounded up: a client that waits as told must not come too early.</summary>
    public static void WriteRetryAfter(IHeaderDictionary headers, CallError error)
    {
        if (error.RetryAfter is not { } wait)
            return;
        headers.RetryAfter = Math.Max(1, Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        headers["retry-after-ms"] = Math.Ceiling(wait.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Milliseconds with three decimals. Those of most calls are made once.</summary>
    private static string Milliseconds(TimeSpan time)
    {
        var microseconds = (long)Math.Max(0, Math.Round(time.TotalMicroseconds));
        if (microseconds >= s_short.Length)
            return Format(microseconds);
        return s_short[microseconds] ??= Format(microseconds);

        static string Format(long microseconds) => (microseconds / 1000.0).ToString("F3", CultureInfo.InvariantCulture);
    }

    private static string SmallNumber(int number) => number switch
    {
        1 => "1",
        2 => "2",
        3 => "3",
        _ => number.ToString(CultureInfo.InvariantCulture),
    };
}
