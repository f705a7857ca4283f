using System.Globalization;
using Microsoft.AspNetCore.Http;
using Switchyard.Calls;
using Switchyard.Dialects;
using Switchyard.Limits;

namespace Switchyard.Gateway.Ingress;

/// <summary>
/// The limit headers of an answer, under the names of the client's format. For requests and for tokens, they show the limit of the caller
/// or of the target with the smallest share left.
/// </summary>
internal static class LimitAnswer
{
    public static void Write(IHeaderDictionary headers, ModelCall call, IIngressDialect dialect)
    {
        var reading = LimitReadings.Of(call);
        if (reading.Requests is { } requests)
            Write(headers, dialect.LimitHeaders[0], requests, call);
        if (reading.Tokens is { } tokens)
            Write(headers, dialect.LimitHeaders[1], tokens, call);
    }

    private static void Write(IHeaderDictionary headers, LimitHeaders names, LimitReading reading, ModelCall call)
    {
        headers[names.Limit] = reading.Rule.Max.ToString(CultureInfo.InvariantCulture);
        headers[names.Remaining] = reading.Remaining.ToString(CultureInfo.InvariantCulture);
        headers[names.Reset] = names.WriteReset(reading.ResetAfter, call.Time.GetUtcNow());
    }
}
