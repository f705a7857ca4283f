using System.Globalization;
using Microsoft.AspNetCore.Http;
using Switchyard.Calls;
using Switchyard.Dialects;
using Switchyard.Targets;

namespace Switchyard.Gateway.Ingress;

/// <summary>The response headers about the call: provider, model, attempts, losses, time.</summary>
internal static class ResponseHeaders
{
    public const string RequestId = AnswerFacts.RequestId;

    /// <summary>The time from the request to the answer that was not spent waiting for a provider, in milliseconds.</summary>
    public const string Overhead = "x-switchyard-overhead-ms";

    /// <summary>Marks an answer that was given before for the same key, under the name that other services use.</summary>
    public const string Replayed = "idempotent-replayed";

    // Cached texts of 0 to 999 microseconds, the overhead of most forwarded calls.
    private static readonly string?[] s_short = new string?[1000];

    public static void Write(IHeaderDictionary headers, CallResponse response, IIngressDialect dialect)
    {
        var call = response.Call;
        WriteId(headers, call.Id, dialect);
        headers[AnswerFacts.Config] = call.Snapshot.GenerationText;
        if (call is { Explain: true, Decision: { } decision })
            headers[AnswerFacts.Explain] = HeaderText.Clean(decision.ToString());
        if (call.Guarded is { } guarded)
            headers[AnswerFacts.Guard] = HeaderText.Clean(guarded);
        if (call.Cache?.Source is { } source)
            WriteSource(headers, call.Cache, source);
        else if (call.Attempt is { } attempt)
            WriteAttempt(headers, call, attempt);
        else
            return;
        headers[AnswerFacts.RequestedModel] = HeaderText.Clean(call.Envelope.Model);
        headers[AnswerFacts.Attempts] = SmallNumber(call.AttemptCount);
        headers[AnswerFacts.Cache] = call.Cache?.Word ?? "off";
        if (call.Experiment is { } experiment)
            headers[AnswerFacts.Experiment] = HeaderText.Clean(experiment);
        var isStream = response is ForwardedResponse { IsStream: true } or UpdatesResponse;
        if ((!isStream || call.Cache is { IsFree: true }) && call.KnownCost is { } cost)
            headers[AnswerFacts.Cost] = cost.ToString("0.#########", CultureInfo.InvariantCulture);
        if (call.MaxOutput is { } limit)
            headers[AnswerFacts.MaxOutput] = limit;
        if (call.Cheaper is { } cheaper)
            headers[AnswerFacts.Cheaper] = HeaderText.Clean(cheaper);
        headers[Overhead] = Milliseconds(call.Elapsed - call.UpstreamTime);
    }

    /// <summary>Writes the id of the request, also where clients of the dialect look for it.</summary>
    public static void WriteId(IHeaderDictionary headers, string id, IIngressDialect dialect)
    {
        headers[RequestId] = id;
        if (dialect.RequestIdHeader is { } name)
            headers[name] = id;
    }

    /// <summary>
    /// Resets a response that has not been sent, so that another can be written. Its headers are removed, except those that hold for any
    /// answer: CORS, <c>Vary</c>, <c>Connection</c> and <c>no-store</c>.
    /// </summary>
    public static void Reset(HttpResponse response)
    {
        var kept = response.Headers.Where(header => HoldsForAnyAnswer(header.Key, header.Value.ToString())).ToList();
        response.Clear();
        foreach (var (name, value) in kept)
            response.Headers[name] = value;
    }

    private static bool HoldsForAnyAnswer(string name, string value) =>
        name.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase)
        || name.Equals("Vary", StringComparison.OrdinalIgnoreCase)
        || name.Equals("Connection", StringComparison.OrdinalIgnoreCase)
        || (name.Equals("Cache-Control", StringComparison.OrdinalIgnoreCase) && value == "no-store");

    private static void WriteAttempt(IHeaderDictionary headers, ModelCall call, Attempt attempt)
    {
        headers[AnswerFacts.Provider] = attempt.Deployment.Provider;
        headers[AnswerFacts.Model] = HeaderText.Clean(attempt.Deployment.Model);
        WriteLosses(headers, attempt);
    }

    /// <summary>Writes the source of a cached answer, and its age.</summary>
    private static void WriteSource(IHeaderDictionary headers, CacheFacts cache, AnswerSource source)
    {
        headers[AnswerFacts.Provider] = source.Provider;
        headers[AnswerFacts.Model] = HeaderText.Clean(source.Model);
        if (cache.Age is { } age)
            headers.Age = Math.Max(0, (long)age.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        if (cache.Outcome == CacheOutcome.Replay)
            headers[Replayed] = "true";
        if (source.Dropped.Count > 0)
            headers[AnswerFacts.Dropped] = HeaderText.Clean(string.Join(", ", source.Dropped));
    }

    /// <summary>Names the fields lost so far; called again after a whole answer has been encoded, which may lose more.</summary>
    public static void WriteLosses(IHeaderDictionary headers, Attempt attempt)
    {
        if (attempt.HasLosses)
            headers[AnswerFacts.Dropped] = HeaderText.Clean(string.Join(", ", attempt.Losses.Fields));
    }

    public static void WriteStreaming(IHeaderDictionary headers)
    {
        headers.CacheControl = "no-cache, no-transform";
        headers["X-Accel-Buffering"] = "no";
    }

    /// <summary>
    /// Keeps a browser from running anything in an answer that may be of any type: a file that a client has uploaded could otherwise,
    /// opened by its address, act in the name of this gateway's dashboard. HTML can, and also SVG, XML and what has no type.
    /// </summary>
    public static void WriteSandbox(IHeaderDictionary headers)
    {
        headers.XContentTypeOptions = "nosniff";
        headers.ContentSecurityPolicy = "sandbox";
    }

    /// <summary>Writes <c>Retry-After</c> in seconds, rounded up so that no client retries too early, and <c>retry-after-ms</c>.</summary>
    public static void WriteRetryAfter(IHeaderDictionary headers, CallError error)
    {
        // OpenAI's and Anthropic's clients obey it for any status: a retry would be refused too.
        if (error.Kind is CallErrorKind.BudgetExceeded or CallErrorKind.EndedByOperator)
            headers["x-should-retry"] = "false";
        if (error.RetryAfter is not { } wait)
            return;
        headers.RetryAfter = Math.Max(1, Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        headers["retry-after-ms"] = Math.Ceiling(wait.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Milliseconds with three decimals; the text of a time below 1 ms is cached.</summary>
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
        0 => "0",
        1 => "1",
        2 => "2",
        3 => "3",
        _ => number.ToString(CultureInfo.InvariantCulture),
    };
}
