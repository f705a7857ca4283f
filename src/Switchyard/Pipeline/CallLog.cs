using System.Globalization;
using Microsoft.Extensions.Logging;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Common;

namespace Switchyard.Pipeline;

/// <summary>
/// Logs the end of every call in one line that holds its id, so that an <c>x-request-id</c> can be searched for. It contains no text of
/// requests or answers, text of clients and providers is escaped, and exception details need the level debug. Thread-safe.
/// </summary>
internal sealed partial class CallLog(ILogger logger)
{
    public const string Withheld = "its words are logged at the level debug, as they may quote the request";

    private static readonly EventId s_answered = new(3, "CallAnswered");

    public void Ended(ModelCall call, CallResponse response, CallOutcome outcome)
    {
        switch (outcome)
        {
            case CallOutcome.Failed:
                Failed(call, response.Error!);
                break;
            case CallOutcome.Finished when logger.IsEnabled(LogLevel.Information):
                logger.Log(LogLevel.Information, s_answered, new AnsweredCallLine(call, response), null, AnsweredCallLine.Message);
                break;
            case CallOutcome.Abandoned when logger.IsEnabled(LogLevel.Debug):
                LogAbandoned(call.Id, Shown(call.Envelope.Model), Milliseconds(call), TraceOf(call));
                break;
        }
    }

    /// <summary>Whether an error's message is a provider's text about the request, which is kept out of logs.</summary>
    public static bool IsWithheld(ModelCall call, CallError error) =>
        error is { Kind: CallErrorKind.UpstreamRejected or CallErrorKind.InvalidRequest, UpstreamStatus: not null }
        && !call.Snapshot.LogsContent;

    /// <summary>A model's name as a log may hold it.</summary>
    public static string Shown(string model) => LogText.Escape(ModelNames.Shown(model));

    private void Failed(ModelCall call, CallError error)
    {
        var level = CallErrorPolicy.Of(error.Kind).LogLevel;
        if (!logger.IsEnabled(level))
            return;
        var isWithheld = IsWithheld(call, error);
        LogFailed(
            level,
            call.Id,
            Shown(call.Envelope.Model),
            error.Provider ?? "-",
            error.Kind,
            error.UpstreamStatus?.ToString(CultureInfo.InvariantCulture) ?? "none",
            call.AttemptCount,
            Milliseconds(call),
            isWithheld ? Withheld : LogText.Escape(error.Message),
            TraceOf(call));
        if (isWithheld && logger.IsEnabled(LogLevel.Debug))
            LogWords(call.Id, error.Provider ?? "-", LogText.Escape(error.Message));

        // A stack trace helps developers, not operators. It is logged as text, because the host's logger would write an exception object
        // unredacted, with everything its messages quote.
        var detail = error.Kind == CallErrorKind.Internal ? level : LogLevel.Debug;
        if (error.Cause is { } cause && logger.IsEnabled(detail))
            LogCause(detail, call.Id, LogText.Escape(call.Snapshot.Secrets.Redact(cause.ToString())));
    }

    private static long Milliseconds(ModelCall call) => (long)call.Elapsed.TotalMilliseconds;

    private static string TraceOf(ModelCall call) => call.Trace is { } trace ? $" (trace {trace.TraceId})" : "";

    [LoggerMessage(
        4, LogLevel.Debug, "Call {RequestId}{Trace} for {Model} ended by its client after {Milliseconds} ms", SkipEnabledCheck = true)]
    private partial void LogAbandoned(string requestId, string model, long milliseconds, string trace);

    [LoggerMessage(
        EventId = 1,
        SkipEnabledCheck = true,
        Message = "Call {RequestId}{Trace} for {Model} failed at {Provider}: {Kind} "
            + "(upstream status {UpstreamStatus}, {Attempts} attempts, {Milliseconds} ms): {Reason}")]
    private partial void LogFailed(
        LogLevel level,
        string requestId,
        string model,
        string provider,
        CallErrorKind kind,
        string upstreamStatus,
        int attempts,
        long milliseconds,
        string reason,
        string trace);

    [LoggerMessage(5, LogLevel.Debug, "Call {RequestId}: {Provider} said: {Words}")]
    private partial void LogWords(string requestId, string provider, string words);

    [LoggerMessage(EventId = 6, Message = "Call {RequestId}: {Detail}")]
    private partial void LogCause(LogLevel level, string requestId, string detail);
}
