using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Switchyard.Calls;
using Switchyard.Common;
using Switchyard.Pipeline;

namespace Switchyard.Telemetry;

/// <summary>
/// Logs a line when an attempt begins (level debug) and one when it failed (warning). A provider's message about a refused request may
/// quote the request, and is logged only if <c>logs.content</c> allows it. Thread-safe.
/// </summary>
internal sealed partial class AttemptLines(ILogger<AttemptLines>? logger = null)
{
    private readonly ILogger _logger = logger ?? NullLogger<AttemptLines>.Instance;

    public void Begun(ModelCall call, Attempt attempt)
    {
        if (_logger.IsEnabled(LogLevel.Debug))
        {
            var deployment = attempt.Deployment;
            LogBegun(deployment.Provider, NumberOf(call, attempt), deployment.Policy.Attempts, call.Id, LogText.Escape(deployment.Model));
        }
    }

    public void Ended(ModelCall call, Attempt attempt)
    {
        if (attempt.Outcome is not (AttemptOutcome.Failed or AttemptOutcome.BrokeOff) || attempt.Error is not { } error
            || !_logger.IsEnabled(LogLevel.Warning))
        {
            return;
        }

        LogFailed(
            attempt.Deployment.Provider,
            NumberOf(call, attempt),
            attempt.Deployment.Policy.Attempts,
            error.AttemptStatus,
            CallLog.IsWithheld(call, error) ? CallLog.Withheld : LogText.Escape(error.Message),
            call.Id,
            LogText.Escape(attempt.Deployment.Model),
            error.Kind);
    }

    /// <summary>The number of an attempt among those of its call at the same deployment.</summary>
    private static int NumberOf(ModelCall call, Attempt attempt)
    {
        var number = 0;
        foreach (var other in call.Attempts)
        {
            if (ReferenceEquals(other.Deployment, attempt.Deployment))
                number++;
            if (ReferenceEquals(other, attempt))
                break;
        }

        return number;
    }

    [LoggerMessage(
        EventId = 1,
        Level = LogLevel.Debug,
        SkipEnabledCheck = true,
        Message = "{Provider} request attempt {Attempt}/{Attempts}: request_id={RequestId}, model={Model}")]
    private partial void LogBegun(string provider, int attempt, int attempts, string requestId, string model);

    [LoggerMessage(
        EventId = 2,
        Level = LogLevel.Warning,
        SkipEnabledCheck = true,
        Message = "{Provider} API error (attempt {Attempt}/{Attempts}): {Status} - {Reason} "
            + "(request_id={RequestId}, model={Model}, {Kind})")]
    private partial void LogFailed(
        string provider, int attempt, int attempts, int status, string reason, string requestId, string model, CallErrorKind kind);
}
