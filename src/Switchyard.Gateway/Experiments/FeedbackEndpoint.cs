using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Dialects;
using Switchyard.Engine;
using Switchyard.Experiments;
using Switchyard.Gateway.Ingress;
using Switchyard.Gateway.Ingress.Bodies;
using Switchyard.Gateway.Security;
using Switchyard.Limits;

namespace Switchyard.Gateway.Experiments;

/// <summary>
/// <c>POST /feedback</c>: a caller's score of one of its own calls, which counts for the variant that the call was assigned.
/// </summary>
internal sealed partial class FeedbackEndpoint(
    SwitchyardEngine engine, DialectSet dialects, JsonAnswers answers, BodyPool bodies, ILogger<FeedbackEndpoint> logger)
{
    private const int MaxBytes = 16 * 1024;

    public Task AnswerAsync(HttpContext http) => answers.WriteAsync(http, dialects.Ingress(DialectId.OpenAIChat), async json =>
    {
        var snapshot = engine.Snapshot;
        var caller = ClientKeys.Check(http, snapshot);
        var limits = snapshot.Section(RequestLimits.Section)!;
        var body = await RequestBodyReader.ReadAsync(http, limits, bodies, snapshot.Clocks.Total);
        Feedback feedback;
        try
        {
            if (body.Length > MaxBytes)
                throw new CallException(CallErrorKind.RequestTooLarge, $"Feedback must be at most {MaxBytes / 1024} KB: shorten it.");
            feedback = Feedback.Read(body.Memory.Span);
        }
        finally
        {
            body.Release();
        }

        var variant = engine.Experiments.Rate(feedback.RequestId, feedback.Score, caller) ?? throw NotFound(feedback.RequestId);
        if (logger.IsEnabled(LogLevel.Information))
        {
            // A comment may quote the request, so it is logged only if requests may be.
            var words = feedback.Comment is { Length: > 0 } said && snapshot.LogsContent ? Sanitizer.Clean(said) : null;
            var comment = words is null ? "" : $": {LogText.Escape(words)}";
            LogRated(LogText.Escape(feedback.RequestId), LogText.Escape(variant), feedback.Score, comment);
        }

        json.WriteStartObject();
        json.WriteString("request_id", feedback.RequestId);
        json.WriteString("experiment", variant);
        json.WriteNumber("score", feedback.Score);
        json.WriteEndObject();
    });

    private static CallException NotFound(string requestId) => new(new CallError(
        CallErrorKind.ModelNotFound,
        $"No call '{Sanitizer.Clean(requestId)}' of yours is waiting for feedback. Send the x-request-id of an answer that has the header "
            + $"{AnswerFacts.Experiment}, within {ExperimentDirectory.RatedFor.TotalHours:0} hours, with the key that made the call.")
    {
        Code = "call_not_found",
        Param = "request_id",
    });

    [LoggerMessage(1, LogLevel.Information, "Call {RequestId} ({Variant}) was rated {Score}{Comment}")]
    private partial void LogRated(string requestId, string variant, double score, string comment);
}
