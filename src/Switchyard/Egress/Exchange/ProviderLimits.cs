using System.Net.Http.Headers;
using Switchyard.Calls;
using Switchyard.Dialects;

namespace Switchyard.Egress.Exchange;

/// <summary>
/// The limits that a provider reports in its headers: a target without remaining requests or tokens is skipped until its reset, before it
/// has to answer with a 429.
/// </summary>
internal static class ProviderLimits
{
    /// <summary>Records the limits in an answer's headers in the deployment's state.</summary>
    public static void Note(HttpResponseHeaders headers, IReadOnlyList<LimitHeaders> limits, ModelCall call, Attempt attempt)
    {
        for (var i = 0; i < limits.Count; i++)
        {
            if (First(headers, limits[i].Remaining) is "0" && First(headers, limits[i].Reset) is { } reset
                && LimitHeaders.ReadReset(reset, call.Time.GetUtcNow()) is { } wait && wait > TimeSpan.Zero)
                attempt.Deployment.State.CoolUntil(call.Now + wait);
        }
    }

    private static string? First(HttpResponseHeaders headers, string name) =>
        headers.NonValidated.TryGetValues(name, out var values) ? values.ToString() : null;
}
